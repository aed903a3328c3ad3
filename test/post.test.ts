// Unix sockets by name, and what is done with those that are there already.

import {
	chmodSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { clearStale, makePrivate, namespaceDir, postPath } from "../src/post.ts";
import { program } from "./program.ts";

let dir: string;
beforeEach(() => {
	dir = mkdtempSync(join(tmpdir(), "dchan-"));
});
afterEach(() => {
	vi.restoreAllMocks();
	rmSync(dir, { recursive: true });
});

describe("the name space's directory, as getns(3) has it", () => {
	it.each([
		[{ NAMESPACE: "/tmp/mine", DISPLAY: ":1" }, "/tmp/mine"],
		[{ DISPLAY: ":1" }, "/tmp/ns.glenda.:1"],
		[{ DISPLAY: ":0.0" }, "/tmp/ns.glenda.:0"],
		[{ DISPLAY: "host:10.0" }, "/tmp/ns.glenda.host:10"],
		[{ DISPLAY: ":0.1" }, "/tmp/ns.glenda.:0.1"],
		[{ DISPLAY: "/tmp/launch/:0" }, "/tmp/ns.glenda._tmp_launch_:0"],
		[{}, "/tmp/ns.glenda.:0"],
		[{ NAMESPACE: "", DISPLAY: "" }, "/tmp/ns.glenda.:0"],
	])("%j", (env, want) => {
		expect(namespaceDir(env, "glenda")).toBe(want);
	});
});

describe("where to post", () => {
	it("is made, for us only", () => {
		const ns = join(dir, "a/ns");
		expect(postPath("svc", ns)).toBe(join(ns, "svc"));
		expect(statSync(ns).mode & 0o777).toBe(0o700);
		expect(postPath("svc", ns)).toBe(join(ns, "svc"));
	});

	it("is refused when others may write there", () => {
		for (const mode of [0o770, 0o702, 0o1777]) {
			chmodSync(dir, mode);
			expect(() => postPath("svc", dir)).toThrow(`${dir} belongs to somebody else or is writable`);
		}
		chmodSync(dir, 0o755);
		expect(postPath("svc", dir)).toBe(join(dir, "svc"));
	});

	it("is refused when it is another's", () => {
		vi.spyOn(process, "getuid").mockReturnValue(statSync(dir).uid + 1);
		expect(() => postPath("svc", dir)).toThrow(`${dir} belongs to somebody else`);
	});

	it("is refused when it can't be a directory", () => {
		const file = join(dir, "file");
		writeFileSync(file, "");
		expect(() => postPath("svc", file)).toThrow(`can't make the directory ${file}: EEXIST`);
		expect(() => postPath("svc", join(file, "x"))).toThrow(
			/^can't make the directory .*: ENOTDIR$/,
		);
	});
});

describe("what is there already", () => {
	it("nothing", async () => {
		await clearStale(join(dir, "svc"));
		await clearStale(join(dir, "no/such"));
	});

	it("a live socket is refused, and lives on", async () => {
		const path = join(dir, "svc");
		const server = net.createServer((s) => s.destroy());
		await new Promise<void>((resolve) => server.listen(path, resolve));
		await expect(clearStale(path)).rejects.toThrow(`${path} is served already`);
		expect(lstatSync(path).isSocket()).toBe(true);
		makePrivate(path);
		expect(lstatSync(path).mode & 0o777).toBe(0o600);
		await new Promise((resolve) => server.close(resolve));
	});

	it("a stale socket is removed", async () => {
		const path = join(dir, "svc");
		// Killed, its server leaves it behind.
		const server = await program(["-a", `unix!${path}`]);
		await server.kill("SIGKILL");
		expect(lstatSync(path).isSocket()).toBe(true);
		await clearStale(path);
		expect(lstatSync(path, { throwIfNoEntry: false })).toBe(undefined);
	});

	it("what is no socket is refused, and stays", async () => {
		const file = join(dir, "file");
		writeFileSync(file, "precious");
		const folder = join(dir, "folder");
		mkdirSync(folder);
		for (const path of [file, folder]) {
			await expect(clearStale(path)).rejects.toThrow(`${path} is there and is not a socket`);
			expect(lstatSync(path).isSocket()).toBe(false);
		}
	});
});
