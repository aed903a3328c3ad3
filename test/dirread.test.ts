// Reading directories: a snapshot, in whole entries, at offsets that follow from each other.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DMDIR, Rread } from "../src/9p/fcall.gen.ts";
import { entries, succeed, Talk } from "./talk.ts";
import { newServer } from "./wire.ts";

const BAD_OFFSET = "bad offset in directory read";

/** What a read returned. */
function bytes(c: Talk, fid: number, offset: number, count = 8168): Uint8Array {
	const r = succeed(c.read(fid, offset, count));
	if (r.type !== Rread) throw new Error("not an Rread");
	return r.data;
}

function names(data: Uint8Array): string[] {
	return entries(data).map((s) => s.name);
}

/** A directory open for reading, with files of these names; and the size of an entry, all alike. */
function grown(...files: string[]): { c: Talk; fid: number; size: number } {
	const c = new Talk(newServer());
	c.mkdir("/d");
	c.mkchan("/d/x", ...files.map((name) => `/d/${name}`));
	const fid = c.opened("/d");
	const size = bytes(c, fid, 0).length / (files.length + 1);
	c.unlink("/d/x");
	c.clunk(fid);
	return { c, fid: c.opened("/d"), size };
}

describe("a directory read", () => {
	it("TR-20: at offset 0 shows every entry's stat", () => {
		const c = new Talk(newServer());
		c.mkchan("/a", "/b");
		c.made("/e", (DMDIR | 0o700) >>> 0);
		const stats = entries(bytes(c, c.opened("/"), 0));
		expect(stats).toEqual(["/a", "/b", "/ctl", "/e"].map((path) => c.stat(path)));
	});

	it("TR-20: a later one is at the previous offset plus the bytes returned", () => {
		const { c, fid, size } = grown("a", "b", "c");
		expect(names(bytes(c, fid, 0, size))).toEqual(["a"]);
		expect(names(bytes(c, fid, size, 2 * size))).toEqual(["b", "c"]);
		expect(bytes(c, fid, 3 * size).length).toBe(0);
		expect(bytes(c, fid, 3 * size).length).toBe(0);
	});

	it("TR-20: or at the previous offset, again", () => {
		const { c, fid, size } = grown("a", "b", "c");
		bytes(c, fid, 0, size);
		expect(names(bytes(c, fid, size, size))).toEqual(["b"]);
		expect(names(bytes(c, fid, size, 2 * size))).toEqual(["b", "c"]);
		expect(c.read(fid, 2 * size)).toBe(BAD_OFFSET);
		expect(names(bytes(c, fid, size, size))).toEqual(["b"]);
		expect(names(bytes(c, fid, 2 * size, size))).toEqual(["c"]);
	});

	it("TR-20: anywhere else is a bad offset, and moves nothing", () => {
		const { c, fid, size } = grown("a", "b", "c");
		for (const offset of [1, size, 2n ** 64n - 1n]) expect(c.read(fid, offset)).toBe(BAD_OFFSET);
		bytes(c, fid, 0, size);
		bytes(c, fid, size, size);
		for (const offset of [1, size - 1, size + 1, 2 * size + 1, 3 * size, 2n ** 63n]) {
			expect(c.read(fid, offset), `${offset}`).toBe(BAD_OFFSET);
		}
		expect(names(bytes(c, fid, 2 * size))).toEqual(["c"]);
	});

	it("TR-20: offset 0 begins anew", () => {
		const { c, fid, size } = grown("a", "b");
		bytes(c, fid, 0, size);
		c.mkchan("/d/c");
		expect(names(bytes(c, fid, 0))).toEqual(["a", "b", "c"]);
		c.unlink("/d/a");
		expect(names(bytes(c, fid, 0))).toEqual(["b", "c"]);
	});

	it("TR-20: fids read on their own", () => {
		const { c, fid, size } = grown("a", "b");
		const other = c.opened("/d");
		bytes(c, fid, 0, size);
		expect(c.read(other, size)).toBe(BAD_OFFSET);
		expect(names(bytes(c, other, 0))).toEqual(["a", "b"]);
		expect(names(bytes(c, fid, size))).toEqual(["b"]);
	});

	it("TR-21: returns whole entries only", () => {
		const { c, fid, size } = grown("a", "b", "c");
		expect(bytes(c, fid, 0, 2 * size - 1).length).toBe(size);
		expect(bytes(c, fid, 0, 2 * size).length).toBe(2 * size);
		expect(bytes(c, fid, 0, 3 * size - 1).length).toBe(2 * size);
	});

	it("TR-21: a count too small gets 0 bytes and moves nothing", () => {
		const { c, fid, size } = grown("a", "b", "c");
		expect(bytes(c, fid, 0, size - 1).length).toBe(0);
		expect(bytes(c, fid, 0, 0).length).toBe(0);
		bytes(c, fid, 0, size);
		expect(bytes(c, fid, size, size - 1).length).toBe(0);
		expect(bytes(c, fid, size, 1).length).toBe(0);
		expect(names(bytes(c, fid, size, size))).toEqual(["b"]);
		// At the previous offset too: the place between b and c is still known.
		expect(bytes(c, fid, size, size - 1).length).toBe(0);
		expect(names(bytes(c, fid, 2 * size, size))).toEqual(["c"]);
	});

	it("TR-22: leaves out what was removed since, and shows nothing new", () => {
		const { c, fid, size } = grown("a", "b", "c", "d");
		bytes(c, fid, 0, size);
		c.unlink("/d/c");
		c.unlink("/d/a");
		c.mkchan("/d/e", "/d/a");
		// One that comes again under its old name is new.
		c.unlink("/d/d");
		c.mkchan("/d/d");
		expect(names(bytes(c, fid, size))).toEqual(["b"]);
	});

	it("TR-22: an entry renamed meanwhile appears once, by its name of the moment", () => {
		const { c, fid, size } = grown("a", "b", "c");
		expect(names(bytes(c, fid, 0, size))).toEqual(["a"]);
		c.wstat("/d/a", { name: "z" });
		c.wstat("/d/c", { name: "0" });
		expect(names(bytes(c, fid, size))).toEqual(["b", "0"]);
	});

	it("TR-20, TR-21, TR-22: each entry that exists throughout appears exactly once", () => {
		const change = fc.record({
			name: fc.stringMatching(/^[a-e]$/),
			count: fc.integer({ min: 50, max: 400 }),
			makes: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
				const { c, fid } = grown("k1", "k2", "k3", "a", "c");
				const there = new Set(names(bytes(c, fid, 0)));
				const throughout = new Set(there);
				const seen: string[] = [];
				let offset = 0;
				const step = (count: number) => {
					const data = bytes(c, fid, offset, count);
					offset += data.length;
					seen.push(...names(data));
					return data.length;
				};
				let started = false;
				for (const { name, count, makes } of changes) {
					// A read that moved nothing at offset 0 leaves the next one to take a new snapshot.
					if (!started) {
						for (const n of throughout) if (!there.has(n)) throughout.delete(n);
					}
					step(count);
					started = offset > 0;
					if (makes && !there.has(name)) {
						c.mkchan(`/d/${name}`);
						there.add(name);
						if (!started) throughout.add(name);
					} else if (!makes && there.has(name)) {
						c.unlink(`/d/${name}`);
						there.delete(name);
						throughout.delete(name);
					}
				}
				while (step(8168) > 0);
				expect(new Set(seen).size).toBe(seen.length);
				for (const name of throughout) expect(seen).toContain(name);
			}),
		);
	});

	it("TR-22: the directory may be removed under it", () => {
		const { c, fid } = grown();
		c.unlink("/d");
		expect(bytes(c, fid, 0).length).toBe(0);
	});
});
