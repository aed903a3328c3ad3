// The client commands, run in this process against a server on a real socket.

import type { EventEmitter } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ORDWR, OREAD, OWRITE } from "../src/9p/fcall.gen.ts";
import type { ClientFid } from "../src/client.ts";
import { command, isCommand } from "../src/commands.ts";
import { formatDial } from "../src/dial.ts";
import { Mistake } from "../src/options.ts";
import type { Server } from "../src/server.ts";
import type { Listener } from "../src/transport.ts";
import { channel, cleanUp, join9p, open, path, serve } from "./serving.ts";
import { until } from "./sockets.ts";

const SIGINT = 2;
const SIGTERM = 15;
cleanUp();

let server: Server;
let listener: Listener;
let addr: string;
let root: ClientFid;
let out: Buffer[];
beforeEach(async () => {
	const started = await serve({}, { net: "unix", path: path("s") });
	({ server, listener } = started);
	addr = formatDial(started.listener.address);
	root = (await join9p(started.listener.address)).root;
	out = [];
	vi.stubEnv("DCHAN", addr);
	vi.spyOn(process.stdout, "write").mockImplementation(((data: string, done?: () => void) => {
		out.push(Buffer.from(data));
		done?.();
		return true;
	}) as typeof process.stdout.write);
});
afterEach(() => {
	vi.restoreAllMocks();
	vi.unstubAllEnvs();
});

/** Runs a command that succeeds; what it printed. */
async function run(...argv: string[]): Promise<string> {
	out = [];
	expect(await command(argv)).toBe(0);
	return printed();
}

function printed(): string {
	return Buffer.concat(out).toString();
}

/** Runs a command that can't be done; what it says. */
async function fails(status: number, ...argv: string[]): Promise<string> {
	const e = await command(argv).then(
		() => new Error("it could be done"),
		(e: Error) => e,
	);
	if (!(e instanceof Mistake)) throw e;
	expect(e.status).toBe(status);
	return e.message;
}

/** What standard input is from now on. */
function input(from: Readable): void {
	vi.spyOn(process, "stdin", "get").mockReturnValue(from as typeof process.stdin);
}

function signal(name: "SIGINT" | "SIGTERM", number: number): void {
	(process as EventEmitter).emit(name, name, number);
}

/** The messages that wait in a channel of capacity. */
async function queued(name: string, count: number): Promise<string[]> {
	const fid = await open(root, name, OREAD);
	const got: string[] = [];
	while (got.length < count) got.push(Buffer.from(await fid.read()).toString());
	await fid.clunk();
	return got;
}

describe("files", () => {
	it("create, ls, stat, ctl, rm", async () => {
		expect(await run("create", "/a", "b")).toBe("");
		expect(await run("create", "-d", "/dir")).toBe("");
		expect(await run("create", "dir/c")).toBe("");
		expect(await run("ls")).toBe("a\nb\nctl\ndir\n");
		expect(await run("ls", "dir", "/a")).toBe("c\na\n");
		const line = (mode: string, name: string) =>
			expect.stringMatching(
				new RegExp(`^${mode} \\S+ \\S+ \\d+ \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z ${name}$`),
			);
		const long = (await run("ls", "-l")).trimEnd().split("\n");
		const modes = ["-rw-rw-rw-", "-rw-rw-rw-", "-rw-rw-rw-", "drwxrwxrwx"];
		expect(long).toEqual(["a", "b", "ctl", "dir"].map((name, i) => line(modes[i] as string, name)));
		const qid = "\\([0-9a-f]+ \\d+ (0|80)\\) muid \\S*";
		expect((await run("stat", "/a", "dir")).split("\n")).toEqual([
			expect.stringMatching(new RegExp(`^-rw-.*Z ${qid} /a$`)),
			expect.stringMatching(new RegExp(`^drwx.*Z ${qid} dir$`)),
			"",
		]);
		expect(await run("ctl", "/a 7", "/dir/c 9")).toBe("");
		expect(await run("ctl")).toBe(
			"# filename | channel size | rx | tx | average rx | average tx\n" +
				"/a\t7\t0\t0\t0\t0\n/b\t0\t0\t0\t0\t0\n/dir/c\t9\t0\t0\t0\t0\n",
		);
		expect(await run("rm", "dir/c", "dir", "/a")).toBe("");
		expect(await run("ls")).toBe("b\nctl\n");
	});

	it("--uname is who it is, --addr the server", async () => {
		vi.stubEnv("DCHAN", "tcp!127.0.0.1!1");
		await run("create", "a", "--addr", addr, "--uname", "bob");
		expect((await (await root.walk("a")).stat()).uid).toBe("bob");
	});

	it("--help lists the commands", async () => {
		vi.stubEnv("DCHAN", "");
		const help = await run("ls", "--help");
		for (const name of ["ls", "stat", "create", "read", "write", "rm", "ctl"]) {
			expect(isCommand(name)).toBe(true);
			expect(help).toContain(`\n  ${name} `);
		}
		expect(["toString", "serve", "", undefined].filter(isCommand)).toEqual([]);
	});
});

