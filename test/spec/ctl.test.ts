// The ctl model against examples worked out by hand from the rules.

import { describe, expect, it } from "vitest";
import { type Ctl, type Fact, type Facts, freshCtl, split, step } from "../../spec/ctl.ts";
import { meter } from "../../spec/ctlmeter.ts";
import { parseLine, quote, words } from "../../spec/ctltext.ts";

const header = "# filename | channel size | rx | tx | average rx | average tx\n";
const fact = (path: string, capacity = 0, rx: number[] = []): Fact => ({
	path,
	capacity,
	rx,
	tx: [],
});
const facts = (...channels: Fact[]): Facts => ({ channels, dirs: ["/", "/d"], now: 5000 });

/** ctl open as fid 1. */
function ctl(world: Facts, limits: Partial<Ctl> = {}, linux = false) {
	let s = freshCtl(limits);
	const does = (e: Parameters<typeof step>[1]) => {
		const done = step(s, e, world);
		s = done.state;
		const { reply } = done;
		const says =
			reply.kind === "data" ? reply.bytes : reply.kind === "error" ? reply.ename : reply.kind;
		return [says, ...done.resizes.map((r) => `${r.path}=${r.capacity}`), ...done.dropped];
	};
	does({ kind: "open", conn: 1, fid: 1, linux });
	return {
		does,
		read: (offset: number, count = 8192) =>
			does({ kind: "read", conn: 1, fid: 1, offset, count })[0],
		write: (bytes: string) => does({ kind: "write", conn: 1, fid: 1, bytes }),
		clunk: () => does({ kind: "clunk", conn: 1, fid: 1 }),
		show: (other: Facts) => {
			world = other;
		},
	};
}

describe("reading ctl", () => {
	it("CT-1, CT-4: a header and the channels by path, quoted, in UTF-8", () => {
		const c = ctl(facts(fact("/d/b", 2), fact("/a b"), fact("/it's"), fact("/é")));
		expect(c.read(0)).toBe(
			`${header}'/a b'\t0\t0\t0\t0\t0\n/d/b\t2\t0\t0\t0\t0\n` +
				"'/it''s'\t0\t0\t0\t0\t0\n/\u00c3\u00a9\t0\t0\t0\t0\t0\n",
		);
		expect(quote("/plain")).toBe("/plain");
	});

	it("CT-1, CT-5: later reads are of the snapshot; its bytes are limited", () => {
		const c = ctl(facts(fact("/a")), { snapshotBytes: 100 });
		expect(c.read(3, 4)).toBe(header.slice(3, 7));
		c.show(facts());
		expect(c.read(header.length)).toBe("/a\t0\t0\t0\t0\t0\n");
		expect([c.read(0), c.read(header.length)]).toEqual([header, ""]);
		c.does({ kind: "open", conn: 1, fid: 2, linux: false });
		const second = () => c.does({ kind: "read", conn: 1, fid: 2, offset: 0, count: 1 });
		expect(second()).toEqual(["No buffer space available"]);
		c.clunk();
		expect(second()).toEqual(["#"]);
	});

	it("CT-2, CT-3: rates of the last full second, and their averages", () => {
		const times = (...counts: number[]) =>
			counts.flatMap((n, s) => Array.from({ length: n }, (_, i) => s * 1000 + i));
		expect(meter(times(0, 5, 0, 2), 4000)).toEqual({ last: 2, average: 3 });
		expect(meter(times(0, 5, 0, 2), 3999)).toEqual({ last: 0, average: 5 });
		expect(meter(times(4, 1), 2500)).toEqual({ last: 1, average: 2 });
		expect(meter([], 9000)).toEqual({ last: 0, average: 0 });
	});

	it("LX-8: too many identical zeros are an error for Linux only", () => {
		const zeros = (linux: boolean) => {
			const c = ctl(facts(), { zeros: 3 }, linux);
			return [c.read(999), c.read(999), c.read(999), c.read(998), c.read(0, 1)];
		};
		expect(zeros(true)).toEqual(["", "", "Input/output error", "", "#"]);
		expect(zeros(false)).toEqual(["", "", "", "", "#"]);
	});
});

describe("writing ctl", () => {
	it("CT-6: lines of a path and a number; what was read is ignored beyond", () => {
		const world = facts(fact("/a b"), fact("/d/b", 1));
		const c = ctl(world);
		expect(c.write(`${header}\n  '/a b' \t 7\t0 0\n/d/b 003`)).toEqual(["count", "/a b=7"]);
		expect(c.write("\n")).toEqual(["count", "/d/b=3"]);
		expect(c.write("'/a b' 7 x\n")).toEqual(["count", "/a b=7"]);
		expect(c.write(c.read(0) ?? "")).toEqual(["count", "/a b=0", "/d/b=1"]);
	});

	it("CT-7: a cut line is held, prefixed to the next write, applied at clunk", () => {
		const c = ctl(facts(fact("/a"), fact("/d/b")));
		expect(c.write("/a 1\n/d/")).toEqual(["count", "/a=1"]);
		expect(c.write("b 2\n/a 1")).toEqual(["count", "/d/b=2"]);
		expect(c.write("")).toEqual(["count"]);
		expect(c.clunk()).toEqual(["ok", "/a=1"]);
		const d = ctl(facts(fact("/a")));
		d.write("\n/a x");
		expect(d.clunk()).toEqual(["ok", "/a x"]);
		expect(split(undefined, "/a 1")).toEqual({ lines: ["/a 1"], held: undefined });
		expect(split("", "/a 1")).toEqual({ lines: [], held: "/a 1" });
	});

	it("CT-8, CT-9: a bad line changes nothing", () => {
		const c = ctl(facts(fact("/a"), fact("/b")), { mostCapacity: 9 });
		const bad: [string, string][] = [
			["/x 1", "file does not exist"],
			["a 1", "Invalid argument"],
			["/d 1", "Is a directory"],
			["/ 1", "Is a directory"],
			["/ctl 1", "Operation not permitted"],
			["/a", "Invalid argument"],
			["/a -1", "Invalid argument"],
			["/a 10", "Invalid argument"],
			["'/a 1", "Invalid argument"],
		];
		for (const [line, ename] of bad) expect(c.write(`/b 2\n${line}\n`), line).toEqual([ename]);
	});

	it("CT-6: quoting is Plan 9's", () => {
		expect(words(" 'a '' b'\tcd 'ef")).toEqual(["a ' b", "cd"]);
		expect(words("c'd e'f 1")).toBeUndefined();
		expect(words("'' x")).toEqual(["", "x"]);
		expect(words("a 'b")).toBeUndefined();
		expect(parseLine(" \t# x")).toBeUndefined();
	});
});
