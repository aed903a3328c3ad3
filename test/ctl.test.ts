// ctl: the table that is read, and the lines that are written.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	DMDIR,
	ORDWR,
	OREAD,
	OWRITE,
	Rwrite,
	Tread,
	Tremove,
	Twrite,
} from "../src/9p/fcall.gen.ts";
import { Talk } from "./talk.ts";
import { newServer } from "./wire.ts";

const HEADER = "# filename | channel size | rx | tx | average rx | average tx\n";

function talk(...channels: string[]): Talk {
	const c = new Talk(newServer());
	c.mkchan(...channels);
	return c;
}

/** All that ctl says, read in reads of `count`. */
function table(c: Talk, count = 8168): string {
	const fid = c.opened("/ctl");
	const parts: Buffer[] = [];
	for (let at = 0; ; ) {
		const r = c.read(fid, at, count);
		if (typeof r === "string" || !("data" in r)) throw new Error(`ctl: ${r}`);
		if (r.data.length === 0) break;
		parts.push(Buffer.from(r.data));
		at += r.data.length;
	}
	c.clunk(fid);
	return Buffer.concat(parts).toString();
}

/** Path and capacity of each line. */
function capacities(c: Talk): string[] {
	const lines = table(c).split("\n").slice(1, -1);
	return lines.map((line) => line.split("\t").slice(0, 2).join(" "));
}

/** Writes to ctl with a fid for this once: null, or the refusal. */
function write(c: Talk, text: string): string | null {
	const fid = c.opened("/ctl", OWRITE);
	const r = c.write(fid, text);
	c.clunk(fid);
	if (typeof r === "string") return r;
	expect(r).toMatchObject({ type: Rwrite, count: Buffer.byteLength(text) });
	return null;
}

