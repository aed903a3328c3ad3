// Fids: who may be used for what, and what counts are possible.

import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { NOFID, ORDWR, OREAD, OWRITE } from "../src/9p/fcall.gen.ts";
import { DONT_TOUCH } from "../src/9p/stat.ts";
import { type Ask, Talk } from "./talk.ts";
import { frame, MSIZE, newServer, UNAME, Wire } from "./wire.ts";

const UNKNOWN = "fid unknown or out of range";
const IN_USE = "fid already in use";
const BAD_USE = "bad use of fid";

function requests(fid: number): Ask[] {
	return [
		{ type: p9.Twalk, fid, newfid: 50, wname: [] },
		{ type: p9.Twalk, fid, newfid: fid, wname: [] },
		{ type: p9.Topen, fid, mode: OREAD },
		{ type: p9.Tcreate, fid, name: "g", perm: 0o666, mode: OREAD },
		{ type: p9.Tread, fid, offset: 0n, count: 9 },
		{ type: p9.Twrite, fid, offset: 0n, data: Buffer.from("x") },
		{ type: p9.Tclunk, fid },
		{ type: p9.Tremove, fid },
		{ type: p9.Tstat, fid },
		{ type: p9.Twstat, fid, stat: DONT_TOUCH },
	];
}

describe("fids", () => {
	it.each([1, 7, NOFID - 1, NOFID])("ER-6: fid %i is not known, to any request", (fid) => {
		const c = new Talk(newServer());
		for (const m of requests(fid)) expect(c.ask(m), `${m.type}`).toBe(UNKNOWN);
		expect(c.walk(0, 50)).toMatchObject({ type: p9.Rwalk });
	});

	it("ER-6: nor is a fid of another connection, of an earlier time, or an afid", () => {
		const c = new Talk(newServer());
		const other = c.other("bob");
		const fid = c.at("/ctl");
		expect(other.clunk(fid)).toBe(UNKNOWN);
		c.clunk(fid);
		for (const m of requests(fid)) expect(c.ask(m)).toBe(UNKNOWN);
		expect(c.ask({ type: p9.Tattach, fid: 9, afid: 0, uname: "bob", aname: "" })).toBe(UNKNOWN);
		expect(c.clunk(9)).toBe(UNKNOWN);
	});

	it("ER-6: a newfid in use, or NOFID, is refused", () => {
		const c = new Talk(newServer());
		c.walk(0, 1, "ctl");
		for (const newfid of [0, 1, NOFID]) {
			if (newfid !== 0) expect(c.walk(0, newfid), `${newfid}`).toBe(IN_USE);
			if (newfid !== 1) expect(c.walk(1, newfid), `${newfid}`).toBe(IN_USE);
			expect(c.walk(0, newfid === 0 ? 1 : newfid, "nothing")).toBe(IN_USE);
			expect(c.attach(newfid, "bob"), `${newfid}`).toBe(IN_USE);
		}
		expect(c.attach(NOFID - 1, "bob")).toMatchObject({ type: p9.Rattach });
		expect(c.walk(0, 2, "ctl")).toMatchObject({ type: p9.Rwalk });
	});

	it("ER-6: a fid that is not open is neither read nor written", () => {
		const c = new Talk(newServer());
		c.mkchan("/f");
		for (const path of ["/", "/ctl", "/f"]) {
			expect(c.read(c.at(path)), path).toBe(BAD_USE);
			expect(c.read(c.at(path), 0, 0), path).toBe(BAD_USE);
			expect(c.write(c.at(path), "x"), path).toBe(BAD_USE);
		}
	});

	it("ER-6: one open in another mode is not either", () => {
		const c = new Talk(newServer());
		c.mkchan("/f");
		for (const path of ["/ctl", "/f"]) {
			expect(c.read(c.opened(path, OWRITE)), path).toBe(BAD_USE);
			expect(c.write(c.opened(path, OREAD), ""), path).toBe(BAD_USE);
			expect(c.write(c.opened(path, ORDWR), ""), path).toMatchObject({ type: p9.Rwrite });
			expect(c.write(c.opened(path, OWRITE), ""), path).toMatchObject({ type: p9.Rwrite });
		}
		expect(c.write(c.opened("/"), "x")).toBe(BAD_USE);
		const made = c.made("/g", 0o666, OWRITE);
		expect(c.read(made)).toBe(BAD_USE);
		expect(c.read(made, 0, 0)).toBe(BAD_USE);
	});

	it("ER-6: one that is open is not opened, created in or walked again", () => {
		const c = new Talk(newServer());
		c.mkdir("/d");
		const fid = c.opened("/d");
		expect(c.open(fid, OREAD)).toBe(BAD_USE);
		expect(c.create(fid, "x", 0o666)).toBe(BAD_USE);
		expect(c.walk(fid, 50)).toBe(BAD_USE);
		const made = c.made("/d/x");
		expect(c.open(made, OREAD)).toBe(BAD_USE);
		expect(c.stat("/d/x").name).toBe("x");
	});

	it("ER-6: a refusal leaves the fid as it was", () => {
		const c = new Talk(newServer());
		c.mkdir("/d");
		const fid = c.at("/d");
		expect(c.open(fid, OWRITE)).toBe("Is a directory");
		expect(c.open(fid, 9)).toBe("illegal mode");
		expect(c.walk(fid, fid, "nothing")).toBe("file does not exist");
		expect(c.create(fid, "a/b", 0o666)).toBe("illegal name");
		expect(c.create(fid, "x", 0o666, ORDWR)).toMatchObject({ type: p9.Rcreate });
		expect(c.stat("/d/x").name).toBe("x");
	});
});

