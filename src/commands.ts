// The client commands, for machines without a 9P mount, after plan9port's 9p(1): each does one
// thing to one server and ends. They are clients like any other.

import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { DMDIR, OREAD, OTRUNC, OWRITE, type Stat } from "./9p/fcall.gen.ts";
import { type ClientFid, RequestCancelled, RequestRefused } from "./client.ts";
import { Mistake, parseAddress } from "./options.ts";
import { type Message, messages } from "./split.ts";
import { dial } from "./transport.ts";

const HELP = `Usage: dchan COMMAND --addr ADDR [--uname NAME] ...
  ls [-l] [PATH ...]         list directories
  stat PATH ...              what a file is
  create [-d] PATH ...       make channels, or directories (-d)
  read [-f] [-n N] PATH      print the next message; -f: all that come; -n: N of them
  write [-0] [--whole] PATH  send standard input: a message a line, a message up to
                             each NUL (-0), or all of it as one (--whole)
  rm PATH ...                remove
  ctl ['PATH CAPACITY' ...]  print ctl, or write lines to it
ADDR is tcp!HOST!PORT or unix!PATH; without --addr it is $DCHAN.
`;
const MSIZE = 1 << 20;

interface Values {
	addr?: string;
	uname?: string;
	help?: boolean;
	l?: boolean;
	d?: boolean;
	f?: boolean;
	n?: string;
	0?: boolean;
	whole?: boolean;
}

interface Job {
	root: ClientFid;
	paths: string[];
	values: Values;
	/** From now on a SIGINT or SIGTERM only aborts what this returns; a second one ends us. */
	heed(): AbortSignal;
}

/** The commands, and the flags each takes. */
const COMMANDS: Readonly<Record<string, { run: (job: Job) => Promise<void>; flags: string[] }>> = {
	ls: { run: list, flags: ["l"] },
	stat: { run: stat, flags: [] },
	create: { run: create, flags: ["d"] },
	read: { run: read, flags: ["f", "n"] },
	write: { run: write, flags: ["0", "whole"] },
	rm: { run: remove, flags: [] },
	ctl: { run: ctl, flags: [] },
};
const SIGPIPE = 13;

/** Whether `word` is a command for `command`. */
export function isCommand(word: string | undefined): boolean {
	return word !== undefined && Object.hasOwn(COMMANDS, word);
}

/**
 * Runs `dchan ARGV…`; resolves to the exit status: 0, or 128 and its number when a signal ended
 * it. Rejects with a Mistake when it can't be done.
 */
export async function command(argv: string[]): Promise<number> {
	const [name, ...args] = argv as [string, ...string[]];
	const { run, flags } = COMMANDS[name] as (typeof COMMANDS)[string];
	const { values, positionals } = parse(name, args, flags);
	if (values.help) {
		process.stdout.write(HELP);
		return 0;
	}
	const { addr = process.env["DCHAN"] || undefined, uname = userInfo().username } = values;
	if (addr === undefined) {
		throw new Mistake(`dchan ${name}: no server: give --addr or set DCHAN`, 2);
	}
	const address = parseAddress(addr);
	let signalled = 0;
	const stop = new AbortController();
	const onSignal = (_: string, number: number) => {
		signalled = number;
		stop.abort();
	};
	const heed = () => {
		process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
		return stop.signal;
	};
	// Who reads our output has gone: that is how `dchan read -f … | head` ends.
	const onBroken = () => onSignal("SIGPIPE", SIGPIPE);
	process.stdout.on("error", onBroken);
	try {
		const client = await dial(address, { msize: MSIZE });
		try {
			const root = await client.attach(uname);
			await run({ root, paths: positionals, values, heed });
		} finally {
			client.close();
		}
	} catch (e) {
		if (e instanceof Mistake) throw e;
		// What a signal cut short has nothing to complain of.
		if (signalled === 0) throw new Mistake(`dchan ${name}: ${(e as Error).message}`, 1);
	} finally {
		process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
		process.stdout.off("error", onBroken);
	}
	return signalled === 0 ? 0 : 128 + signalled;
}

function parse(name: string, args: string[], flags: string[]) {
	const flag = { type: "boolean" } as const;
	const value = { type: "string" } as const;
	const all = {
		l: { type: "boolean", short: "l" },
		d: { type: "boolean", short: "d" },
		f: { type: "boolean", short: "f" },
		n: { type: "string", short: "n" },
		0: { type: "boolean", short: "0" },
		whole: flag,
	} as const;
	const own = Object.fromEntries(Object.entries(all).filter(([key]) => flags.includes(key)));
	try {
		const options = { addr: value, uname: value, help: flag };
		const parsed = parseArgs({ args, allowPositionals: true, options: { ...options, ...own } });
		return { ...parsed, values: parsed.values as Values };
	} catch (e) {
		throw new Mistake(`dchan ${name}: ${(e as Error).message.split(". ")[0]}\n${HELP}`, 2);
	}
}

