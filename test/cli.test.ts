import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ORDWR, OWRITE } from "../src/9p/fcall.gen.ts";
import { main } from "../src/cli.ts";
import type { Client } from "../src/client.ts";
import { type Address, parseDial } from "../src/dial.ts";
import { dial } from "../src/transport.ts";
import { until } from "./sockets.ts";

const USAGE = "Usage: dchan [-D] [-d] [-s srvname] [-m mptp] [-a addr]";
const ANY = "tcp!127.0.0.1!0";
vi.setConfig({ testTimeout: 60_000 }); // against hanging, however busy the machine

let dir: string;
let out = "";
let err = "";
beforeEach(() => {
	dir = mkdtempSync(join(tmpdir(), "dchan-"));
	out = "";
	err = "";
	vi.spyOn(process.stdout, "write").mockImplementation((text) => {
		out += text;
		return true;
	});
	vi.spyOn(process.stderr, "write").mockImplementation((text) => {
		err += text;
		return true;
	});
});
afterEach(() => {
	vi.restoreAllMocks();
	rmSync(dir, { recursive: true });
});

describe("bad usage is a usage line and status 2:", () => {
	for (const argv of [
		["--bogus"],
		["-x"],
		["serve"],
		["-a"],
		["--msize=255"],
		["--msize=many"],
		["--msize=99999999999"],
		["--linux=maybe"],
		["--keepalive=soon"],
		["-s", "a/b"],
		["--help=please"],
	]) {
		it(argv.join(" "), async () => {
			expect(await main(argv)).toBe(2);
			expect(err.trimEnd().split("\n").at(-1)).toBe(USAGE);
			expect(err.split("\n").length).toBeLessThanOrEqual(3);
			expect(out).toBe("");
		});
	}
});

describe("what can't be done is one line and status 1:", () => {
	const bad: [string[], string][] = [
		[["-a", "tcp!127.0.0.1"], "dchan: bad dial string tcp!127.0.0.1: it is not tcp!HOST!PORT"],
		[["-a", "udp!127.0.0.1!6666"], "dchan: bad dial string udp!127.0.0.1!6666: it is not"],
		[["-a", "tcp!*!70000"], "no such port: 70000"],
		[["-a", "unix!/no/such/dir/s"], "dchan: can't listen on unix!/no/such/dir/s: "],
	];
	for (const [argv, said] of bad) {
		it(argv.join(" "), async () => {
			expect(await main(argv)).toBe(1);
			expect(err).toContain(said);
			expect(err.split("\n")).toHaveLength(2);
			expect(out).toBe("");
		});
	}

	it("an address in use", async () => {
		const first = run(["-a", ANY]);
		const [address] = await first.addresses(1);
		expect(await main(["-a", address as string])).toBe(1);
		expect(err).toBe(`dchan: can't listen on ${address}: address in use\n`);
		process.emit("SIGINT");
		expect(await first.status).toBe(0);
	});
});

it("--help says what there is", async () => {
	expect(await main(["--help"])).toBe(0);
	expect(out.split("\n")[0]).toBe(USAGE);
	for (const flag of ["-a ", "-d ", "-D ", "-s ", "-m ", "--linux=", "--msize=", "--version"]) {
		expect(out).toContain(` ${flag}`);
	}
	expect(out.split("\n").filter((line) => line.length > 100)).toEqual([]);
});

