// What a Linux connection's fid is owed, on the wire; offsets and counts are those the kernel
// sends.

import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { type Fcall, IOHDRSZ, NOFID, NOTAG } from "../src/9p/fcall.gen.ts";
import { LinuxFid } from "../src/linux.ts";
import type { LinuxMode } from "../src/session.ts";
import { clunk, flush, linuxWire, read, remove, resize, said, use, walk, write } from "./chans.ts";
import { MSIZE, newServer, UNAME, Wire } from "./wire.ts";

const WHOLE = MSIZE - IOHDRSZ; // the largest count there is

/** A Linux connection with fid 1 on a channel that has these messages queued. */
function fed(...messages: string[]): Wire {
	const server = newServer();
	const wire = linuxWire(server);
	use(wire, 1);
	resize(server, "c", 100);
	for (const message of messages) wire.send(write(99, 1, message));
	return wire;
}

/** Reads of fid 1 one after the other, as `offset+count: answer`. */
function reads(wire: Wire, ...wanted: [offset: number, count: number][]): string[] {
	return wanted.map(([offset, count]) => {
		const [answer] = said(wire.send(read(7, 1, count, offset)));
		if (answer === undefined) wire.send(flush(8, 7));
		const got = answer === undefined ? "blocks" : answer.replace(/^7 read /, "");
		return `${offset}+${count}: ${got}`;
	});
}

describe("a connection is Linux's", () => {
	type Change = Partial<p9.Tattach> & { msize?: number };
	function kind(string: string, linux: LinuxMode, { msize, ...change }: Change, auth = false) {
		const wire = new Wire(newServer(), { linux });
		wire.send({ type: p9.Tversion, tag: NOTAG, msize: msize ?? 131072, version: string });
		const tauth: Fcall = { type: p9.Tauth, tag: 9, afid: 9, uname: UNAME, aname: "" };
		if (auth) wire.send(tauth);
		const attach = { type: p9.Tattach, tag: 0, fid: 0, afid: NOFID, uname: UNAME, aname: "" };
		wire.send({ ...attach, ...change } as Fcall);
		return wire.conn.linux;
	}

	it.each([
		["9P2000.L", "auto", { tag: 5, fid: 7 }, true],
		["9P2000", "auto", {}, true],
		["9P2000.u", "auto", {}, true],
		["9P2000", "auto", { msize: 8192 }, false],
		["9P2000", "auto", { msize: 8192, uname: "nobody" }, true],
		["9P2000.L", "auto", { msize: 8192 }, true],
		["9P2000", "auto", { tag: 1 }, false],
		["9P2000", "auto", { fid: 1 }, false],
		["9P2000", "auto", { afid: 3 }, false],
		["9P2000.x", "auto", {}, false],
		["9P2000.L", "never", {}, false],
		["9P2000", "always", { tag: 1 }, true],
	] as const)("LX-1: %s, %s, %o: %s", (string, mode, change, is) => {
		expect(kind(string, mode, change)).toBe(is);
	});

	it("LX-1: not after a Tauth, nor by a later Tattach; and a new Tversion decides anew", () => {
		expect(kind("9P2000", "auto", {}, true)).toBe(false);
		const wire = Wire.attached(newServer());
		wire.send({ type: p9.Tattach, tag: 0, fid: 1, afid: NOFID, uname: UNAME, aname: "" });
		wire.send(clunk(1, 0));
		wire.send({ type: p9.Tattach, tag: 0, fid: 0, afid: NOFID, uname: UNAME, aname: "" });
		expect(wire.conn.linux).toBe(false);
		wire.send({ type: p9.Tversion, tag: NOTAG, msize: MSIZE, version: "9P2000.L" });
		expect(wire.conn.linux).toBe(true);
	});
});

