// What the tree holds, and how fids get there: names, creation, removal, walks, qids.

import { describe, expect, it } from "vitest";
import { text } from "../src/9p/bytes.ts";
import {
	DMDIR,
	ORDWR,
	OREAD,
	OWRITE,
	Rcreate,
	Ropen,
	Rread,
	Rremove,
	Rwalk,
} from "../src/9p/fcall.gen.ts";
import type { Dir, Node } from "../src/node.ts";
import { entries, succeed, Talk } from "./talk.ts";
import { newServer, UNAME } from "./wire.ts";

const DIR = (DMDIR | 0o777) >>> 0;

function talk(): Talk {
	return new Talk(newServer());
}

describe("a fresh tree", () => {
	it("TR-1: is a root of mode 0777 with ctl of mode 0666, the server's own", () => {
		const c = new Talk(newServer(), "bob");
		const own = { uid: UNAME, gid: UNAME, muid: UNAME, atime: 1000, mtime: 1000, length: 0n };
		expect(c.stat("/")).toMatchObject({ ...own, name: "/", mode: DIR, qid: { type: 0x80 } });
		expect(c.stat("/ctl")).toMatchObject({ ...own, name: "ctl", mode: 0o666, qid: { type: 0 } });
	});

	it("TR-1: shows ctl and nothing else", () => {
		const c = talk();
		const r = succeed(c.read(c.opened("/")));
		expect(r.type === Rread && entries(r.data)).toEqual([c.stat("/ctl")]);
	});

	it("TR-2: aname is empty or /", () => {
		const c = talk();
		const root = { qid: c.stat("/").qid };
		expect(c.attach(1, "bob", "")).toMatchObject(root);
		expect(c.attach(2, "bob", "/")).toMatchObject(root);
		for (const aname of ["//", "/ctl", "ctl", ".", "main"]) {
			expect(c.attach(3, "bob", aname), aname).toBe("file does not exist");
		}
		expect(c.clunk(3)).toBe("fid unknown or out of range");
	});
});

describe("creating", () => {
	it("TR-3: a file is a channel of capacity 0", () => {
		const c = talk();
		c.mkchan("/a");
		expect(c.text(c.opened("/ctl")).split("\n")[1]).toBe("/a\t0\t0\t0\t0\t0");
		const w = c.opened("/a", OWRITE);
		c.start({ type: 118, fid: w, offset: 0n, data: Buffer.from("x") });
		expect(c.wire.replies()).toEqual([]);
	});

	it("TR-3: directories nest to any depth, and all still works at the bottom", () => {
		const c = talk();
		const { tree } = c.wire.server;
		let dir = tree.root;
		for (let i = 0; i < 20_000; i++) dir = tree.create(dir, "d", DIR, UNAME, 0) as Dir;
		tree.create(dir, "deep", 0o666, UNAME, 0);
		const path = `${"/d".repeat(20_000)}/deep`;
		expect(tree.find(path)?.path() === path).toBe(true);
		const ctl = c.opened("/ctl", ORDWR);
		let table = "";
		for (let piece = c.text(ctl); piece !== ""; piece = c.text(ctl, table.length)) table += piece;
		expect(table.split("\n")[1] === `${path}\t0\t0\t0\t0\t0`).toBe(true);
		expect(tree.remove(dir.entry("deep") as Node, UNAME, 0)).toBe(null);
	});

	it.each([
		[0o777, 0o666, 0o666],
		[0o777, 0o777, 0o777],
		[0o700, 0o666, 0o600],
		[0o700, 0o777, 0o711],
		[0o750, 0o644, 0o640],
		[0o755, 0o600, 0o600],
		[0o700, 0o000, 0o000],
	])("TR-4: in a directory of %o a file asked for as %o has %s", (dir, perm, mode) => {
		const c = talk();
		c.made("/d", (DMDIR | dir) >>> 0);
		c.made("/d/f", perm);
		expect(c.stat("/d/f").mode).toBe(mode);
	});

	it.each([
		[0o777, 0o777, 0o777],
		[0o750, 0o777, 0o750],
		[0o700, 0o755, 0o700],
		[0o777, 0o711, 0o711],
	])("TR-4: in a directory of %o a directory asked for as %o has %s", (dir, perm, mode) => {
		const c = talk();
		c.made("/d", (DMDIR | dir) >>> 0);
		c.made("/d/e", (DMDIR | perm) >>> 0);
		expect(c.stat("/d/e").mode).toBe((DMDIR | mode) >>> 0);
	});

	it("TR-5: the creator owns what is created, and its group has that name", () => {
		const server = newServer();
		const c = new Talk(server, "bob");
		server.tick(1234);
		c.made("/f");
		c.made("/d", DIR);
		const own = { uid: "bob", gid: "bob", muid: "bob", atime: 1234, mtime: 1234 };
		expect(c.stat("/f")).toMatchObject(own);
		expect(c.stat("/d")).toMatchObject(own);
		expect(c.stat("/")).toMatchObject({ uid: UNAME, gid: UNAME, muid: "bob", mtime: 1234 });
	});

	it("TR-7: a name that exists is refused, and the fid stays as it was", () => {
		const c = talk();
		c.mkchan("/f");
		c.mkdir("/d");
		const root = c.at("/");
		for (const name of ["f", "d", "ctl"]) {
			expect(c.create(root, name, 0o666), name).toBe("file already exists");
			expect(c.create(root, name, DIR), name).toBe("file already exists");
		}
		expect(c.walk(root, 9, "f")).toMatchObject({ type: Rwalk });
		expect(c.open(root, OREAD)).toMatchObject({ type: Ropen, qid: c.stat("/").qid });
	});

	it("TR-3, TR-9: nothing is created in what is no directory", () => {
		const c = talk();
		c.mkchan("/f");
		expect(c.create(c.at("/f"), "g", 0o666)).toBe("not a directory");
		expect(c.create(c.at("/ctl"), "g", 0o666)).toBe("not a directory");
	});
});

