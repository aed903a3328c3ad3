// The serving command: listens, posts and mounts as its options say, and stays until a signal.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { type Address, formatDial } from "./dial.ts";
import { type Mount, mount } from "./mount.ts";
import { Mistake, type Place, type ServeOptions } from "./options.ts";
import { clearStale, makePrivate, namespaceDir, postPath } from "./post.ts";
import { createServer, type Server } from "./server.ts";
import type { Tracer } from "./session.ts";
import { closeLine, traceLine } from "./trace.ts";
import { type Listener, listen, watchEventLoop } from "./transport.ts";

/** Serves until SIGINT or SIGTERM. Rejects with a Mistake when something asked for can't be had. */
export async function serve(options: ServeOptions): Promise<void> {
	const stopped = new Promise<void>((resolve) => {
		for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
	});
	const server = createServer({
		uname: userInfo().username,
		now: Math.floor(Date.now() / 1000),
		limits: options.limits,
		// With -D too, what is printed is a trace, and a log line in it is a mark.
		...(options.log ? { log: (s) => say(options.trace ? `mark dchan: ${s}` : s) } : {}),
	});
	const report = reporter(server);
	process.on("SIGUSR1", report);
	const undo: (() => Promise<void> | void)[] = [];
	try {
		await openAll(server, options, undo);
		await stopped;
	} finally {
		process.off("SIGUSR1", report);
		for (const step of undo.reverse()) {
			await Promise.resolve(step()).catch((e: Error) => say(`dchan: ${e.message}`));
		}
	}
}

// Does what the options ask; how to undo each step goes to `undo`.
async function openAll(
	server: Server,
	options: ServeOptions,
	undo: (() => Promise<void> | void)[],
) {
	const open = async (place: Place) => {
		const listener = await openPlace(server, place, options);
		undo.push(() => listener.close());
		announce(listener.address);
		return listener;
	};
	for (const place of options.places) await open(place);
	let path: string | null = null;
	if (options.srvname !== null) {
		path = attempt(() =>
			postPath(options.srvname as string, namespaceDir(process.env, userInfo().username)),
		);
		await open({ address: { net: "unix", path }, linux: "auto" });
		makePrivate(path);
	}
	if (options.mountpoint === null) return;
	if (path === null) {
		const dir = mkdtempSync(join(tmpdir(), "dchan-"));
		undo.push(() => rmSync(dir, { recursive: true, force: true }));
		path = join(dir, "dchan");
		await openPlace(server, { address: { net: "unix", path }, linux: "auto" }, options).then((l) =>
			undo.push(() => l.close()),
		);
	}
	const mounted: Mount = await mount(path, options.mountpoint).catch(mistaken);
	undo.push(() => mounted.unmount());
	process.stdout.write(`mounted on ${options.mountpoint}\n`);
}

async function openPlace(server: Server, place: Place, options: ServeOptions): Promise<Listener> {
	const { address, linux } = place;
	if (address.net === "unix") await clearStale(address.path).catch(mistaken);
	const { keepAliveMs, trace } = options;
	try {
		const tracing = trace ? { tracer, closed } : {};
		return await listen(server, address, { linux, keepAliveMs, ...tracing });
	} catch (e) {
		const why = (e as NodeJS.ErrnoException).code ?? (e as Error).message;
		const said = why === "EADDRINUSE" ? "address in use" : why;
		throw new Mistake(`dchan: can't listen on ${formatDial(address)}: ${said}`, 1);
	}
}

function announce(address: Address): void {
	process.stdout.write(`listening on ${formatDial(address)}\n`);
	const where =
		address.net === "unix"
			? `trans=unix,sync,cache=none ${address.path}`
			: `trans=tcp,port=${address.port},sync,cache=none ${address.host || "127.0.0.1"}`;
	process.stdout.write(`mount with: mount -t 9p -o ${where} /mnt\n`);
}

function say(line: string): void {
	process.stderr.write(`${line}\n`);
}

// Prints the messages of a connection (`-D`).
function tracer(conn: number): Tracer {
	return (direction, buf, from, to) => {
		const side = direction === "T" ? "C" : "S";
		say(traceLine(process.uptime(), conn, side, buf, from, to));
	};
}

function closed(conn: number): void {
	say(closeLine(process.uptime(), conn));
}

// Prints what goes on, as one line of JSON, at each SIGUSR1.
function reporter(server: Server): () => void {
	watchEventLoop(server);
	return () => say(JSON.stringify(server.snapshot()));
}

function attempt<T>(f: () => T): T {
	try {
		return f();
	} catch (e) {
		return mistaken(e as Error);
	}
}

function mistaken(e: Error): never {
	throw new Mistake(`dchan: ${e.message}`, 1);
}