describe("counts", () => {
	const MOST = MSIZE - p9.IOHDRSZ;

	/** A channel of capacity 9, open for reading and writing. */
	function open(): { c: Talk; fid: number } {
		const c = new Talk(newServer());
		c.mkchan("/f");
		c.write(c.opened("/ctl", OWRITE), "/f 9");
		return { c, fid: c.opened("/f", ORDWR) };
	}

	it("ER-9: a Tread of more than msize - IOHDRSZ gets that at most", () => {
		const { c, fid } = open();
		for (const count of [MOST, MOST + 1, MSIZE, 2 ** 32 - 1]) {
			c.write(fid, Buffer.alloc(MOST, "x"));
			expect(c.text(fid, 0, count), `${count}`).toBe("x".repeat(MOST));
		}
		expect(c.wire.server.store.used).toBe(0);
	});

	it("ER-9: what a larger message has beyond that comes with the next reads", () => {
		const server = newServer();
		const big = new Wire(server);
		big.send({ type: p9.Tversion, tag: p9.NOTAG, msize: 20000, version: "9P2000" });
		big.send({ type: p9.Tattach, tag: 1, fid: 0, afid: NOFID, uname: UNAME, aname: "" });
		big.send({ type: p9.Tcreate, tag: 1, fid: 0, name: "f", perm: 0o666, mode: OWRITE });
		const data = Buffer.alloc(19976, "y");
		big.send({ type: p9.Twrite, tag: 1, fid: 0, offset: 0n, data });
		const c = new Talk(server);
		const fid = c.opened("/f");
		const sizes = [1, 2, 3].map(() => c.text(fid, 0, 2 ** 32 - 1).length);
		expect(sizes).toEqual([MOST, MOST, 19976 - 2 * MOST]);
		expect(big.replies()).toEqual([{ type: p9.Rwrite, tag: 1, count: 19976 }]);
	});

	it("ER-9: directories and ctl are read by the same measure", () => {
		const c = new Talk(newServer());
		c.mkchan(...Array.from({ length: 300 }, (_, i) => `/channel-${i}-with-a-long-name`));
		expect(c.text(c.opened("/ctl"), 0, 2 ** 32 - 1).length).toBe(MOST);
		const n = c.text(c.opened("/"), 0, 2 ** 32 - 1).length;
		expect(n).toBeLessThanOrEqual(MOST);
		expect(n).toBeGreaterThan(MOST - 100);
	});

	it("ER-9: a Twrite of msize - IOHDRSZ is taken, one byte more is too large", () => {
		const { c, fid } = open();
		expect(c.write(fid, Buffer.alloc(MOST))).toMatchObject({ count: MOST });
		expect(c.write(fid, Buffer.alloc(MOST + 1))).toBe("i/o count too large");
		expect(c.write(c.opened("/ctl", OWRITE), Buffer.alloc(MOST + 1, "\n"))).toBe(
			"i/o count too large",
		);
		expect(c.text(fid).length).toBe(MOST);
		// And another makes a frame that no session takes (ER-2).
		expect(c.wire.conn.broken).toBe(null);
		c.start({ type: p9.Twrite, fid, offset: 0n, data: Buffer.alloc(MOST + 2) });
		expect(c.wire.conn.broken).not.toBe(null);
	});

	it("ER-10: an Rstat that does not fit msize is refused", () => {
		const server = newServer();
		const name = "n".repeat(255);
		const wide = new Talk(server);
		wide.mkchan(`/${name}`);
		const stat = wide.stat(`/${name}`);
		const size = frame({ type: p9.Rstat, tag: 0, stat }).length;
		for (const msize of [size - 1, size]) {
			const wire = new Wire(server);
			// A name of this length does not come in a Twalk of msize 256.
			wire.send({ type: p9.Tversion, tag: p9.NOTAG, msize, version: "9P2000" });
			wire.send({ type: p9.Tattach, tag: 1, fid: 0, afid: NOFID, uname: UNAME, aname: "" });
			wire.send({ type: p9.Twalk, tag: 1, fid: 0, newfid: 1, wname: [name] });
			const answer =
				msize < size
					? { type: p9.Rerror, tag: 1, ename: "Message too long" }
					: { type: p9.Rstat, tag: 1, stat };
			expect(wire.send({ type: p9.Tstat, tag: 1, fid: 1 })).toEqual([answer]);
			expect(wire.send({ type: p9.Tclunk, tag: 1, fid: 1 })).toEqual([{ type: p9.Rclunk, tag: 1 }]);
		}
	});
});