describe("errors say what and where:", () => {
	const cases: [number, string[], string][] = [
		[1, ["stat", "/a", "dir/x"], "dchan stat: dir/x: file does not exist"],
		[1, ["rm", "none"], "dchan rm: none: file does not exist"],
		[1, ["rm", "/ctl"], "dchan rm: /ctl: Operation not permitted"],
		[1, ["create", "/dir"], "dchan create: /dir: file already exists"],
		[1, ["create", "/none/a"], "dchan create: /none: file does not exist"],
		[1, ["ls", "/a/b"], "dchan ls: /a/b: not a directory"],
		[1, ["write", "dir"], "dchan write: dir: "],
		[1, ["ctl", "/none 5"], "dchan ctl: /none 5: file does not exist"],
		[1, ["ctl", "/a many"], "dchan ctl: /a many: Invalid argument"],
		[1, ["ls", "--addr", "unix!/no/such"], "dchan ls: can't connect to unix!/no/such: no such"],
		[1, ["ls", "--addr", "udp!x"], "dchan: bad dial string udp!x"],
		[2, ["read", "-n", "few", "/a"], "dchan read: -n few: a number is needed"],
		[2, ["read"], "dchan: one path is needed\nUsage: "],
		[2, ["read", "/a", "/b"], "dchan: one path is needed\nUsage: "],
		[2, ["rm"], "dchan: no path given\nUsage: "],
		[2, ["rm", "-f", "/a"], "dchan rm: Unknown option '-f'\nUsage: "],
		[2, ["ls", "--whole"], "dchan ls: Unknown option '--whole'\nUsage: "],
	];
	for (const [status, argv, said] of cases) {
		it(argv.join(" "), async () => {
			await run("create", "/a");
			await run("create", "-d", "/dir");
			const message = await fails(status, ...argv);
			expect(message.startsWith(said), message).toBe(true);
			if (status === 1) expect(message).not.toContain("\n");
		});
	}

	it("no server given", async () => {
		vi.stubEnv("DCHAN", "");
		expect(await fails(2, "ls")).toBe("dchan ls: no server: give --addr or set DCHAN");
	});

	it("a server that goes away", async () => {
		await channel(root, "c", OWRITE);
		const said = fails(1, "read", "/c");
		await until(() => server.blockedRequests === 1);
		await listener.close();
		expect(await said).toMatch(/^dchan read: connection lost: .*; Tread may have happened$/);
	});
});

