// Files as such: walking from one to another, and what their qids say.

import { describe, expect, it } from "vitest";
import { DMDIR, OREAD, OWRITE, Rcreate, Ropen, type Rwalk } from "../src/9p/fcall.gen.ts";
import { Talk } from "./talk.ts";
import { newServer } from "./wire.ts";

const DIR = (DMDIR | 0o777) >>> 0;

function talk(): Talk {
	return new Talk(newServer());
}

describe("walking", () => {
	function grown(): Talk {
		const c = talk();
		c.mkdir("/d", "/d/e");
		c.mkchan("/f", "/d/e/g");
		return c;
	}
	const qids = (r: unknown) => (r as Rwalk).wqid;

	it("TR-9: gives the qid of each step", () => {
		const c = grown();
		const steps = [c.stat("/d").qid, c.stat("/d/e").qid, c.stat("/d/e/g").qid];
		expect(qids(c.walk(0, 1, "d", "e", "g"))).toEqual(steps);
		expect(c.open(1, OREAD)).toMatchObject({ qid: steps[2] });
	});

	it("TR-9: .. goes up, and of the root is the root", () => {
		const c = grown();
		const [root, d, e] = [c.stat("/").qid, c.stat("/d").qid, c.stat("/d/e").qid];
		expect(qids(c.walk(0, 1, "..", ".."))).toEqual([root, root]);
		expect(qids(c.walk(0, 2, "d", "e", "..", "..", ".."))).toEqual([d, e, d, root, root]);
	});

	it("TR-9: a first element that fails is an Rerror", () => {
		const c = grown();
		expect(c.walk(0, 1, "nothing")).toBe("file does not exist");
		expect(c.walk(c.at("/f"), 1, "x")).toBe("not a directory");
		expect(c.walk(c.at("/f"), 1, "..")).toBe("not a directory");
		expect(c.walk(c.at("/ctl"), 1, "x")).toBe("not a directory");
		c.made("/closed", (DMDIR | 0o700) >>> 0);
		const bob = c.other("bob");
		expect(bob.walk(bob.at("/closed"), 1, "x")).toBe("permission denied");
		expect(c.clunk(1)).toBe("fid unknown or out of range");
	});

	it("TR-9: a later one is an Rwalk of what went well, and newfid is unaffected", () => {
		const c = grown();
		const d = c.stat("/d").qid;
		expect(qids(c.walk(0, 1, "d", "nothing", "e"))).toEqual([d]);
		expect(c.clunk(1)).toBe("fid unknown or out of range");
		expect(qids(c.walk(0, 1, "f", "x"))).toEqual([c.stat("/f").qid]);
		// Also where newfid is the fid itself: it stays where it was.
		expect(qids(c.walk(0, 0, "d", "nothing"))).toEqual([d]);
		expect(qids(c.walk(0, 1, "f"))).toHaveLength(1);
	});

	it("EN-3: nothing is walked to from a removed directory", () => {
		const c = grown();
		c.mkdir("/gone");
		const fid = c.at("/gone");
		const other = c.at("/gone");
		c.remove(other);
		expect(c.walk(fid, 1, "x")).toBe("file has been removed");
		expect(c.walk(fid, 1, "..")).toBe("file has been removed");
		expect(qids(c.walk(fid, 1))).toEqual([]);
	});

	it("TR-9: an open fid is not walked", () => {
		const c = grown();
		const fid = c.opened("/d");
		expect(c.walk(fid, 1, "e")).toBe("bad use of fid");
		expect(c.walk(fid, 1)).toBe("bad use of fid");
		expect(c.walk(fid, fid, "e")).toBe("bad use of fid");
	});

	it("TR-9: no elements clone, and the clone is as the fid was", () => {
		const c = grown();
		const fid = c.at("/f");
		expect(qids(c.walk(fid, 1))).toEqual([]);
		expect(qids(c.walk(fid, fid))).toEqual([]);
		expect(c.open(fid, OREAD)).toMatchObject({ qid: c.stat("/f").qid });
		expect(c.open(1, OREAD)).toMatchObject({ qid: c.stat("/f").qid });
	});

	it("TR-9: takes 16 elements, and fid to itself moves it", () => {
		const c = grown();
		const up = ["d", "..", "d", "..", "d", "..", "d", "..", "d", "..", "d", "..", "d", ".."];
		expect(qids(c.walk(0, 0, ...up, "d", "e"))).toHaveLength(16);
		expect(qids(c.walk(0, 1, "g"))).toHaveLength(1);
	});
});

describe("qids", () => {
	it("TR-23: a path is never used again", () => {
		const c = talk();
		const paths = [c.stat("/").qid.path, c.stat("/ctl").qid.path];
		for (let i = 0; i < 5; i++) {
			for (const [name, perm] of [
				["f", 0o666],
				["d", DIR],
			] as const) {
				const fid = c.made(`/${name}`, perm);
				paths.push(c.stat(`/${name}`).qid.path);
				c.remove(fid);
			}
		}
		expect(new Set(paths).size).toBe(12);
	});

	it("TR-24: vers of channels and ctl is 0, whatever happens to them", () => {
		const c = talk();
		c.mkchan("/f");
		c.wstat("/f", { name: "g", mode: 0o600, mtime: 1 });
		c.write(c.opened("/ctl", OWRITE), "/g 1");
		c.write(c.opened("/g", OWRITE), "x");
		expect(c.stat("/g").qid.vers).toBe(0);
		expect(c.stat("/ctl").qid.vers).toBe(0);
	});

	it("TR-24: vers of a directory grows with create, remove and rename in it alone", () => {
		const c = talk();
		c.mkdir("/d");
		const vers = () => c.stat("/d").qid.vers;
		const root = c.stat("/").qid.vers;
		const seen = [vers()];
		for (const change of [
			() => c.mkchan("/d/a"),
			() => c.mkdir("/d/b"),
			() => c.wstat("/d/a", { name: "c" }),
			() => c.unlink("/d/b"),
			() => c.unlink("/d/c"),
		]) {
			change();
			seen.push(vers());
		}
		expect(seen).toEqual([0, 1, 2, 3, 4, 5].map((n) => (seen[0] as number) + n));
		c.wstat("/d", { mtime: 5 });
		c.clunk(c.opened("/d"));
		expect(vers()).toBe(seen[5]);
		expect(c.stat("/").qid.vers).toBe(root);
	});

	it("TR-25: length is 0 and iounit is 0", () => {
		const c = talk();
		c.mkchan("/f");
		c.write(c.opened("/ctl", OWRITE), "/f 4");
		c.write(c.opened("/f", OWRITE), "queued");
		for (const path of ["/", "/ctl", "/f"]) {
			expect(c.stat(path).length, path).toBe(0n);
			expect(c.open(c.at(path), OREAD), path).toMatchObject({ type: Ropen, iounit: 0 });
		}
		expect(c.create(c.at("/"), "g", 0o666)).toMatchObject({ type: Rcreate, iounit: 0 });
		expect(c.create(c.at("/"), "d", DIR)).toMatchObject({ type: Rcreate, iounit: 0 });
	});
});