describe("continuations", () => {
	it("LX-2, LX-3: one 0 after a short answer, then a real read", () => {
		const wire = fed("AAAA\n", "B");
		expect(reads(wire, [0, 100], [5, 95], [5, 95], [5, 95])).toEqual([
			"0+100: AAAA\n",
			"5+95: ",
			"5+95: B",
			"5+95: blocks",
		]);
	});

	it("LX-2: of a read of the largest count come with any count from c - n to c", () => {
		for (const count of [WHOLE - 5, WHOLE - 3, WHOLE]) {
			expect(reads(fed("AAAA\n"), [0, WHOLE], [5, count], [5, count])).toEqual([
				"0+8168: AAAA\n",
				`5+${count}: `,
				`5+${count}: blocks`,
			]);
		}
		expect(reads(fed("AAAA\n"), [0, WHOLE], [5, WHOLE - 6])).toContain("5+8162: blocks");
		expect(reads(fed("AAAA\n"), [0, 100], [5, 96])).toContain("5+96: blocks");
	});

	it("LX-2, ER-9: count from msize, however much was asked for", () => {
		expect(reads(fed("AAAA\n"), [0, 1 << 20], [5, 1 << 20])).toContain(`5+${1 << 20}: `);
	});

	it("LX-4: an answer that filled its read owes nothing", () => {
		expect(reads(fed("abcd", "x"), [0, 4], [4, 4])).toEqual(["0+4: abcd", "4+4: x"]);
	});

	it("LX-4: a read at the offset of an owed 0 that is none is real, and forgets it", () => {
		const wire = fed("abcd", "x");
		expect(reads(wire, [0, 100], [4, 10], [4, 96])).toEqual([
			"0+100: abcd",
			"4+10: x",
			"4+96: blocks",
		]);
	});

	it("LX-4: each short answer owes its own, to readers that share a fid", () => {
		const wire = fed("ab", "cdef");
		expect(said(wire.send(read(1, 1, 10, 0), read(2, 1, 10, 0)))).toEqual([
			"1 read ab",
			"2 read cdef",
		]);
		expect(reads(wire, [4, 6], [2, 8], [4, 6])).toEqual(["4+6: ", "2+8: ", "4+6: blocks"]);
	});

	it("LX-4: remembers 16, and forgets the oldest", () => {
		const wire = fed(...Array.from({ length: 17 }, (_, i) => "m".repeat(i + 1)));
		for (let i = 0; i < 17; i++) wire.send(read(7, 1, 100, 0));
		expect(reads(wire, [2, 98], [17, 83], [50, 9], [1, 99])).toEqual([
			"2+98: ",
			"17+83: ",
			"50+9: blocks",
			"1+99: blocks",
		]);
	});

	it("LX-5: no other connection gets a 0 or a byte again", () => {
		const wire = Wire.attached(newServer());
		use(wire, 1);
		resize(wire.server, "c", 9);
		wire.send(write(1, 1, "one\ntwo\n"), write(2, 1, "x"));
		expect(reads(wire, [0, 100], [8, 92], [4, 100])).toEqual([
			"0+100: one\ntwo\n",
			"8+92: x",
			"4+100: blocks",
		]);
	});
});

