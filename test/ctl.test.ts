// ctl as it is read, and what a capacity means.

import { describe, expect, it } from "vitest";
import { ORDWR, OREAD, OWRITE, Tread, Tremove, Twrite } from "../src/9p/fcall.gen.ts";
import { capacities, HEADER, table, talk, write } from "./table.ts";
import { Talk } from "./talk.ts";
import { newServer } from "./wire.ts";

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
