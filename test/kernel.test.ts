// The kernel runner's pure parts. That guests boot and pass is for `npm run kernel`.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpio, S_IFDIR, S_IFREG } from "../conformance/kernel/cpio.ts";
import { findKernel, parseBzImage } from "../conformance/kernel/image.ts";
import { kernelCommand } from "../conformance/kernel/main.ts";
import {
	loadOrder,
	moduleName,
	parseBuiltin,
	parseModulesDep,
} from "../conformance/kernel/modules.ts";
import { consoleTrouble, lineCutter, parseLine } from "../conformance/kernel/protocol.ts";
import { isFor, loadScenarios, parseScenario } from "../conformance/kernel/scenario.ts";
import { textOf } from "./files.ts";

describe("cpio", () => {
	it("writes the newc format: header, name and data padded to four bytes, trailer", () => {
		const archive = cpio([
			{ name: "d", mode: S_IFDIR | 0o755 },
			{ name: "d/abc", mode: S_IFREG | 0o644, data: "hello" },
		]);
		expect(archive.toString("latin1")).toBe(
			"07070100000001000041ed000000000000000000000002000000000000000000000000" +
				"0000000000000000000000000000000200000000d\0" +
				"07070100000002000081a4000000000000000000000001000000000000000500000000" +
				"0000000000000000000000000000000600000000d/abc\0hello\0\0\0" +
				"070701000000000000000000000000000000000000000100000000000000000000000000000000" +
				"00000000000000000000000b00000000TRAILER!!!\0\0\0\0",
		);
	});

	it("keeps every name and content, at places that are multiples of four", () => {
		const name = fc.stringMatching(/^[a-z][a-z0-9/.]{0,30}$/);
		const data = fc.uint8Array({ maxLength: 64 });
		fc.assert(
			fc.property(fc.array(fc.record({ name, data }), { maxLength: 5 }), (files) => {
				const archive = cpio(files.map((f) => ({ ...f, mode: S_IFREG | 0o600 })));
				expect(archive.length % 4).toBe(0);
				expect(unpack(archive)).toEqual(
					files.map((f) => ({ name: f.name, data: Buffer.from(f.data).toString("hex") })),
				);
			}),
		);
	});
});

describe("modules.dep", () => {
	const table = parseModulesDep(
		"kernel/fs/9p/9p.ko.xz: kernel/net/9p/9pnet.ko.xz kernel/fs/netfs/netfs.ko.xz\n" +
			"kernel/net/9p/9pnet-fd.ko.xz: kernel/net/9p/9pnet.ko.xz kernel/fs/netfs/netfs.ko.xz\n" +
			"kernel/net/9p/9pnet.ko.xz: kernel/fs/netfs/netfs.ko.xz\n" +
			"kernel/fs/netfs/netfs.ko.xz:\n",
	);
	const builtin = parseBuiltin("kernel/drivers/virtio/virtio_pci.ko\n");

	it("loads what a module needs before it, each file once", () => {
		expect(loadOrder(["virtio_pci", "9pnet_fd", "9p"], table, builtin)).toEqual({
			files: [
				"kernel/fs/netfs/netfs.ko.xz",
				"kernel/net/9p/9pnet.ko.xz",
				"kernel/net/9p/9pnet-fd.ko.xz",
				"kernel/fs/9p/9p.ko.xz",
			],
			missing: [],
		});
	});

	it("says which modules are neither built nor built in", () => {
		expect(loadOrder(["virtio_net", "netfs"], table, builtin).missing).toEqual(["virtio_net"]);
	});

	it("names a module as the kernel does", () => {
		expect(["a/9pnet-fd.ko.xz", "x.ko", "y.ko.zst"].map(moduleName)).toEqual([
			"9pnet_fd",
			"x",
			"y",
		]);
	});
});

describe("the guest's lines", () => {
	it.each([
		["@ready 6.1.0-9-amd64", { kind: "ready", release: "6.1.0-9-amd64" }],
		["@begin transcript user", { kind: "begin", scenario: "transcript", user: "user" }],
		["@ok ls", { kind: "check", status: "ok", id: "ls", text: "" }],
		["@fail ls got [a b]\r", { kind: "check", status: "fail", id: "ls", text: "got [a b]" }],
		["@known x y", { kind: "check", status: "known", id: "x", text: "y" }],
		["@gone x y", { kind: "check", status: "gone", id: "x", text: "y" }],
		["@note a  b", { kind: "note", text: "a  b" }],
		["@host restart", { kind: "host", request: "restart" }],
		["@end transcript 0 clean", { kind: "end", scenario: "transcript", status: 0, clean: true }],
		["@end transcript 1 dirty", { kind: "end", scenario: "transcript", status: 1, clean: false }],
		["@what is this", { kind: "noise", text: "@what is this" }],
		["ok ls", { kind: "noise", text: "ok ls" }],
	])("%s", (line, value) => {
		expect(parseLine(line)).toEqual(value);
	});

	it("are the same however they are cut into chunks", () => {
		fc.assert(
			fc.property(fc.array(fc.string()), (chunks) => {
				const lines: string[] = [];
				const take = lineCutter((line) => lines.push(line));
				for (const chunk of chunks) take(chunk);
				expect(lines).toEqual(chunks.join("").split("\n").slice(0, -1));
			}),
		);
	});

	it.each([
		["[    9.1] Kernel panic - not syncing: Fatal exception in interrupt", "fatal"],
		["[    9.1] Oops: 0000 [#1] PREEMPT SMP NOPTI", "fatal"],
		["[    9.1] BUG: unable to handle page fault for address: ffff", "fatal"],
		["[    9.1] kernel BUG at fs/netfs/read.c:1!", "fatal"],
		["[    9.1] traps: PANIC: double fault, error_code: 0x0", "fatal"],
		["[  243.1] INFO: task cat:77 blocked for more than 120 seconds.", "warning"],
		["[    9.1] WARNING: CPU: 0 PID: 77 at fs/9p/vfs.c:1 f+0x1/0x2 [9p]", "warning"],
		["[    9.1] 9p: Installing v9fs 9p2000 file system support", undefined],
	])("console: %s", (line, severity) => {
		expect(consoleTrouble(line)?.severity).toBe(severity);
	});
});

