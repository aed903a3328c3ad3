// The lines that are written to ctl: what they say, what is refused, and how they may be cut.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DMDIR, OWRITE } from "../src/9p/fcall.gen.ts";
import { capacities, HEADER, table, talk, write } from "./table.ts";
import { Talk } from "./talk.ts";
import { newServer } from "./wire.ts";

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

	it("CT-7: a last line cut short is held when others precede it, till its rest comes", () => {
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