describe("re-reads", () => {
	it("LX-6: a seek back into the last message is served from it, and leaves it", () => {
		const wire = fed("one\ntwo\nthree\n", "next");
		expect(reads(wire, [0, 128], [4, 128], [14, 118], [8, 128], [4, 3], [14, 99])).toEqual([
			"0+128: one\ntwo\nthree\n",
			"4+128: two\nthree\n",
			"14+118: ",
			"8+128: three\n",
			"4+3: two",
			"14+99: next",
		]);
		expect(wire.server.stats.reads).toBe(2);
	});

	it("LX-6: neither at its offset nor at its end", () => {
		expect(reads(fed("abc", "x"), [0, 3], [0, 3])).toEqual(["0+3: abc", "0+3: x"]);
		expect(reads(fed("abc", "x"), [0, 3], [3, 3])).toEqual(["0+3: abc", "3+3: x"]);
	});

	it("LX-6: not of reads that ask for more than 64 KiB", () => {
		const limit = 64 << 10;
		const fid = new LinuxFid({ keptBytes: 0, keptLimit: 1 << 20 });
		fid.keep(0, limit, Buffer.from("abc"), 0, 3);
		expect(fid.reread(1)).toBe(1);
		const large = new LinuxFid({ keptBytes: 0, keptLimit: 1 << 20 });
		large.keep(0, limit + 1, Buffer.from("abc"), 0, 3);
		expect(large.reread(1)).toBe(-1);
	});

	it("LM-8: keep no more than the connection may, and give back what they forget", () => {
		const keeper = { keptBytes: 0, keptLimit: 5 };
		const [one, two] = [new LinuxFid(keeper), new LinuxFid(keeper)];
		one.keep(0, 9, Buffer.from("abc"), 0, 3);
		two.keep(0, 9, Buffer.from("xyz"), 0, 3);
		expect([keeper.keptBytes, one.reread(1), two.reread(1)]).toEqual([3, 1, -1]);
		one.forget();
		two.keep(0, 9, Buffer.from("vwxyz"), 0, 5);
		expect([keeper.keptBytes, one.reread(1), two.reread(1)]).toEqual([5, -1, 1]);
		two.wrote();
		expect(keeper.keptBytes).toBe(0);
	});

	it("LX-2, LX-6: remember nothing at offsets that doubles can't tell apart", () => {
		const fid = new LinuxFid({ keptBytes: 0, keptLimit: 1 << 20 });
		fid.keep(2 ** 60, 1000, Buffer.alloc(1000), 0, 1000);
		expect(fid.reread(2 ** 60 + 256)).toBe(-1);
		fid.answered(2 ** 60, 1000, 256, WHOLE);
		expect(fid.continues(2 ** 60 + 256, 744)).toBe(false);
	});

	it("LX-6: of a rest are of its last part", () => {
		const wire = fed("abcdef");
		expect(reads(wire, [0, 3], [3, 3], [4, 9], [1, 9])).toEqual([
			"0+3: abc",
			"3+3: def",
			"4+9: ef",
			"1+9: blocks",
		]);
	});

	it("LX-7: a Twrite forgets the bytes, and so does a new read", () => {
		const wire = fed("abc");
		wire.send(read(1, 1, 3), write(2, 1, "new"));
		expect(reads(wire, [1, 9])).toEqual(["1+9: new"]);
		const other = fed("abc");
		expect(reads(other, [0, 3], [50, 3], [1, 3])).toEqual([
			"0+3: abc",
			"50+3: blocks",
			"1+3: blocks",
		]);
	});

	it("LX-7: the fid's end forgets the bytes", () => {
		const wire = fed("abc");
		wire.send(read(1, 1, 3), clunk(2, 1));
		use(wire, 1);
		expect(reads(wire, [1, 9])).toEqual(["1+9: blocks"]);
	});

	it("LX-7: end for a fid whose second read arrives before the first was answered", () => {
		const wire = fed();
		wire.send(read(1, 1, 3), read(2, 1, 3));
		expect(said(wire.send(write(3, 1, "abc"), write(4, 1, "def")))).toContain("2 read def");
		wire.send(write(5, 1, "ghi"), read(6, 1, 3));
		expect(reads(wire, [1, 9])).toEqual(["1+9: blocks"]);
	});
});

describe("endless reads of nothing", () => {
	function answers(n: number, ask: () => Fcall[]): string[] {
		return Array.from({ length: n }, () => said(ask()).join());
	}

	it("LX-8: the 64th identical one on a removed channel is an error", () => {
		const wire = fed();
		wire.send(walk(1, 0, 2, "c"), remove(2, 2));
		const got = answers(64, () => wire.send(read(7, 1, 10, 5)));
		expect(got.slice(0, 63).every((line) => line === "7 read ")).toBe(true);
		expect(got[63]).toBe("7 error file has been removed");
		expect(said(wire.send(read(7, 1, 10, 6)))).toEqual(["7 read "]);
	});

	it("LX-8: on ctl it is another, and only when nothing is between", () => {
		const wire = fed();
		wire.send(walk(1, 0, 2, "ctl"), { type: p9.Topen, tag: 2, fid: 2, mode: p9.OREAD });
		const end = 100_000;
		// Reading ctl over and over through one fid is no loop.
		for (let i = 0; i < 70; i++) {
			const [table, nothing] = said(wire.send(read(7, 2, 1000, 0), read(8, 2, 1000, end)));
			expect([table?.startsWith("7 read #"), nothing]).toEqual([true, "8 read "]);
		}
		const stat: Fcall = { type: p9.Tstat, tag: 9, fid: 2 };
		for (let i = 0; i < 70; i++) {
			expect(said(wire.send(stat, read(8, 2, 1000, end)))).toEqual(["9 stat", "8 read "]);
		}
		wire.send(read(7, 2, 1000, 0));
		const got = answers(64, () => wire.send(read(7, 2, 1000, end)));
		expect(got[62]).toBe("7 read ");
		expect(got[63]).toBe("7 error Input/output error");
	});

	it("LX-8: never on a directory, and never for others", () => {
		const wire = fed();
		wire.send(walk(1, 0, 2), { type: p9.Topen, tag: 2, fid: 2, mode: p9.OREAD });
		expect(new Set(answers(100, () => wire.send(read(7, 2, 1, 0))))).toEqual(new Set(["7 read "]));
		const other = Wire.attached(wire.server);
		use(other, 1);
		other.send(walk(1, 0, 2, "c"), remove(2, 2));
		expect(new Set(answers(100, () => other.send(read(7, 1, 1, 0))))).toEqual(new Set(["7 read "]));
	});
});
