// The tree model against examples worked out by hand from the rules.

import { describe, expect, it } from "vitest";
import { step } from "../../spec/tree.ts";
import {
	type Change,
	DMDIR,
	DMEXCL,
	dmdir,
	fileOf,
	freshTree,
	pathOf,
	qidType,
	statSize,
	type Tree,
	type TreeEvent,
} from "../../spec/treestate.ts";

/** A tree where glenda runs the server; fid 0 is hers at the root, fid 1 bob's. */
function tree() {
	let t: Tree = freshTree("glenda");
	const events: { created: readonly number[]; removed: readonly number[] }[] = [];
	const does = (e: TreeEvent): string => {
		const done = step(t, e);
		t = done.state;
		events.push(done);
		const { reply } = done;
		if (reply.kind === "error") return reply.ename;
		return reply.kind === "ok" ? "ok" : reply.files.map((f) => f.name).join(" ");
	};
	const at = { conn: 1 };
	does({ kind: "attach", ...at, fid: 0, uname: "glenda", aname: "" });
	does({ kind: "attach", ...at, fid: 1, uname: "bob", aname: "/" });
	return {
		does,
		walk: (fid: number, newfid: number, ...wname: string[]) =>
			does({ kind: "walk", ...at, fid, newfid, wname }),
		/** Creates by way of fid 9, from a fid at a directory. */
		make(from: number, name: string, perm = 0o666, mode = 0) {
			does({ kind: "walk", ...at, fid: from, newfid: 9, wname: [] });
			const said = does({ kind: "create", ...at, fid: 9, name, perm, mode, now: 7 });
			does({ kind: "clunk", ...at, fid: 9 });
			return said;
		},
		open: (fid: number, mode: number) => does({ kind: "open", ...at, fid, mode }),
		wstat: (fid: number, change: Change) => does({ kind: "wstat", ...at, fid, change }),
		stat: (fid: number) => does({ kind: "stat", ...at, fid }),
		remove: (fid: number) => does({ kind: "remove", ...at, fid }),
		clunk: (fid: number) => does({ kind: "clunk", ...at, fid }),
		list: (fid: number, offset: number, count = 8192) =>
			does({ kind: "readdir", ...at, fid, offset, count }),
		state: () => t,
		events,
		file: (name: string) => {
			const f = t.files.find((x) => x.name === name && !x.removed);
			if (!f) throw new Error(`no ${name}`);
			return f;
		},
	};
}

describe("names", () => {
	it("TR-1, TR-2: a fresh root shows ctl; aname is empty or /", () => {
		const s = tree();
		expect(s.open(0, 0)).toBe("/");
		expect(s.list(0, 0)).toBe("ctl");
		expect(s.does({ kind: "attach", conn: 1, fid: 5, uname: "x", aname: "a" })).toBe(
			"file does not exist",
		);
	});

	it("TR-3, TR-4, TR-5: creating to any depth, with the directory's permissions", () => {
		const s = tree();
		expect(s.make(0, "d", dmdir(0o755))).toBe("d");
		s.walk(0, 2, "d");
		expect(s.make(2, "c", 0o777)).toBe("c");
		expect([s.file("c").mode, s.file("c").uid, s.file("c").gid]).toEqual([
			0o755,
			"glenda",
			"glenda",
		]);
		expect(pathOf(s.state(), s.file("c"))).toBe("/d/c");
		expect(s.events.flatMap((e) => e.created)).toEqual([s.file("c").path]);
	});

	it("TR-7, TR-8: names that exist, and names that can't", () => {
		const s = tree();
		expect([s.make(0, "a"), s.make(0, "a"), s.make(0, "ctl")]).toEqual([
			"a",
			"file already exists",
			"file already exists",
		]);
		for (const name of ["", ".", "..", "a/b", "a\n", "\u0085", "\uDC80", "é".repeat(128)]) {
			expect(s.make(0, name), JSON.stringify(name)).toBe("illegal name");
		}
		expect(s.make(0, "é".repeat(127))).toBe("é".repeat(127));
	});

	it("TR-9, ER-6: walks stop where an element fails, and newfid is then unaffected", () => {
		const s = tree();
		s.make(0, "d", dmdir(0o777));
		expect(s.walk(0, 2, "d", "..", "ctl", "x")).toBe("d / ctl");
		expect(s.clunk(2)).toBe("fid unknown or out of range");
		expect([s.walk(0, 2, "x"), s.walk(0, 2, "..", "ctl")]).toEqual([
			"file does not exist",
			"/ ctl",
		]);
		expect([s.walk(2, 3, "x"), s.walk(0, 2)]).toEqual(["not a directory", "fid already in use"]);
		s.open(2, 0);
		expect(s.walk(2, 3)).toBe("bad use of fid");
	});

	it("TR-6: owner, group and other bits, any sufficing", () => {
		const s = tree();
		s.make(0, "a", 0o640);
		s.walk(1, 2, "a");
		expect(s.open(2, 0)).toBe("permission denied");
		s.walk(0, 3, "a");
		expect([s.open(3, 3), s.open(3, 2), s.wstat(3, { mode: 0o006 })]).toEqual([
			"permission denied",
			"a",
			"ok",
		]);
		expect(s.open(2, 2)).toBe("a");
		s.make(0, "d", dmdir(0o700));
		expect([s.walk(1, 4, "d"), s.walk(1, 5, "d", "x")]).toEqual(["d", "d"]);
		expect([s.walk(4, 5, ".."), s.make(4, "x")]).toEqual([
			"permission denied",
			"permission denied",
		]);
	});
});