describe("scenarios", () => {
	it("each have a title, rules that exist, and checks", () => {
		const rules = new Set(textOf("spec/README.md").match(/\b[A-Z]{2}-\d+\b/g));
		const all = loadScenarios();
		expect(all.length).toBeGreaterThan(0);
		for (const s of all) {
			expect(
				s.rules.filter((rule) => !rules.has(rule)),
				s.id,
			).toEqual([]);
			expect(s.script, s.id).toContain("\n. /tmp/s/guest.sh\n");
			expect(spawnSync("sh", ["-n"], { input: s.script }).stderr.toString(), s.id).toBe("");
		}
	});

	it("are read from their headers", () => {
		const s = parseScenario(
			"x",
			"# title: a b\n# users: root user\n# mounts: - msize=8192\n# kernels: 6.1\n\n# limit: 3\n",
		);
		expect(s).toMatchObject({ id: "x", title: "a b", users: ["root", "user"], limitS: 240 });
		expect(s.mounts).toEqual(["-", "msize=8192"]);
		expect(isFor(s, "6.1.0-9-amd64")).toBe(true);
		expect(isFor(s, "6.12.3-amd64")).toBe(false);
		expect(() => parseScenario("x", "# title: a\n# tool: host\n")).toThrow("unknown header line");
		expect(() => parseScenario("x", "# users: root\n")).toThrow("no title");
	});
});

describe("kernel images", () => {
	it("say where the compressed kernel is, and its release", () => {
		const image = Buffer.alloc(4096);
		image.write("HdrS", 0x202);
		image.writeUInt8(1, 0x1f1);
		image.writeUInt16LE(0x100, 0x20e);
		image.write("6.1.0-9-amd64 (someone@example)", 0x300);
		image.writeUInt32LE(16, 0x248);
		image.writeUInt32LE(100, 0x24c);
		expect(parseBzImage(image)).toEqual({ from: 1040, to: 1140, release: "6.1.0-9-amd64" });
		image.writeUInt32LE(4096, 0x24c);
		expect(parseBzImage(image)).toBeUndefined();
		expect(parseBzImage(Buffer.from("\x7fELF"))).toBeUndefined();
	});

	it("are found by series, the newest, never a cloud one, 6.1 not being 6.12", () => {
		const boot = mkdtempSync(join(tmpdir(), "dchan-boot-"));
		try {
			for (const s of ["6.1.0-9-amd64", "6.1.0-10-amd64", "6.1.0-11-cloud-amd64", "6.12.3-amd64"]) {
				writeFileSync(join(boot, `vmlinuz-${s}`), "");
			}
			expect(findKernel("6.1", boot)?.release).toBe("6.1.0-10-amd64");
			expect(findKernel("6.12", boot)?.release).toBe("6.12.3-amd64");
			expect(findKernel("6.2", boot)).toBeUndefined();
			expect(findKernel(join(boot, "vmlinuz-none"))).toBeUndefined();
		} finally {
			rmSync(boot, { recursive: true });
		}
	});
});

describe("the command", () => {
	it("refuses unknown flags, scenarios and far targets with status 2", async () => {
		expect(await kernelCommand(["--nope"], false)).toBe(2);
		expect(await kernelCommand(["--only", "nope"], false)).toBe(2);
		expect(await kernelCommand(["--target", "tcp!192.0.2.1!564"], false)).toBe(2);
	});

	it("ends with status 3 when a kernel is missing, and fails where CI is set", async () => {
		expect(await kernelCommand(["--kernel", "/nowhere/vmlinuz"], false)).toBe(3);
		expect(await kernelCommand(["--kernel", "/nowhere/vmlinuz"], true)).toBe(1);
	});

	it("lists the scenarios", async () => {
		expect(await kernelCommand(["--list"], false)).toBe(0);
	});
});

function unpack(archive: Buffer): { name: string; data: string }[] {
	const found: { name: string; data: string }[] = [];
	const up = (n: number) => Math.ceil(n / 4) * 4;
	for (let at = 0; at < archive.length; ) {
		const field = (i: number) =>
			Number.parseInt(archive.toString("latin1", at + 6 + 8 * i, at + 14 + 8 * i), 16);
		const nameEnd = at + 110 + field(11);
		const name = archive.toString("utf8", at + 110, nameEnd - 1);
		const from = up(nameEnd);
		const data = archive.toString("hex", from, from + field(6));
		if (name !== "TRAILER!!!") found.push({ name, data });
		at = up(from + field(6));
	}
	return found;
}