describe("serving", () => {
	for (const signal of ["SIGINT", "SIGTERM"] as const) {
		it(`${signal} ends with status 0`, async () => {
			const { addresses, status } = run(["-a", ANY]);
			const [address] = await addresses(1);
			const client = await dial(parsed(address));
			process.emit(signal);
			expect(await status).toBe(0);
			await expect(client.attach("glenda")).rejects.toThrow("connection lost");
			expect(err).toBe("");
		});
	}

	it("prints the port that 0 became, and how to mount it", async () => {
		const { addresses, stop } = run(["-a", ANY]);
		const [address] = await addresses(1);
		const port = /^tcp!127\.0\.0\.1!([1-9][0-9]*)$/.exec(address as string)?.[1];
		expect(out).toContain(
			`mount with: mount -t 9p -o trans=tcp,port=${port},sync,cache=none 127.0.0.1 /mnt\n`,
		);
		expect(await stop()).toBe(0);
	});

	it("serves one tree at every -a", async () => {
		const { addresses, stop } = run(["-a", ANY, "-a", `unix!${dir}/s`, "-a", ANY]);
		const places = await addresses(3);
		expect(places[1]).toBe(`unix!${dir}/s`);
		const clients: Client[] = [];
		for (const place of places) clients.push(await dial(parsed(place)));
		const [first, ...others] = await Promise.all(clients.map((c) => c.attach("glenda")));
		await first?.create("pipeline", 0o666, OWRITE);
		for (const root of others) expect((await root.walk("pipeline")).qid).toEqual(first?.qid);
		for (const client of clients) client.close();
		expect(await stop()).toBe(0);
	});

	it("LX-1: --linux holds for the -a after it", async () => {
		const { addresses, stop } = run(["-a", ANY, "--linux=always", "-a", ANY]);
		for (const [n, place] of (await addresses(2)).entries()) {
			const client = await dial(parsed(place));
			const fid = await client.attach("glenda");
			await fid.create(`c${n}`, 0o666, ORDWR);
			const written = fid.write("short");
			await fid.read(100);
			await written;
			// Linux is owed a 0 after a short answer; others wait for the next message.
			const next = fid.read(95, 5n);
			if (n === 0) await fid.write("next");
			expect(Buffer.from(await next).toString()).toBe(["next", ""][n]);
			client.close();
		}
		expect(await stop()).toBe(0);
	});

	it("ER-8: --msize is what it agrees to", async () => {
		const { addresses, stop } = run(["--msize=4096", "-a", ANY]);
		const [place] = await addresses(1);
		const client = await dial(parsed(place));
		expect(client.msize).toBe(4096);
		client.close();
		expect(await stop()).toBe(0);
	});

	it("-D prints every message, -d what the server does", async () => {
		const { addresses, stop } = run(["-D", "-d", "-a", ANY]);
		const [place] = await addresses(1);
		const client = await dial(parsed(place), { msize: 1024 });
		const fid = await client.attach("glenda");
		await fid.create("pipeline", 0o666, OWRITE);
		client.close();
		expect(await stop()).toBe(0);
		const lines = err.trimEnd().split("\n");
		const traced = lines.filter((line) => /^\d+\.\d{6} 0 [CS] [TR]/.test(line));
		expect(traced.map((line) => line.replace(/^\S+ /, "")).slice(0, 3)).toEqual([
			"0 C Tversion tag NOTAG msize 1024 version 9P2000",
			"0 S Rversion tag NOTAG msize 1024 version 9P2000",
			'0 C Tattach tag 1 fid 1 afid NOFID uname glenda aname ""',
		]);
		expect(traced).toHaveLength(6);
		expect(lines.filter((line) => !traced.includes(line)).join("\n")).toContain("pipeline");
	});

	it("says on SIGUSR1 what goes on", async () => {
		const { addresses, stop } = run(["-a", ANY]);
		await addresses(1);
		process.emit("SIGUSR1");
		expect(JSON.parse(err)).toMatchObject({ openConnections: 0, files: 0, blockedRequests: 0 });
		expect(await stop()).toBe(0);
	});
});

describe("the program as it is installed", () => {
	const root = fileURLToPath(new URL("..", import.meta.url));
	let built: string;
	let program: string;
	let child: ChildProcess | null = null;

	beforeAll(async () => {
		built = mkdtempSync(join(tmpdir(), "dchan-built-"));
		program = join(built, "dist/src/cli.js");
		cpSync(join(root, "package.json"), join(built, "package.json"));
		const compilerOptions = { rootDir: root, outDir: join(built, "dist"), types: [] };
		const config = { extends: join(root, "tsconfig.json"), compilerOptions };
		const include = [join(root, "src")];
		writeFileSync(join(built, "tsconfig.json"), JSON.stringify({ ...config, include }));
		const tsc = join(root, "node_modules/typescript/bin/tsc");
		await promisify(execFile)(process.execPath, [tsc, "--noCheck", "-p", built]);
	}, 120_000);
	afterEach(() => {
		child?.kill("SIGKILL");
	});
	afterAll(() => rmSync(built, { recursive: true }));

	it("knows its version", async () => {
		const { stdout } = await promisify(execFile)(process.execPath, [program, "--version"]);
		const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
		expect(stdout).toBe(`dchan ${version}\n`);
	});

	it("has its exit status from main", async () => {
		child = spawn(process.execPath, [program, "--bogus"], { stdio: "ignore" });
		expect(await once(child, "exit")).toEqual([2, null]);
	});

	for (const signal of ["SIGINT", "SIGTERM"] as const) {
		it(`serves until ${signal}`, async () => {
			child = spawn(process.execPath, [program, "-a", ANY], {
				stdio: ["ignore", "pipe", "ignore"],
			});
			let said = "";
			child.stdout?.on("data", (text) => {
				said += text;
			});
			await until(() => said.includes("mount with"));
			const client = await dial(parsed(places(said)[0]));
			expect((await client.attach("glenda")).qid.type).toBe(0x80);
			child.kill(signal);
			expect(await once(child, "exit")).toEqual([0, null]);
		});
	}
});

// Runs the command here, in this process.
function run(argv: string[]) {
	const status = main(argv);
	return {
		status,
		async addresses(count: number): Promise<string[]> {
			await until(() => places(out).length === count);
			return places(out);
		},
		async stop(): Promise<number> {
			process.emit("SIGTERM");
			return status;
		},
	};
}

// Where the server says it listens, as dial strings.
function places(said: string): string[] {
	return [...said.matchAll(/^listening on (\S+)\n/gm)].map((match) => match[1] as string);
}

function parsed(place: string | undefined): Address {
	const address = parseDial(place ?? "");
	if (typeof address === "string") throw new Error(address);
	return address;
}