describe("names", () => {
	const bad = {
		empty: "",
		dot: ".",
		"dot dot": "..",
		slash: "a/b",
		newline: "a\nb",
		NUL: "\0",
		DEL: "a\x7f",
		"U+0085": "\u0085",
		"256 bytes": "a".repeat(256),
		"256 bytes in 128 letters": "é".repeat(128),
		"a byte that is not UTF-8": text(Buffer.from([0x61, 0xff]), 0, 2),
		"half a letter": text(Buffer.from([0xc3]), 0, 1),
		"an encoded surrogate": text(Buffer.from([0xed, 0xa0, 0x80]), 0, 3),
	};
	it.each(Object.entries(bad))("TR-8: %s is no name", (_what, name) => {
		const c = talk();
		c.mkchan("/f");
		expect(c.create(c.at("/"), name, 0o666)).toBe("illegal name");
		expect(c.create(c.at("/"), name, DIR)).toBe("illegal name");
		// An empty name is "don't touch" to Twstat.
		expect(c.wstat("/f", { name })).toBe(name === "" ? null : "illegal name");
		expect(c.stat("/f").name).toBe("f");
		if (name !== "..") expect(c.walk(0, 1, name)).toBe("file does not exist");
	});

	const good = [
		"a",
		"...",
		"..a",
		".a",
		" ",
		"'",
		'"',
		"\\",
		"a b",
		"é".repeat(127),
		"-",
		"#",
		"😀",
	];
	it.each([...good, "a".repeat(255), "\u{feff}", "\u2028", "\ufffd"])(
		"TR-8: %j is a name",
		(name) => {
			const c = talk();
			expect(c.create(c.at("/"), name, 0o666)).toMatchObject({ type: Rcreate });
			expect(c.walk(0, 1, name)).toMatchObject({ type: Rwalk });
			expect(c.stat(`/${name}`).name).toBe(name);
			c.unlink(`/${name}`);
			c.mkchan("/before");
			expect(c.wstat("/before", { name })).toBe(null);
			expect(c.stat(`/${name}`).name).toBe(name);
		},
	);
});

describe("removing", () => {
	it("TR-18: takes a channel out of the tree", () => {
		const c = talk();
		c.mkchan("/f");
		expect(c.unlink("/f")).toMatchObject({ type: Rremove });
		expect(c.walk(0, 1, "f")).toBe("file does not exist");
		expect(c.text(c.opened("/ctl")).split("\n")).toHaveLength(2);
	});

	it("TR-18: takes a directory, once it is empty", () => {
		const c = talk();
		c.mkdir("/d", "/d/e");
		expect(c.unlink("/d")).toBe("directory is not empty");
		expect(c.unlink("/d/e")).toMatchObject({ type: Rremove });
		expect(c.unlink("/d")).toMatchObject({ type: Rremove });
		expect(c.walk(0, 1, "d")).toBe("file does not exist");
	});

	it("TR-18: not ctl and not the root", () => {
		const c = talk();
		expect(c.unlink("/ctl")).toBe("Operation not permitted");
		expect(c.unlink("/")).toBe("Operation not permitted");
		expect(c.stat("/ctl").name).toBe("ctl");
	});

	it("TR-19: ends the fid even when it fails", () => {
		const c = talk();
		c.mkdir("/d", "/d/e");
		for (const path of ["/d", "/ctl", "/", "/d/e"]) {
			const fid = c.at(path);
			c.remove(fid);
			expect(c.remove(fid), path).toBe("fid unknown or out of range");
		}
	});

	it("TR-3, EN-3: a removed directory holds nothing and takes nothing", () => {
		const c = talk();
		c.mkdir("/d");
		const fid = c.at("/d");
		c.unlink("/d");
		expect(c.walk(fid, 1, "x")).toBe("file has been removed");
		expect(c.create(fid, "x", 0o666)).toBe("file has been removed");
	});
});

describe("unames", () => {
	it("TR-2, TR-5: one of more than 255 bytes is unknown: it would not fit into a stat", () => {
		const c = talk();
		expect(c.attach(1, "x".repeat(256))).toBe("unknown user");
		expect(c.attach(1, "é".repeat(128))).toBe("unknown user");
		expect(c.attach(1, "x".repeat(255))).toMatchObject({ type: 105 });
		c.create(1, "n".repeat(255), 0o666);
		expect(c.stat(`/${"n".repeat(255)}`).uid).toHaveLength(255);
		expect(c.attach(2, "")).toMatchObject({ type: 105 });
	});
});
