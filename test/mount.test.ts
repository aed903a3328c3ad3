// Mounting and unmounting, as far as that goes without privileges: the commands are scripts of
// ours. Whether the kernel really mounts is for the scenario `mountflag`.

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mount } from "../src/mount.ts";

let dir: string;
let mountpoint: string;
beforeEach(() => {
	dir = mkdtempSync(join(tmpdir(), "dchan-"));
	mountpoint = join(dir, "n");
	mkdirSync(mountpoint);
	writeFileSync(join(dir, "log"), "");
	mkdirSync(join(dir, "bin"));
	vi.stubEnv("PATH", join(dir, "bin"));
});
afterEach(() => {
	vi.restoreAllMocks();
	vi.unstubAllEnvs();
	rmSync(dir, { recursive: true });
});

/** Installs a command that writes down how it was called, and then does `what`. */
function install(name: string, what = ""): void {
	const path = join(dir, "bin", name);
	writeFileSync(path, `#!/bin/sh\necho ${name} "$@" >>${join(dir, "log")}\n${what}\n`);
	chmodSync(path, 0o755);
}

function log(): string[] {
	return readFileSync(join(dir, "log"), "utf8").split("\n").slice(0, -1);
}

function beRoot(is: boolean): void {
	vi.spyOn(process, "getuid").mockReturnValue(is ? 0 : 1000);
}

describe("as root", () => {
	beforeEach(() => beRoot(true));

	it("the kernel mounts, and umount undoes it", async () => {
		install("mount");
		install("umount");
		const mounted = await mount("/tmp/s", mountpoint);
		const options = "trans=unix,sync,cache=none,access=any";
		expect(log()).toEqual([`mount -t 9p -o ${options} /tmp/s ${mountpoint}`]);
		await mounted.unmount();
		expect(log().slice(1)).toEqual([`umount -l ${mountpoint}`]);
	});

	it("what mount says is the reason, its first line", async () => {
		install("mount", "echo 'mount: unknown filesystem type 9p.\nSee dmesg.' >&2; exit 32");
		install("umount");
		await expect(mount("/tmp/s", mountpoint)).rejects.toThrow(
			new Error(`can't mount on ${mountpoint}: mount: unknown filesystem type 9p.`),
		);
		// Nothing was mounted; whatever else may be mounted there is not ours to unmount.
		expect(log()).toHaveLength(1);
	});

	it.each([
		["exit 3", "mount ended with status 3"],
		["kill -9 $$", "mount ended by SIGKILL"],
	])("when it says nothing, how it ended is: %s", async (what, reason) => {
		install("mount", what);
		await expect(mount("/tmp/s", mountpoint)).rejects.toThrow(
			new Error(`can't mount on ${mountpoint}: ${reason}`),
		);
	});

	it("no mount command", async () => {
		await expect(mount("/tmp/s", mountpoint)).rejects.toThrow(
			new Error(`can't mount on ${mountpoint}: mount is not installed`),
		);
	});

	it("unmounting that fails says why", async () => {
		install("mount");
		install("umount", "echo 'umount: not mounted.' >&2; exit 32");
		const mounted = await mount("/tmp/s", mountpoint);
		await expect(mounted.unmount()).rejects.toThrow(
			new Error(`can't unmount ${mountpoint}: umount: not mounted.`),
		);
		rmSync(join(dir, "bin/umount"));
		await expect(mounted.unmount()).rejects.toThrow("umount is not installed");
	});
});

describe("not as root", () => {
	beforeEach(() => beRoot(false));

	it("9pfuse mounts, and fusermount undoes it", async () => {
		install("9pfuse");
		install("fusermount");
		const mounted = await mount("/tmp/s", mountpoint);
		await mounted.unmount();
		expect(log()).toEqual([`9pfuse unix!/tmp/s ${mountpoint}`, `fusermount -u -z ${mountpoint}`]);
	});

	it("without 9pfuse one line says what is missing", async () => {
		install("mount");
		await expect(mount("/tmp/s", mountpoint)).rejects.toThrow(
			new Error(
				`can't mount on ${mountpoint}: that takes root, or 9pfuse of plan9port, ` +
					"which is not installed",
			),
		);
		expect(log()).toEqual([]);
	});

	it("9pfuse that stays, with our end of its standard error, is not waited for", async () => {
		const pid = join(dir, "pid");
		install("9pfuse", `/bin/sleep 1000 & echo $! >${pid}`);
		install("fusermount", `kill $(/bin/cat ${pid})`);
		const mounted = await mount("/tmp/s", mountpoint);
		process.kill(Number(readFileSync(pid, "utf8")), 0);
		await mounted.unmount();
	});
});