describe("reading ctl", () => {
	it("CT-1: a header, then a line of six columns for each channel", () => {
		const c = talk();
		expect(table(c)).toBe(HEADER);
		c.mkdir("/d");
		c.mkchan("/b", "/d/a");
		write(c, "/b 7");
		expect(table(c)).toBe(`${HEADER}/b\t7\t0\t0\t0\t0\n/d/a\t0\t0\t0\t0\t0\n`);
	});

	it("CT-1: a fid's first read takes a snapshot, at its offset; later reads are in it", () => {
		const c = talk("/a");
		const text = table(c);
		const fid = c.opened("/ctl");
		expect(c.text(fid, 10, 20)).toBe(text.slice(10, 30));
		c.mkchan("/b");
		expect(c.text(fid, 5)).toBe(text.slice(5));
		expect(c.text(fid, text.length - 1)).toBe("\n");
		expect(c.text(fid, text.length)).toBe("");
		expect(c.text(fid, 2n ** 64n - 1n)).toBe("");
		expect(c.text(fid, 1, 0)).toBe("");
		expect(c.text(fid, 1)).toBe(text.slice(1));
	});

	it("CT-1: any read at offset 0 takes a new one, for this fid only", () => {
		const c = talk("/a");
		const [one, two] = [c.opened("/ctl"), c.opened("/ctl", ORDWR)];
		const before = c.text(one);
		expect(c.text(two)).toBe(before);
		c.mkchan("/b");
		expect(c.text(one, 0, 1)).toBe("#");
		expect(c.text(one, 1)).toBe(`${before}/b\t0\t0\t0\t0\t0\n`.slice(1));
		expect(c.text(two, 1)).toBe(before.slice(1));
	});

	it.each([1, 2, 7, 64])("CT-1: reads of %i bytes add up to the whole", (count) => {
		const c = talk("/a", "/é");
		expect(table(c, count)).toBe(table(c));
	});

	it("CT-4: lines are in the order of their whole paths", () => {
		const c = talk();
		c.mkdir("/a", "/b", "/a/c");
		const paths = ["/a!", "/a.b", "/a/c/x", "/a/c-", "/a/c0", "/a0", "/b/z", "/b-", "/z"];
		c.mkchan(...[...paths].reverse());
		const listed = () => capacities(c).map((line) => line.split(" ")[0]);
		expect(listed()).toEqual([...paths].sort());
		c.wstat("/z", { name: "A" });
		c.wstat("/a", { name: "y" });
		const renamed = paths.map((p) => p.replace(/^\/a\//, "/y/").replace(/^\/z/, "/A"));
		expect(listed()).toEqual(renamed.sort());
		c.unlink("/A");
		expect(listed()).toEqual(renamed.filter((p) => p !== "/A"));
	});

	it.each([
		["a b", "'/a b'"],
		["it's", "'/it''s'"],
		["'", "'/'''"],
		[" ", "'/ '"],
		["#", "/#"],
		['a"b', '/a"b'],
		["a\\b", "/a\\b"],
	])("CT-4: the name %j is quoted as %s", (name, quoted) => {
		const c = talk(`/${name}`);
		expect(table(c)).toBe(`${HEADER}${quoted}\t0\t0\t0\t0\t0\n`);
		expect(write(c, `${quoted} 3`)).toBe(null);
		expect(table(c)).toBe(`${HEADER}${quoted}\t3\t0\t0\t0\t0\n`);
	});

	it("CT-4: quotes go around whole paths", () => {
		const c = talk();
		c.mkdir("/a b");
		c.mkchan("/a b/c");
		expect(capacities(c)).toEqual(["'/a b/c' 0"]);
	});

	it("CT-5: snapshots have a limit, and are freed at clunk", () => {
		const limits = { snapshotBytes: 2 * HEADER.length };
		const c = new Talk(newServer({ limits }));
		const { server } = c.wire;
		const [one, two, three] = [c.opened("/ctl"), c.opened("/ctl"), c.opened("/ctl")];
		expect(c.text(one)).toBe(HEADER);
		expect(c.text(two)).toBe(HEADER);
		// A new snapshot takes the place of the fid's old one.
		expect(c.text(one)).toBe(HEADER);
		expect(server.snapshotBytes).toBe(2 * HEADER.length);
		expect(c.read(three)).toBe("No buffer space available");
		c.clunk(two);
		expect(c.text(three)).toBe(HEADER);
		c.clunk(one);
		c.clunk(three);
		expect(server.snapshotBytes).toBe(0);
	});

	it("CT-5: one byte more than the limit is too much", () => {
		const c = new Talk(newServer({ limits: { snapshotBytes: HEADER.length - 1 } }));
		expect(c.read(c.opened("/ctl"))).toBe("No buffer space available");
		expect(c.wire.server.snapshotBytes).toBe(0);
	});

	it("CT-5: a lost connection and a Tremove free them too", () => {
		const c = talk();
		const fid = c.opened("/ctl");
		c.text(fid);
		c.ask({ type: Tremove, fid });
		expect(c.wire.server.snapshotBytes).toBe(0);
		c.text(c.opened("/ctl"));
		c.wire.close();
		expect(c.wire.server.snapshotBytes).toBe(0);
	});
});

describe("writing ctl", () => {
	it.each([
		["/a 5", 5],
		["/a 5\n", 5],
		["/a\t5\n", 5],
		["  /a \t  5  \n", 5],
		["'/a' 5\n", 5],
		["/a 005\n", 5],
		["/a 5 x y z\n", 5],
		["/a\t5\t1\t2\t3\t4\n", 5],
		["/a 5 further\rcolumns\r\n", 5],
		["/a 5 \u2028\n", 5],
		["\n\n/a 5\n\n", 5],
		["# /a 9\n/a 5\n#/b 7\n", 5],
		["  # a comment\n\t\n/a 5", 5],
		["# a comment\r\n/a 5\n", 5],
		["/a 4\n/a 5\n", 5],
		["/a 5\n/a 0\n", 0],
	])("CT-6: %j makes /a's capacity %i", (text, capacity) => {
		const c = talk("/a", "/b");
		expect(write(c, text)).toBe(null);
		expect(capacities(c)).toEqual([`/a ${capacity}`, "/b 0"]);
	});

	it.each(["", "\n", "#", "# /a 5", " \t ", "\n\n#\n"])("CT-6: %j changes nothing", (text) => {
		const c = talk("/a");
		expect(write(c, text)).toBe(null);
		expect(capacities(c)).toEqual(["/a 0"]);
	});

	it.each([
		["/nothing 5", "file does not exist"],
		["/a/b 5", "file does not exist"],
		["/a/ 5", "file does not exist"],
		["//a 5", "file does not exist"],
		["/d/.. 5", "file does not exist"],
		["/d 5", "Is a directory"],
		["/ 5", "Is a directory"],
		["/ctl 5", "Operation not permitted"],
		["a 5", "Invalid argument"],
		["/a", "Invalid argument"],
		["/a ", "Invalid argument"],
		["/a x", "Invalid argument"],
		["/a 5x", "Invalid argument"],
		["/a -1", "Invalid argument"],
		["/a +1", "Invalid argument"],
		["/a 1.5", "Invalid argument"],
		["/a 0x10", "Invalid argument"],
		["/a 1001", "Invalid argument"],
		[`/a ${"9".repeat(400)}`, "Invalid argument"],
		["'/a 5", "Invalid argument"],
		["/a\u00a05", "Invalid argument"],
		["/a \u0665", "Invalid argument"],
	])("CT-9: %j is refused: %s", (line, why) => {
		const c = new Talk(newServer({ limits: { capacity: 1000 } }));
		c.mkchan("/a", "/b");
		c.mkdir("/d");
		expect(write(c, line)).toBe(why);
		// CT-8: and with it all that came along.
		expect(write(c, `/b 3\n${line}\n/a 4\n`)).toBe(why);
		expect(capacities(c)).toEqual(["/a 0", "/b 0"]);
	});

	it("CT-9, LM-6: a capacity at the limit is accepted", () => {
		const c = new Talk(newServer({ limits: { capacity: 1000 } }));
		c.mkchan("/a");
		expect(write(c, "/a 1000")).toBe(null);
		expect(capacities(c)).toEqual(["/a 1000"]);
	});

	it("CT-8: all lines are applied, and Rwrite counts the whole write", () => {
		const c = talk("/a", "/b");
		const fid = c.opened("/ctl", OWRITE);
		const text = `${HEADER}\n/a 1\n/b 2 é\n`;
		expect(c.write(fid, text)).toMatchObject({ count: Buffer.byteLength(text) });
		expect(capacities(c)).toEqual(["/a 1", "/b 2"]);
	});

	it("CT-7: a last line without newline is held when others precede it, till its rest comes", () => {
		const c = talk("/a", "/b", "/bc");
		const fid = c.opened("/ctl", OWRITE);
		expect(c.write(fid, "/a 1\n/b")).toMatchObject({ count: 7 });
		expect(capacities(c)).toEqual(["/a 1", "/b 0", "/bc 0"]);
		c.write(fid, "c 2");
		expect(capacities(c)).toEqual(["/a 1", "/b 0", "/bc 0"]);
		c.write(fid, "3\n");
		expect(capacities(c)).toEqual(["/a 1", "/b 0", "/bc 23"]);
	});

	it("CT-7: alone, it is a line", () => {
		const c = talk("/a");
		const fid = c.opened("/ctl", OWRITE);
		c.write(fid, "/a 1");
		expect(capacities(c)).toEqual(["/a 1"]);
		c.write(fid, "/a 2");
		expect(capacities(c)).toEqual(["/a 2"]);
		expect(c.write(fid, "/a")).toBe("Invalid argument");
	});

	it("CT-7: what is held belongs to its fid", () => {
		const c = talk("/a", "/b");
		const [one, two] = [c.opened("/ctl", OWRITE), c.opened("/ctl", OWRITE)];
		c.write(one, "\n/a ");
		c.write(two, "/b 2");
		c.write(one, "1\n");
		expect(capacities(c)).toEqual(["/a 1", "/b 2"]);
	});

	it("CT-7: a held line is applied at clunk, or at any end of its fid", () => {
		const c = talk("/a", "/b");
		const other = c.other("eve");
		const fid = c.opened("/ctl", OWRITE);
		c.write(fid, "\n/a 1");
		expect(capacities(c)).toEqual(["/a 0", "/b 0"]);
		c.clunk(fid);
		expect(capacities(c)).toEqual(["/a 1", "/b 0"]);
		c.write(c.opened("/ctl", OWRITE), "\n/b 2");
		c.wire.close();
		expect(capacities(other)).toEqual(["/a 1", "/b 2"]);
	});

	it("CT-7: one that is not valid is dropped and logged", () => {
		const log: string[] = [];
		const c = new Talk(newServer({ log: (line) => log.push(line) }));
		c.mkchan("/a");
		const fid = c.opened("/ctl", OWRITE);
		c.write(fid, "/a 1\n/a");
		log.length = 0;
		expect(c.clunk(fid)).toMatchObject({ type: 121 });
		expect(log.filter((line) => line.includes("Invalid argument"))).toHaveLength(1);
		expect(capacities(c)).toEqual(["/a 1"]);
	});

	it("CT-6, CT-7: what was read can be written back, in writes of any size", () => {
		const name = fc.oneof(
			fc.stringMatching(/^[a-c '#é\t]{1,4}$/).map((s) => s.replaceAll("\t", "\u2028")),
			fc.constantFrom("\u{feff}", "😀", "a".repeat(255), "0 1 2", "''"),
		);
		const path = fc.array(name, { minLength: 1, maxLength: 3 });
		const shape = fc.record({
			paths: fc.array(path, { minLength: 1, maxLength: 6 }),
			capacities: fc.array(fc.nat(9), { minLength: 6, maxLength: 6 }),
			first: fc.nat(60),
			sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
		});
		fc.assert(
			fc.property(shape, (s) => {
				const c = talk();
				for (const p of s.paths) grow(c, p);
				const lines = table(c).split("\n").slice(1, -1);
				const paths = lines.map((line) => line.split("\t")[0]);
				for (const [i, p] of paths.entries()) write(c, `${p} ${s.capacities[i % 6]}`);
				const saved = table(c);
				for (const p of paths) write(c, `${p} 77`);
				writeBack(c, Buffer.from(saved), HEADER.length + s.first, s.sizes);
				expect(table(c)).toBe(saved);
			}),
		);
	});

	it("CT-6, CT-7: after a first piece with a newline, one byte at a time", () => {
		const c = talk("/a", "/it's", "/é b", "/z");
		write(c, "/a 1\n'/it''s' 2\n'/é b' 3\n/z 45\n");
		const saved = table(c);
		for (const first of [HEADER.length, HEADER.length + 1, HEADER.length + 30]) {
			write(c, "/a 9\n'/it''s' 9\n'/é b' 9\n/z 9\n");
			writeBack(c, Buffer.from(saved), first, [1]);
			expect(table(c), `${first}`).toBe(saved);
		}
	});
});

/** Creates a channel and the directories on the way to it, as far as names are free. */
function grow(c: Talk, path: string[]): void {
	c.walk(0, 1);
	for (const [i, name] of path.entries()) {
		const last = i === path.length - 1;
		c.walk(1, 2);
		c.create(2, name, last ? 0o666 : DMDIR | 0o777);
		c.clunk(2);
		c.walk(1, 1, name);
	}
	c.clunk(1);
}

/** Writes `data` with one fid, `first` bytes and then pieces of these sizes over and over. */
function writeBack(c: Talk, data: Buffer, first: number, sizes: number[]): void {
	const fid = c.opened("/ctl", OWRITE);
	let to = 0;
	for (let at = 0, i = 0; at < data.length; at = to) {
		to = at === 0 ? first : at + (sizes[i++ % sizes.length] as number);
		const piece = data.subarray(at, to);
		expect(c.write(fid, piece)).toMatchObject({ count: piece.length });
	}
	c.clunk(fid);
}

describe("resizing", () => {
	function blockedWrites(c: Talk, n: number): number[] {
		const fid = c.opened("/a", OWRITE);
		return Array.from({ length: n }, (_, i) =>
			c.start({ type: Twrite, fid, offset: 0n, data: Buffer.from(`${i}`) }),
		);
	}
	const tags = (c: Talk) => c.wire.replies().map((r) => r.tag);

	it("CT-10: growing lets waiting writers in, in order", () => {
		const c = talk("/a");
		const ctl = c.opened("/ctl", OWRITE);
		const waiting = blockedWrites(c, 4);
		expect(tags(c)).toEqual([]);
		c.start({ type: Twrite, fid: ctl, offset: 0n, data: Buffer.from("/a 2") });
		const answered = tags(c);
		expect(answered.filter((tag) => waiting.includes(tag))).toEqual(waiting.slice(0, 2));
		expect(answered).toHaveLength(3);
		const fid = c.opened("/a");
		c.start({ type: Tread, fid, offset: 0n, count: 9 });
		expect(tags(c)).toContain(waiting[2]);
	});

	it("CT-10: shrinking keeps what is queued, and holds writers back until there is room", () => {
		const c = talk("/a");
		write(c, "/a 3");
		blockedWrites(c, 3);
		expect(tags(c)).toHaveLength(3);
		write(c, "/a 1");
		const [next] = blockedWrites(c, 1) as [number];
		expect(tags(c)).toEqual([]);
		const fid = c.opened("/a", OREAD);
		const got: string[] = [];
		for (const room of [false, false, true]) {
			const tag = c.start({ type: Tread, fid, offset: 0n, count: 9 });
			const replies = c.wire.replies();
			const r = replies.find((m) => m.tag === tag);
			if (r?.type !== 117) throw new Error("no Rread");
			got.push(Buffer.from(r.data).toString());
			expect(replies.some((m) => m.tag === next)).toBe(room);
		}
		expect(got).toEqual(["0", "1", "2"]);
		expect(c.text(fid)).toBe("0");
	});

	it("CT-10: shrinking to 0 loses nothing either", () => {
		const c = talk("/a");
		write(c, "/a 2");
		blockedWrites(c, 2);
		c.wire.replies();
		write(c, "/a 0");
		const [next] = blockedWrites(c, 1) as [number];
		const fid = c.opened("/a");
		expect([c.text(fid), c.text(fid)]).toEqual(["0", "1"]);
		expect(tags(c)).toEqual([]);
		c.start({ type: Tread, fid, offset: 0n, count: 9 });
		expect(tags(c)).toContain(next);
	});
});
