// The channel model against examples worked out by hand from the rules.

import { describe, expect, it } from "vitest";
import type { Event, Limits } from "../../spec/chanstate.ts";
import { pair, server } from "./seats.ts";

describe("channels", () => {
	it("CH-5: at capacity 0 the write is answered after the read, whichever came first", () => {
		const s = pair(0);
		expect([s.read(1), s.write(2, "hi")]).toEqual([[], ['1.1 "hi"', "2.2 2"]]);
		expect([s.write(2, "ho"), s.read(1)]).toEqual([[], ['1.4 "ho"', "2.3 2"]]);
	});

	it("CH-1, CH-2, CH-4, CH-6: N messages wait, then writers, all in order", () => {
		const s = pair(1);
		expect([s.write(2, "a"), s.write(2, "b"), s.write(2, "c")]).toEqual([["2.1 1"], [], []]);
		expect(s.read(1)).toEqual(['1.4 "a"', "2.2 1"]);
		expect(s.read(1)).toEqual(['1.5 "b"', "2.3 1"]);
	});

	it("CH-3: readers are served first come, first served", () => {
		const s = pair(0).conn(3, "r");
		s.read(3);
		s.read(1);
		expect(s.write(2, "a")).toEqual(['3.1 "a"', "2.3 1"]);
		expect(s.write(2, "b")).toEqual(['1.2 "b"', "2.4 1"]);
	});

	it("CH-8, CH-9: the rest goes to the fid's waiting reads, then its next, then is dropped", () => {
		const s = pair(0).conn(3, "r");
		s.read(1, 0, 2);
		s.read(3);
		s.read(1, 0, 2);
		expect(s.write(2, "abcdef")).toEqual(['1.1 "ab"', '1.3 "cd"', "2.4 6"]);
		expect(s.read(1, 0, 1)).toEqual(['1.5 "e"']);
		expect(s.clunk(1)).toEqual(["drop rest f", "1.6 ok"]);
	});

	it("CH-10: count 0 is answered at once, also beside a message and on a removed channel", () => {
		const s = pair(1);
		s.write(2, "a");
		expect([s.read(1, 0, 0), s.write(2, "")]).toEqual([['1.2 ""'], ["2.3 0"]]);
		s.remove(2);
		expect([s.read(1, 0, 0), s.read(1)]).toEqual([['1.5 ""'], ['1.6 "a"']]);
	});

	it("CH-14: a stalled connection's reads leave the lines, and rejoin at the end in order", () => {
		const s = pair(1).conn(3, "r");
		s.read(1);
		s.read(1);
		s.read(3);
		s.does({ kind: "stall", conn: 1 });
		expect(s.does({ kind: "resume", conn: 1 })).toEqual([]);
		expect(s.write(2, "a")).toEqual(['3.3 "a"', "2.4 1"]);
		s.does({ kind: "stall", conn: 1 });
		expect(s.write(2, "b")).toEqual(["2.5 1"]);
		expect(s.does({ kind: "resume", conn: 1 })).toEqual(['1.1 "b"']);
	});

	it("CH-14: nor are they told of the end while it lasts", () => {
		const s = pair(0);
		s.read(1);
		s.does({ kind: "stall", conn: 1 });
		expect(s.remove(2)).toEqual(["2.2 ok"]);
		expect(s.does({ kind: "resume", conn: 1 })).toEqual(['1.1 ""']);
	});

	it("CT-10: resizing lets writers in, and loses nothing", () => {
		const s = pair(0);
		s.write(2, "a");
		s.write(2, "b");
		expect(s.resize(2)).toEqual(["2.1 1", "2.2 1"]);
		expect(s.resize(0)).toEqual([]);
		expect(s.write(2, "c")).toEqual([]);
		expect([s.read(1), s.read(1), s.read(1)]).toEqual([
			['1.4 "a"'],
			['1.5 "b"'],
			['1.6 "c"', "2.3 1"],
		]);
	});
});

