// Twstat: who may change what, and that it is all or nothing.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DMDIR, type Stat } from "../src/9p/fcall.gen.ts";
import { Talk } from "./talk.ts";
import { newServer, UNAME } from "./wire.ts";

/** bob's connection, with /d/f and eve's; /d is for bob alone to write. */
function grown(): { bob: Talk; eve: Talk } {
	const bob = new Talk(newServer(), "bob");
	bob.mkdir("/d");
	bob.mkchan("/d/f", "/d/g");
	bob.wstat("/d", { mode: (DMDIR | 0o755) >>> 0 });
	return { bob, eve: bob.other("eve") };
}

describe("Twstat", () => {
	it("TR-10: name is for who may write the directory, whoever owns the file", () => {
		const { bob, eve } = grown();
		expect(eve.wstat("/d/f", { name: "h" })).toBe("permission denied");
		expect(bob.wstat("/d/f", { name: "h" })).toBe(null);
		expect(bob.stat("/d/h").name).toBe("h");
		expect(bob.walk(bob.at("/d"), 1, "f")).toBe("file does not exist");
		bob.mkchan("/bobs");
		expect(eve.wstat("/bobs", { name: "eves" })).toBe(null);
		expect(bob.stat("/eves").uid).toBe("bob");
	});

	it("TR-10: a renamed directory takes its entries along", () => {
		const { bob } = grown();
		const f = bob.at("/d/f");
		expect(bob.wstat("/d", { name: "e" })).toBe(null);
		expect(bob.stat("/e/f").name).toBe("f");
		expect(bob.open(f, 0)).toMatchObject({ qid: bob.stat("/e/f").qid });
	});

	it("TR-10: the present name is don't touch, for anybody", () => {
		const { eve } = grown();
		expect(eve.wstat("/d/f", { name: "f" })).toBe(null);
	});

	it("TR-10: an existing name is refused", () => {
		const { bob } = grown();
		bob.mkdir("/d/e");
		for (const name of ["g", "e"]) {
			expect(bob.wstat("/d/f", { name }), name).toBe("file already exists");
		}
		bob.mkchan("/f");
		expect(bob.wstat("/f", { name: "ctl" })).toBe("file already exists");
	});

	it("TR-11: mode is for the owner", () => {
		const { bob, eve } = grown();
		expect(eve.wstat("/d/f", { mode: 0o600 })).toBe("not owner");
		expect(bob.wstat("/d/f", { mode: 0o777 })).toBe(null);
		expect(bob.stat("/d/f").mode).toBe(0o777);
		expect(bob.wstat("/d", { mode: (DMDIR | 0o700) >>> 0 })).toBe(null);
		expect(bob.stat("/d").mode).toBe((DMDIR | 0o700) >>> 0);
	});

	it("TR-11, TR-12: the present mode and gid are don't touch, for anybody", () => {
		const { eve } = grown();
		const { mode, gid } = eve.stat("/d/f");
		expect(eve.wstat("/d/f", { mode })).toBe(null);
		expect(eve.wstat("/d/f", { gid })).toBe(null);
	});

	it("TR-11: mode never changes between file and directory", () => {
		const { bob } = grown();
		const why = "wstat can't convert between files and directories";
		expect(bob.wstat("/d/f", { mode: (DMDIR | 0o666) >>> 0 })).toBe(why);
		expect(bob.wstat("/d", { mode: 0o755 })).toBe(why);
		expect(bob.stat("/d").mode).toBe((DMDIR | 0o755) >>> 0);
	});

	it("TR-12: gid is for the owner, to its own group", () => {
		const { bob, eve } = grown();
		expect(eve.wstat("/d/f", { gid: "eve" })).toBe("only owner can change group in wstat");
		expect(bob.wstat("/d/f", { gid: "eve" })).toBe("not a member of proposed group");
		expect(bob.wstat("/d/f", { gid: "bob" })).toBe(null);
		expect(bob.stat("/d/f").gid).toBe("bob");
	});

	it("TR-13: times are for the owner and who may write the file", () => {
		const { bob, eve } = grown();
		expect(eve.wstat("/d/f", { atime: 5, mtime: 6 })).toBe(null);
		expect(bob.stat("/d/f")).toMatchObject({ atime: 5, mtime: 6 });
		bob.wstat("/d/f", { mode: 0o444 });
		expect(eve.wstat("/d/f", { atime: 7 })).toBe("permission denied");
		expect(eve.wstat("/d/f", { mtime: 7 })).toBe("permission denied");
		expect(bob.wstat("/d/f", { atime: 0, mtime: 8 })).toBe(null);
		expect(bob.stat("/d/f")).toMatchObject({ atime: 0, mtime: 8 });
		expect(bob.wstat("/d", { mtime: 9 })).toBe(null);
		expect(eve.wstat("/d", { mtime: 10 })).toBe("permission denied");
		expect(bob.stat("/d").mtime).toBe(9);
	});

	it("TR-14: length 0 is for the owner and who may write the file, and changes nothing", () => {
		const { bob, eve } = grown();
		bob.write(bob.opened("/ctl", 1), "/d/f 1");
		bob.write(bob.opened("/d/f", 1), "queued");
		const before = bob.stat("/d/f");
		expect(bob.wstat("/d/f", { length: 0n })).toBe(null);
		expect(eve.wstat("/d/f", { length: 0n })).toBe(null);
		expect(bob.stat("/d/f")).toEqual(before);
		expect(bob.text(bob.opened("/d/f"))).toBe("queued");
		bob.wstat("/d/f", { mode: 0o644 });
		expect(eve.wstat("/d/f", { length: 0n })).toBe("permission denied");
	});

	it.each([1n, 2n ** 32n, 2n ** 64n - 2n])("TR-14: length %s is refused", (length) => {
		const { bob } = grown();
		const why = "only support truncation to zero length";
		expect(bob.wstat("/d/f", { length })).toBe(why);
	});

	it("TR-15: muid is ignored", () => {
		const { bob, eve } = grown();
		expect(eve.wstat("/d/f", { muid: "eve" })).toBe(null);
		expect(bob.stat("/d/f").muid).toBe("bob");
	});

	it("TR-15: type, dev, qid and uid may be as they are, and nothing else", () => {
		const { bob, eve } = grown();
		const { type, dev, qid, uid } = bob.stat("/d/f");
		expect(eve.wstat("/d/f", { type, dev, qid, uid })).toBe(null);
		const others: Partial<Stat>[] = [
			{ type: 1 },
			{ dev: 1 },
			{ qid: { ...qid, type: 0x80 } },
			{ qid: { ...qid, vers: 1 } },
			{ qid: { ...qid, path: qid.path + 1n } },
			{ uid: "eve" },
		];
		for (const s of others) expect(bob.wstat("/d/f", s)).toBe("Operation not permitted");
	});

	it.each(["/ctl", "/"])("TR-16: on %s length 0 and times are accepted and ignored", (path) => {
		const { eve } = grown();
		const before = eve.stat(path);
		for (const s of [{ length: 0n }, { atime: 1 }, { mtime: 1 }, before]) {
			expect(eve.wstat(path, s)).toBe(null);
		}
		expect(eve.stat(path)).toEqual(before);
	});

	it.each(["/ctl", "/"])("TR-16: on %s nothing else changes, for its owner too", (path) => {
		const c = new Talk(newServer(), UNAME);
		const before = c.stat(path);
		const changes = [
			{ name: "x" },
			{ mode: before.mode ^ 1 },
			{ gid: "x" },
			{ length: 1n },
			{ uid: "x" },
		];
		for (const s of changes) {
			const mode = s.mode === undefined ? {} : { mode: s.mode >>> 0 };
			expect(c.wstat(path, { ...s, ...mode }), JSON.stringify(Object.keys(s))).toBe(
				"Operation not permitted",
			);
		}
		expect(c.stat(path)).toEqual(before);
	});

	it("TR-17: all don't touch succeeds, for anybody, and changes nothing", () => {
		const { bob, eve } = grown();
		bob.wstat("/d/f", { mode: 0 });
		for (const path of ["/", "/ctl", "/d", "/d/f"]) {
			const before = eve.stat(path);
			expect(eve.wstat(path, {}), path).toBe(null);
			expect(eve.stat(path)).toEqual(before);
		}
	});

	it("TR-17: does all it was asked, or nothing", () => {
		const good = fc.record(
			{
				name: fc.constantFrom("h", "f"),
				mode: fc.constantFrom(0o600, 0o666),
				atime: fc.nat(1000),
				mtime: fc.nat(1000),
				length: fc.constant(0n),
				gid: fc.constant("bob"),
			},
			{ requiredKeys: [] },
		);
		const bad: Partial<Stat>[] = [
			{ name: "g" },
			{ name: "a/b" },
			{ mode: (DMDIR | 0o777) >>> 0 },
			{ mode: 0o10000 },
			{ gid: "eve" },
			{ length: 1n },
			{ uid: "eve" },
			{ dev: 7 },
		];
		fc.assert(
			fc.property(good, fc.option(fc.constantFrom(...bad)), (changes, wrong) => {
				const { bob } = grown();
				const before = bob.stat("/d/f");
				const dir = bob.stat("/d");
				const refused = bob.wstat("/d/f", { ...changes, ...wrong });
				if (wrong === null) {
					expect(refused).toBe(null);
					const { length: _, ...kept } = changes;
					expect(bob.stat(`/d/${kept.name ?? "f"}`)).toEqual({ ...before, ...kept });
				} else {
					expect(refused).not.toBe(null);
					expect(bob.stat("/d/f")).toEqual(before);
					expect(bob.stat("/d")).toEqual(dir);
				}
			}),
		);
	});
});