describe("read", () => {
	it("prints the next message and leaves the others", async () => {
		const fid = await channel(root, "c", OWRITE);
		await run("ctl", "/c 10");
		for (const text of ["one\n", "two", "three\n", "four\n"]) await fid.write(text);
		expect(await run("read", "/c")).toBe("one\n");
		expect(await run("read", "-n", "0", "/c")).toBe("");
		expect(await run("read", "-n", "2", "/c")).toBe("twothree\n");
		expect(await run("read", "-f", "-n1", "/c")).toBe("four\n");
	});

	it("EN-1: -f follows, and ends with 0 when the channel is removed", async () => {
		const fid = await channel(root, "c", OWRITE);
		const status = command(["read", "-f", "/c"]);
		for (let n = 0; n < 20; n++) await fid.write(`${n}\n`);
		await until(() => server.blockedRequests === 1);
		await fid.remove();
		expect(await status).toBe(0);
		expect(printed()).toBe(Array.from({ length: 20 }, (_, n) => `${n}\n`).join(""));
	});

	for (const [name, number] of [
		["SIGINT", SIGINT],
		["SIGTERM", SIGTERM],
	] as const) {
		it(`FL-2: ${name} ends it by a Tflush, and the next reader has the message`, async () => {
			const fid = await channel(root, "c", OWRITE);
			const status = command(["read", "/c"]);
			await until(() => server.blockedRequests === 1);
			signal(name, number);
			expect(await status).toBe(128 + number);
			expect(server.stats.flushes).toBe(1);
			const written = fid.write("kept");
			expect(await run("read", "/c")).toBe("kept");
			await written;
			expect(server.stats.lostMessages).toBe(0);
		});
	}

	it("FL-2: a message that comes with the SIGINT is printed, or is the next reader's", async () => {
		const fid = await channel(root, "c", OWRITE);
		for (let n = 0; n < 40; n++) {
			out = [];
			const status = command(["read", "-f", "/c"]);
			await until(() => server.blockedRequests === 1);
			const written = fid.write(`${n}`);
			for (let turn = 0; turn < n % 8; turn++) await new Promise(setImmediate);
			signal("SIGINT", SIGINT);
			expect(await status).toBe(128 + SIGINT);
			if (printed() === "") expect(await run("read", "/c")).toBe(`${n}`);
			else expect(printed()).toBe(`${n}`);
			await written;
		}
	});

	it("ends quietly when nobody reads what it prints, and takes no more", async () => {
		const fid = await channel(root, "c", ORDWR);
		await run("ctl", "/c 10");
		for (const text of ["one", "two", "three"]) await fid.write(text);
		const broken = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
		vi.mocked(process.stdout.write).mockImplementation(((_: string, done: (e: Error) => void) => {
			process.stdout.emit("error", broken);
			done(broken);
			return false;
		}) as typeof process.stdout.write);
		expect(await command(["read", "-f", "/c"])).toBe(128 + 13);
		expect(await queued("c", 2)).toEqual(["two", "three"]);
	});
});

describe("write", () => {
	const text = "one\ntwo\0three";
	it.each([
		[[], ["one\n", "two\0three"]],
		[["-0"], ["one\ntwo", "three"]],
		[["--whole"], [text]],
	])("%j cuts standard input", async (flags, want) => {
		await run("create", "c");
		await run("ctl", "/c 10");
		input(Readable.from([Buffer.from(text)]));
		expect(await run("write", ...flags, "/c")).toBe("");
		expect(await queued("c", want.length)).toEqual(want);
	});

	it("refuses a message that does not go in one write, and says which", async () => {
		const reader = await channel(root, "c", OREAD);
		await run("ctl", "/c 10");
		input(Readable.from([Buffer.from("short\n"), Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)]));
		expect(await fails(1, "write", "/c")).toMatch(
			/^dchan write: message 2 of the input is longer than \d+ bytes, the most that goes in one/,
		);
		expect(Buffer.from(await reader.read()).toString()).toBe("short\n");
	});

	it("FL-3: SIGINT takes a blocked message back", async () => {
		await channel(root, "c", ORDWR);
		input(Readable.from([Buffer.from("never\n")]));
		const status = command(["write", "/c"]);
		await until(() => server.blockedRequests === 1);
		signal("SIGINT", SIGINT);
		expect(await status).toBe(128 + SIGINT);
		await until(() => server.blockedRequests === 0);
		expect(server.snapshot()).toMatchObject({ flushes: 1, blockedBytes: 0, writes: 0 });
	});

	it("SIGTERM ends it while it waits for input", async () => {
		await channel(root, "c", ORDWR);
		const stdin = new PassThrough();
		input(stdin);
		const status = command(["write", "/c"]);
		await until(() => stdin.listenerCount("readable") > 0);
		signal("SIGTERM", SIGTERM);
		expect(await status).toBe(128 + SIGTERM);
		expect(stdin.destroyed).toBe(true);
	});

	it("EN-2: a channel that is removed under it", async () => {
		const fid = await channel(root, "c", ORDWR);
		input(Readable.from([Buffer.from("never\n")]));
		const said = fails(1, "write", "/c");
		await until(() => server.blockedRequests === 1);
		await fid.remove();
		expect(await said).toBe("dchan write: /c: file has been removed");
	});
});