async function list({ root, paths, values }: Job): Promise<void> {
	for (const path of paths.length > 0 ? paths : ["/"]) {
		const fid = await at(root, path);
		const is = await fid.stat();
		const dir = (is.mode & DMDIR) !== 0;
		if (dir) await fid.open(OREAD);
		for (const entry of dir ? await fid.readdir() : [is]) {
			await print(values.l ? `${long(entry)} ${entry.name}\n` : `${entry.name}\n`);
		}
		await fid.clunk();
	}
}

async function stat({ root, paths }: Job): Promise<void> {
	for (const path of need(paths)) {
		const fid = await at(root, path);
		const s = await fid.stat();
		const { type, vers } = s.qid;
		const qid = `${s.qid.path.toString(16)} ${vers} ${type.toString(16)}`;
		await print(`${long(s)} (${qid}) muid ${s.muid} ${path}\n`);
		await fid.clunk();
	}
}

async function create({ root, paths, values }: Job): Promise<void> {
	for (const path of need(paths)) {
		const slash = path.lastIndexOf("/");
		const dir = await at(root, path.slice(0, Math.max(0, slash)));
		const perm = values.d ? (DMDIR | 0o777) >>> 0 : 0o666;
		await about(path, dir.create(path.slice(slash + 1), perm, OREAD));
		await dir.clunk();
	}
}

async function read({ root, paths, values, heed }: Job): Promise<void> {
	const path = one(paths);
	const { n = values.f ? "Infinity" : "1" } = values;
	if (values.n !== undefined && !/^[0-9]+$/.test(n)) {
		throw new Mistake(`dchan read: -n ${n}: a number is needed`, 2);
	}
	const fid = await at(root, path);
	await about(path, fid.open(OREAD));
	const signal = heed();
	for (let left = Number(n); left > 0 && !signal.aborted; left--) {
		const message = await about(path, fid.readMessage({ signal }));
		if (message === null) return;
		// Only when it is out is the next one asked for: nothing is taken that can't be printed.
		await print(message);
	}
}

async function write({ root, paths, values, heed }: Job): Promise<void> {
	const path = one(paths);
	const fid = await at(root, path);
	await about(path, fid.open(OWRITE));
	const signal = heed();
	signal.addEventListener("abort", () => process.stdin.destroy());
	const how: Message = values.whole ? "whole" : values[0] ? "nul" : "line";
	for await (const message of messages(process.stdin, how, fid.most)) {
		if (signal.aborted) return;
		await about(path, fid.write(message, fid.offset, { signal }));
	}
}

async function remove({ root, paths }: Job): Promise<void> {
	for (const path of need(paths)) await about(path, (await at(root, path)).remove());
}

async function ctl({ root, paths }: Job): Promise<void> {
	const fid = await at(root, "/ctl");
	if (paths.length > 0) {
		await about("/ctl", fid.open(OWRITE | OTRUNC));
		// In one write: all lines or none (CT-8).
		await about(paths.join(", "), fid.write(`${paths.join("\n")}\n`));
		return;
	}
	await about("/ctl", fid.open(OREAD));
	for (let data = await fid.read(); data.length > 0; data = await fid.read()) await print(data);
}

/** A fid on the file at `path`; an error says which file. */
async function at(root: ClientFid, path: string): Promise<ClientFid> {
	return about(path === "" ? "/" : path, root.walk(path));
}

async function about<T>(path: string, doing: Promise<T>): Promise<T> {
	return doing.catch((e: Error) => {
		if (e instanceof RequestCancelled) throw e;
		if (e instanceof RequestRefused) throw new Error(`${path}: ${e.ename}`);
		throw e;
	});
}

function long(s: Stat): string {
	const bits = (n: number) => `${n & 4 ? "r" : "-"}${n & 2 ? "w" : "-"}${n & 1 ? "x" : "-"}`;
	const kind = (s.mode & DMDIR) !== 0 ? "d" : "-";
	const mode = bits(s.mode >> 6) + bits(s.mode >> 3) + bits(s.mode);
	return `${kind}${mode} ${s.uid} ${s.gid} ${s.length} ${new Date(s.mtime * 1000).toISOString()}`;
}

// Resolves when it is out, or can't be: then `onBroken` has heard.
async function print(what: string | Uint8Array): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		process.stdout.write(what, (e) => (e ? reject(e) : resolve()));
	});
}

function need(paths: string[]): string[] {
	if (paths.length === 0) throw new Mistake(`dchan: no path given\n${HELP}`, 2);
	return paths;
}

function one(paths: string[]): string {
	if (paths.length !== 1) throw new Mistake(`dchan: one path is needed\n${HELP}`, 2);
	return paths[0] as string;
}