describe("opening", () => {
	it("TR-26, TR-27, TR-28, TR-29: modes", () => {
		const s = tree();
		s.walk(0, 2, "ctl");
		expect([s.open(2, 4), s.open(2, 64), s.open(2, 16)]).toEqual([
			"illegal mode",
			"Operation not permitted",
			"ctl",
		]);
		expect([1, 2, 16, 64].map((mode) => s.open(0, mode))).toEqual(
			Array.from({ length: 4 }, () => "Is a directory"),
		);
		s.make(0, "a", 0o444);
		s.walk(0, 3, "a");
		expect([s.open(3, 16), s.open(3, 64), s.open(3, 0)]).toEqual([
			"permission denied",
			"a",
			"bad use of fid",
		]);
		expect(s.clunk(3)).toBe("ok");
		expect(s.walk(0, 3, "a")).toBe("file does not exist");
		expect(s.events.flatMap((e) => e.removed)).toHaveLength(1);
	});

	it("TR-30, TR-31: DMEXCL is enforced, other bits are refused", () => {
		const s = tree();
		expect(s.make(0, "x", 0x08000000)).toBe("illegal mode");
		s.make(0, "a", DMEXCL + 0o666);
		expect(qidType(s.file("a"))).toBe(0x20);
		s.walk(0, 2, "a");
		s.walk(1, 3, "a");
		expect([s.open(2, 0), s.open(3, 1)]).toEqual(["a", "exclusive use file already open"]);
		s.clunk(2);
		expect(s.open(3, 1)).toBe("a");
	});
});

describe("changes", () => {
	it("TR-10 to TR-17: who may change what", () => {
		const s = tree();
		s.make(0, "a", 0o644);
		s.make(0, "b");
		s.walk(0, 2, "a");
		s.walk(1, 3, "a");
		const both = (change: Change) => [s.wstat(3, change), s.wstat(2, change)];
		expect(both({})).toEqual(["ok", "ok"]);
		expect(both({ name: "b" })).toEqual(["file already exists", "file already exists"]);
		expect(both({ name: "a", muid: "x" })).toEqual(["ok", "ok"]);
		expect(both({ mode: 0o600 })).toEqual(["not owner", "ok"]);
		expect(both({ mode: dmdir(0) })[1]).toContain("can't convert");
		expect(both({ gid: "bob" })).toEqual([
			"only owner can change group in wstat",
			"not a member of proposed group",
		]);
		expect(both({ length: 0, mtime: 9 })).toEqual(["permission denied", "ok"]);
		expect(both({ length: 1 })[1]).toBe("only support truncation to zero length");
		expect(both({ uid: "bob" })[1]).toBe("Operation not permitted");
		expect(both({ otherQid: true })[1]).toBe("Operation not permitted");
		expect(both({ name: "c", length: 5 })[1]).not.toBe("ok");
		expect(s.file("a").mtime).toBe(9);
	});

	it("TR-16: ctl and the root take times and length 0, and nothing else", () => {
		const s = tree();
		s.walk(1, 2, "ctl");
		expect([s.wstat(2, { length: 0, atime: 1 }), s.wstat(2, { name: "x" })]).toEqual([
			"ok",
			"Operation not permitted",
		]);
		expect(s.file("ctl").atime).toBe(0);
		expect(s.wstat(0, { mode: dmdir(0o700) })).toBe("Operation not permitted");
	});

	it("TR-18, TR-19, TR-23, TR-24, EN-3, EN-5: removal", () => {
		const s = tree();
		s.make(0, "d", DMDIR + 0o777);
		s.walk(0, 2, "d");
		s.make(2, "a");
		s.walk(0, 3, "d", "a");
		s.walk(0, 4, "d", "a");
		s.walk(0, 5, "ctl");
		expect([s.remove(2), s.remove(2)]).toEqual([
			"directory is not empty",
			"fid unknown or out of range",
		]);
		expect([s.remove(5), s.remove(3)]).toEqual(["Operation not permitted", "ok"]);
		expect([s.stat(4), s.open(4, 0), s.wstat(4, {}), s.remove(4)]).toEqual(
			Array.from({ length: 4 }, () => "file has been removed"),
		);
		s.walk(0, 2, "d");
		s.make(2, "a");
		expect(s.file("d").vers).toBe(3);
		expect(new Set(s.state().files.map((f) => f.path)).size).toBe(5);
		expect([fileOf(s.state(), 1).vers, s.file("a").vers]).toEqual([0, 0]);
	});
});

describe("directory reads", () => {
	it("TR-20, TR-21, TR-22: whole entries of a snapshot, at the right offsets", () => {
		const s = tree();
		for (const name of ["d", "e", "f"]) s.make(0, name);
		const one = statSize(s.file("ctl"));
		s.walk(0, 2);
		s.open(2, 0);
		expect([s.list(2, 7), s.list(2, 0, one - 1)]).toEqual(["bad offset in directory read", ""]);
		expect([s.list(2, 0, one), s.list(2, one, 9), s.list(2, 0, one)]).toEqual(["ctl", "", "ctl"]);
		s.walk(0, 3, "e");
		s.remove(3);
		s.make(0, "new");
		expect(s.list(2, one)).toBe("d f");
		const end = one + 2 * statSize(s.file("d"));
		expect([s.list(2, end), s.list(2, end), s.list(2, one)]).toEqual(["", "", "d f"]);
		expect([s.list(2, 1), s.list(2, 0)]).toEqual(["bad offset in directory read", "ctl d f new"]);
	});
});