describe("Linux connections", () => {
	const linux = (msize = 8192, limits: Partial<Limits> = {}) =>
		server(3, limits).conn(1, "r", true, msize).conn(2, "rw");

	it("LX-2, LX-3: one 0 for a continuation, then real reads", () => {
		const s = linux();
		s.write(2, "hi");
		s.write(2, "ho");
		expect(s.read(1)).toEqual(['1.3 "hi"']);
		expect([s.read(1, 2, 98), s.read(1, 2, 98)]).toEqual([['1.4 ""'], ['1.5 "ho"']]);
	});

	it("LX-2: with a full-sized count any from c - n to c continues", () => {
		for (const [count, zero] of [
			[97, false],
			[98, true],
			[99, true],
			[100, true],
		] as const) {
			const s = linux(124);
			s.write(2, "hi");
			s.read(1, 0, 100);
			expect(s.read(1, 2, count)).toEqual(zero ? ['1.3 ""'] : []);
		}
	});

	it("LX-4, LX-5: a filled read owes nothing, another forgets, others get none", () => {
		const s = linux();
		for (const m of ["hi", "ho", "ha"]) s.write(2, m);
		s.read(1, 0, 2);
		expect(s.read(1, 2, 0)).toEqual(['1.5 ""']);
		expect(s.read(1, 2, 10)).toEqual(['1.6 "ho"']);
		expect(s.read(1, 4, 10)).toEqual(['1.7 "ha"']);
		expect(s.read(1, 4, 9)).toEqual([]);
		const other = pair(2);
		other.write(2, "hi");
		other.read(1);
		expect(other.read(1, 2, 98)).toEqual([]);
	});

	it("LX-6: a shell reads a block and seeks back to after the newline", () => {
		const s = linux();
		s.write(2, "a\nb\n");
		s.write(2, "c\n");
		expect([s.read(1, 0, 128), s.read(1, 4, 124)]).toEqual([['1.3 "a\nb\n"'], ['1.4 ""']]);
		expect([s.read(1, 2, 128), s.read(1, 4, 126)]).toEqual([['1.5 "b\n"'], ['1.6 ""']]);
		expect(s.read(1, 4, 128)).toEqual(['1.7 "c\n"']);
	});

	it("LX-7: writes, new reads and a second outstanding read end re-reads", () => {
		const s = server(3).conn(1, "rw", true);
		s.write(1, "abc");
		s.read(1, 0, 3);
		s.write(1, "def");
		expect(s.read(1, 1, 10)).toEqual(['1.4 "def"']);
		s.read(1, 4, 3);
		s.read(1, 4, 3);
		s.write(1, "ghi");
		expect(s.read(1, 5, 9)).toEqual([]);
	});

	it("LX-8: too many identical zeros are an error, until something comes between", () => {
		const s = linux(8192, { zeros: 3 });
		s.remove(2);
		const again = () => s.read(1, 7, 9).map((x) => x.replace(/^\S+ /, ""));
		expect([again(), again(), again(), again()].flat()).toEqual([
			'""',
			'""',
			"file has been removed",
			"file has been removed",
		]);
		s.stat(1);
		expect(again()).toEqual(['""']);
	});
});

describe("endings", () => {
	it("EN-1, EN-3: blocked and later writers are refused, and what is not Tclunk", () => {
		const s = pair(0).opens(1, "r", 2);
		s.write(2, "a");
		expect(s.remove(1)).toEqual(["2.1 file has been removed", "1.2 ok"]);
		expect(s.write(2, "b")).toEqual(["2.3 file has been removed"]);
		expect([s.stat(2), s.remove(2)].flat()).toEqual([
			"2.4 file has been removed",
			"2.5 file has been removed",
		]);
		expect(s.does({ kind: "clunk", conn: 1, tag: 9, fid: 2 })).toEqual(["1.9 ok"]);
		expect(s.state().channels).toEqual([]);
	});

	it("EN-2, EN-4: readers get rest, queue and end; without readers the queue is dropped", () => {
		const s = pair(3);
		for (const m of ["abc", "de"]) s.write(2, m);
		s.read(1, 0, 1);
		s.remove(2);
		expect([s.read(1), s.read(1, 0, 1), s.read(1), s.read(1)].flat()).toEqual([
			'1.5 "bc"',
			'1.6 "d"',
			'1.7 "e"',
			'1.8 ""',
		]);
		const t = server(2).conn(1, "r").conn(2, "w");
		t.write(2, "x");
		t.remove(1);
		expect(t.state().channels.map((c) => c.queue)).toEqual([[]]);
		const blocked = pair(0);
		blocked.read(1);
		expect(blocked.remove(2)).toEqual(['1.1 ""', "2.2 ok"]);
	});

	it("FL-1, FL-3: a flush leaves no trace, and is always answered", () => {
		const s = pair(0);
		s.read(1);
		expect([s.flush(1, 1), s.flush(1, 1), s.flush(1, 77)].flat()).toEqual([
			"1.2 ok",
			"1.3 ok",
			"1.4 ok",
		]);
		s.write(2, "a");
		s.flush(2, 5);
		expect(s.read(1)).toEqual([]);
	});

	it("FL-4: clunk interrupts, and its answer comes last", () => {
		const s = pair(0);
		s.read(1);
		s.read(1);
		const interrupted = ["1.1 Interrupted system call", "1.2 Interrupted system call"];
		expect(s.clunk(1)).toEqual([...interrupted, "1.3 ok"]);
	});

	it("FL-5, FL-6, TR-29: a session's end cancels silently, and ORCLOSE removes", () => {
		const s = server(0).conn(1, "rw", false, 8192, true).conn(2, "rw");
		s.read(1);
		s.write(2, "a");
		s.write(2, "b");
		const end: Event = { kind: "version", conn: 1, linux: false, msize: 8192 };
		expect(s.does(end)).toEqual(["2.3 file has been removed"]);
		expect(s.does({ kind: "disconnect", conn: 2 })).toEqual([]);
		expect(s.state().channels).toEqual([]);
	});
});
