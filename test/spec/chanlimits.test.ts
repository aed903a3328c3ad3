// The channel model's limits against examples worked out by hand from the rules.

import { describe, expect, it } from "vitest";
import { pair, server } from "./seats.ts";

describe("limits", () => {
	it("LM-1, LM-2: bytes wait for room, and too many are refused", () => {
		const s = pair(9, { channelBytes: 3 });
		expect([s.write(2, "ab"), s.write(2, "cd"), s.write(2, "e")]).toEqual([["2.1 2"], [], []]);
		expect(s.flush(2, 2)).toEqual(["2.3 1", "2.4 ok"]);
		expect(s.write(2, "abcd")).toEqual(["2.5 Message too long"]);
	});

	it("LM-1: a reader takes a message past the server's limit", () => {
		const s = pair(9, { serverBytes: 2 });
		s.read(1);
		expect(s.write(2, "ab")).toEqual(['1.1 "ab"', "2.2 2"]);
	});

	it("LM-3: bytes of blocked writes have a budget", () => {
		const s = pair(0, { connHeld: 3 });
		expect([s.write(2, "ab"), s.write(2, "cd"), s.write(2, "e")].flat()).toEqual([
			"2.2 No buffer space available",
		]);
		s.read(1);
		expect(s.write(2, "fg")).toEqual([]);
	});

	it("LM-8: a connection that keeps too much of messages read in part is handed no others", () => {
		const s = pair(0, { rests: 2 }).opens(1, "r", 2);
		s.read(1, 0, 1);
		expect(s.write(2, "abcd")).toEqual(['1.1 "a"', "2.2 4"]);
		expect(s.does({ kind: "read", conn: 1, tag: 50, fid: 2, offset: 0, count: 9 })).toEqual([]);
		expect(s.write(2, "x")).toEqual([]);
		expect(s.read(1, 0, 2)).toEqual(['1.4 "bc"']);
		expect(s.read(1)).toEqual(['1.5 "d"', '1.50 "x"', "2.3 1"]);
	});

	it("LM-1, LM-2: the server's limit counts what a message costs beside its bytes", () => {
		const s = pair(9, { serverBytes: 6, overhead: 2 });
		expect([s.write(2, "ab"), s.write(2, "c"), s.write(2, "abcde")]).toEqual([
			["2.1 2"],
			[],
			["2.3 Message too long"],
		]);
	});

	it("LX-4, LM-8: 16 zeros are owed at most, and what is kept for re-reads is limited", () => {
		const s = server(40).conn(1, "r", true).conn(2, "w");
		for (let i = 0; i < 20; i++) s.write(2, "ab");
		for (let i = 0; i < 17; i++) s.read(1, 100 * i, 9);
		expect(s.read(1, 102, 7)).toEqual(['1.38 ""']);
		expect(s.read(1, 2, 7)).toEqual(['1.39 "ab"']);
		const kept = (rests: number) => {
			const t = server(40, { rests }).conn(1, "r", true).conn(2, "w");
			for (const m of ["abc", "def"]) t.write(2, m);
			t.read(1, 0, 3);
			return t.read(1, 1, 2);
		};
		expect([kept(3), kept(2)]).toEqual([['1.4 "bc"'], ['1.4 "de"']]);
	});

	it("ER-9: a larger count is msize - IOHDRSZ", () => {
		const s = server(1).conn(1, "r", false, 26).conn(2, "w");
		s.write(2, "abc");
		expect(s.read(1, 0, 4096)).toEqual(['1.2 "ab"']);
	});
});
