// What the serving command posts and mounts, and that it cleans up: all in this process.

import {
	chmodSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { main } from "../src/cli.ts";
import { type Address, parseDial } from "../src/dial.ts";
import { cleanUp, join9p, path } from "./serving.ts";
import { until } from "./sockets.ts";

cleanUp();

let out: string;
let err: string;
let ns: string;
beforeEach(() => {
	out = "";
	err = "";
	ns = path("ns");
	vi.spyOn(process.stdout, "write").mockImplementation((text) => {
		out += text;
		return true;
	});
	vi.spyOn(process.stderr, "write").mockImplementation((text) => {
		err += text;
		return true;
	});
	vi.stubEnv("NAMESPACE", ns);
	vi.stubEnv("TMPDIR", path("tmp"));
	mkdirSync(path("tmp"));
	return () => {
		vi.restoreAllMocks();
		vi.unstubAllEnvs();
	};
});

/** Serves until `stop`. */
async function start(...argv: string[]) {
	const status = main(argv);
	let ended = false;
	status.finally(() => {
		ended = true;
	});
	await until(() => out.endsWith(argv.includes("-m") ? `${path("n")}\n` : "/mnt\n") || ended);
	return {
		status,
		addresses: () => [...out.matchAll(/^listening on (\S+)$/gm)].map((m) => address(m[1])),
		stop() {
			process.emit("SIGTERM");
			return status;
		},
	};
}

function address(dial: string | undefined): Address {
	const parsed = parseDial(dial ?? "");
	if (typeof parsed === "string") throw new Error(parsed);
	return parsed;
}

describe("-s", () => {
	it("posts a socket for the owner only, serves there, and removes it at the end", async () => {
		const { stop } = await start("-s", "svc");
		expect(out).toBe(
			`listening on unix!${ns}/svc\n` +
				`mount with: mount -t 9p -o trans=unix,sync,cache=none ${ns}/svc /mnt\n`,
		);
		expect(lstatSync(`${ns}/svc`).isSocket()).toBe(true);
		expect(lstatSync(`${ns}/svc`).mode & 0o777).toBe(0o600);
		expect(statSync(ns).mode & 0o777).toBe(0o700);
		const { client, root } = await join9p({ net: "unix", path: `${ns}/svc` });
		expect((await (await root.walk("ctl")).stat()).name).toBe("ctl");
		client.close();
		expect(await stop()).toBe(0);
		expect(readdirSync(ns)).toEqual([]);
		expect(err).toBe("");
	});

	it("refuses a name that is served, which goes on", async () => {
		const { stop } = await start("-s", "svc");
		const before = out;
		expect(await main(["-s", "svc"])).toBe(1);
		expect(err).toBe(`dchan: ${ns}/svc is served already\n`);
		expect(out).toBe(before);
		await (await join9p({ net: "unix", path: `${ns}/svc` })).root.stat();
		expect(await stop()).toBe(0);
	});

	it("refuses a directory that is not safe, in one line", async () => {
		mkdirSync(ns);
		chmodSync(ns, 0o777);
		expect(await main(["-s", "svc"])).toBe(1);
		expect(err).toBe(
			`dchan: ${ns} belongs to somebody else or is writable by others: set NAMESPACE\n`,
		);
	});

	it("closes what was opened before when it can't be had", async () => {
		writeFileSync(ns, "");
		expect(await main(["-a", `unix!${path("s")}`, "-s", "svc"])).toBe(1);
		expect(err).toBe(`dchan: can't make the directory ${ns}: EEXIST\n`);
		expect(existsSync(path("s"))).toBe(false);
	});

	it("shares its tree with -a, and SIGUSR1 tells of both", async () => {
		const { addresses, stop } = await start("-a", "tcp!127.0.0.1!0", "-s", "svc");
		const [one, two] = addresses() as [Address, Address];
		const { root } = await join9p(one);
		await root.create("c", 0o666, 0);
		expect((await (await join9p(two)).root.walk("c")).qid).toEqual(root.qid);
		process.emit("SIGUSR1");
		expect(err.split("\n")).toHaveLength(2);
		const { eventLoopDelayMs, ...snapshot } = JSON.parse(err);
		expect(snapshot).toEqual({
			reads: 0,
			writes: 0,
			readBytes: 0,
			writeBytes: 0,
			flushes: 0,
			droppedRests: 0,
			droppedMessages: 0,
			lostMessages: 0,
			refusals: 0,
			connections: 2,
			openConnections: 2,
			files: 1,
			blockedRequests: 0,
			blockedBytes: 0,
			queuedBytes: 0,
			snapshotBytes: 0,
			bufferBytes: expect.any(Number),
		});
		expect(Object.keys(eventLoopDelayMs)).toEqual(["p50", "p99", "max"]);
		for (const ms of Object.values(eventLoopDelayMs)) expect(ms).toBeGreaterThanOrEqual(0);
		expect(await stop()).toBe(0);
		err = "";
		process.emit("SIGUSR1", "SIGUSR1");
		expect(err).toBe("");
	});
});

describe("-a unix!", () => {
	it("is removed at the end, and refused when it is served or no socket", async () => {
		const place = `unix!${path("s")}`;
		const { stop } = await start("-a", place);
		expect(await main(["-a", place])).toBe(1);
		expect(err).toBe(`dchan: ${path("s")} is served already\n`);
		expect(await stop()).toBe(0);
		expect(existsSync(path("s"))).toBe(false);
		writeFileSync(path("s"), "precious");
		err = "";
		expect(await main(["-a", place])).toBe(1);
		expect(err).toBe(`dchan: ${path("s")} is there and is not a socket\n`);
	});
});

describe("-m", () => {
	beforeEach(() => {
		vi.spyOn(process, "getuid").mockReturnValue(0);
		mkdirSync(path("bin"));
		mkdirSync(path("n"));
		vi.stubEnv("PATH", path("bin"));
		install("mount", "test -S $5");
		install("umount", 'echo "$@" >$0.log');
	});

	function install(name: string, what: string): void {
		writeFileSync(path(`bin/${name}`), `#!/bin/sh\n${what}\n`, { mode: 0o755 });
	}

	it("mounts a socket that only we reach, and leaves nothing behind", async () => {
		const { stop } = await start("-m", path("n"));
		expect(out).toBe(`mounted on ${path("n")}\n`);
		const [folder] = readdirSync(path("tmp"));
		expect(statSync(path(`tmp/${folder}`)).mode & 0o777).toBe(0o700);
		expect(existsSync(path("bin/umount.log"))).toBe(false);
		expect(await stop()).toBe(0);
		expect(existsSync(path("bin/umount.log"))).toBe(true);
		expect(readdirSync(path("tmp"))).toEqual([]);
		expect(err).toBe("");
	});

	it("mounts what -s posts", async () => {
		vi.mocked(process.getuid as () => number).mockReturnValue(statSync(path("n")).uid);
		install("9pfuse", 'test -S "$(echo "$1" | /bin/cut -c6-)"');
		install("fusermount", "");
		const { stop } = await start("-s", "svc", "-m", path("n"));
		expect(out).toContain(`mounted on ${path("n")}\n`);
		expect(readdirSync(path("tmp"))).toEqual([]);
		expect(await stop()).toBe(0);
		expect(readdirSync(ns)).toEqual([]);
	});

	it("that fails is one line and status 1, and leaves nothing behind", async () => {
		install("mount", "echo mount: no such device >&2; exit 32");
		expect(await main(["-m", path("n"), "-a", `unix!${path("s")}`])).toBe(1);
		expect(err).toBe(`dchan: can't mount on ${path("n")}: mount: no such device\n`);
		expect(readdirSync(path("tmp"))).toEqual([]);
		expect(existsSync(path("s"))).toBe(false);
		expect(existsSync(path("bin/umount.log"))).toBe(false);
	});

	it("says when it can't unmount, and ends all the same", async () => {
		install("umount", "echo umount: not mounted >&2; exit 32");
		const { stop } = await start("-m", path("n"));
		expect(await stop()).toBe(0);
		expect(err).toBe(`dchan: can't unmount ${path("n")}: umount: not mounted\n`);
		expect(readdirSync(path("tmp"))).toEqual([]);
	});
});
