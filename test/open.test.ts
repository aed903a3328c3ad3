// Who may open a file, how, and what Twstat may change.

import { describe, expect, it } from "vitest";
import {
	DMAPPEND,
	DMAUTH,
	DMDIR,
	DMEXCL,
	DMMOUNT,
	DMTMP,
	OEXEC,
	ORCLOSE,
	ORDWR,
	OREAD,
	OTRUNC,
	OWRITE,
	Rcreate,
	Ropen,
	Rremove,
	Rwalk,
	Tversion,
	Twrite,
} from "../src/9p/fcall.gen.ts";
import { succeed, Talk } from "./talk.ts";
import { newServer } from "./wire.ts";

const DIR = (DMDIR | 0o777) >>> 0;
const ok = { type: Ropen };

/** A connection of bob's, who owns what it creates. */
function talk(): Talk {
	return new Talk(newServer(), "bob");
}

describe("permissions", () => {
	// What each mode needs, as bits of rwx.
	const needs = [
		["OREAD", OREAD, 4],
		["OWRITE", OWRITE, 2],
		["ORDWR", ORDWR, 6],
		["OEXEC", OEXEC, 1],
		["OREAD|OTRUNC", OREAD | OTRUNC, 6],
		["OWRITE|OTRUNC", OWRITE | OTRUNC, 2],
		["OEXEC|OTRUNC", OEXEC | OTRUNC, 3],
	] as const;
	it.each(needs)(
		"TR-6, TR-26, TR-28: %s needs its bits, from owner or other",
		(_name, mode, bits) => {
			const c = talk();
			const eve = c.other("eve");
			c.mkchan("/f");
			for (let granted = 0; granted < 8; granted++) {
				const answer = (granted & bits) === bits ? ok : "permission denied";
				const expectOpen = (t: Talk) => {
					const r = t.open(t.at("/f"), mode);
					if (typeof answer === "string") expect(r, `${granted}`).toBe(answer);
					else expect(r, `${granted}`).toMatchObject(answer);
				};
				c.wstat("/f", { mode: granted << 6 });
				expectOpen(c);
				expect(eve.open(eve.at("/f"), mode)).toBe("permission denied");
				c.wstat("/f", { mode: granted });
				expectOpen(c);
				expectOpen(eve);
				// Its group is bob's alone.
				c.wstat("/f", { mode: granted << 3 });
				expectOpen(c);
				expect(eve.open(eve.at("/f"), mode)).toBe("permission denied");
			}
		},
	);

	it("TR-6: what owner, group and other grant adds up", () => {
		const c = talk();
		c.mkchan("/f");
		c.wstat("/f", { mode: 0o402 });
		expect(c.open(c.at("/f"), ORDWR)).toMatchObject(ok);
		c.wstat("/f", { mode: 0o042 });
		expect(c.open(c.at("/f"), ORDWR)).toMatchObject(ok);
	});

	it("TR-6: walking out of a directory needs x, also upwards and for what isn't there", () => {
		const c = talk();
		const eve = c.other("eve");
		c.mkdir("/d");
		c.mkchan("/d/f");
		const inside = eve.at("/d");
		c.wstat("/d", { mode: (DMDIR | 0o776) >>> 0 });
		for (const name of ["f", "..", "nothing"]) {
			expect(eve.walk(inside, 1, name), name).toBe("permission denied");
		}
		expect(eve.walk(0, 1, "d", "f")).toMatchObject({ type: Rwalk, wqid: [{}] });
		// A clone goes nowhere.
		expect(eve.walk(inside, 1)).toMatchObject({ type: Rwalk });
		c.wstat("/d", { mode: (DMDIR | 0o771) >>> 0 });
		expect(eve.walk(inside, 2, "f")).toMatchObject({ type: Rwalk });
		expect(eve.open(inside, OREAD)).toBe("permission denied");
	});

	it("TR-6: creating and removing need w in the directory, and no bit of the file", () => {
		const c = talk();
		const eve = c.other("eve");
		c.mkdir("/d");
		c.clunk(c.made("/d/f", 0o000));
		c.wstat("/d", { mode: (DMDIR | 0o775) >>> 0 });
		expect(eve.create(eve.at("/d"), "g", 0o666)).toBe("permission denied");
		expect(eve.unlink("/d/f")).toBe("permission denied");
		c.wstat("/d", { mode: (DMDIR | 0o773) >>> 0 });
		expect(eve.unlink("/d/f")).toMatchObject({ type: Rremove });
		// Created 0000, and yet open as asked (open(5)).
		expect(eve.create(eve.at("/d"), "g", 0o000, ORDWR)).toMatchObject({ type: Rcreate });
	});
});

describe("modes", () => {
	const illegal = [4, 8, 32, 128, OWRITE | 32, ORDWR | 4, 0xff];
	it.each(illegal)("TR-26: mode %i is illegal, to open and to create", (mode) => {
		const c = talk();
		c.mkchan("/f");
		for (const path of ["/f", "/ctl", "/"]) {
			expect(c.open(c.at(path), mode), path).toBe("illegal mode");
		}
		expect(c.create(c.at("/"), "g", 0o666, mode)).toBe("illegal mode");
		expect(c.create(c.at("/"), "g", DIR, mode)).toBe("illegal mode");
		expect(c.walk(0, 1, "g")).toBe("file does not exist");
	});

	it("TR-26: OEXEC reads and does not write", () => {
		const c = talk();
		c.clunk(c.made("/f", 0o777));
		const fid = c.opened("/f", OEXEC);
		c.start({ type: Twrite, fid: c.opened("/f", OWRITE), offset: 0n, data: Buffer.from("x") });
		expect(c.wire.replies()).toEqual([]);
		c.wire.send({ type: 116, tag: 7, fid, offset: 0n, count: 9 });
		expect(c.write(fid, "x")).toBe("bad use of fid");
	});

	it.each([OWRITE, ORDWR, OREAD | OTRUNC, OWRITE | OTRUNC, OEXEC | OTRUNC])(
		"TR-27: a directory is not opened with mode %i",
		(mode) => {
			const c = talk();
			expect(c.open(c.at("/"), mode)).toBe("Is a directory");
			expect(c.create(c.at("/"), "d", DIR, mode)).toBe("Is a directory");
			expect(c.walk(0, 1, "d")).toBe("file does not exist");
		},
	);

	it.each([OREAD, OEXEC])("TR-27: a directory is opened and read with mode %i", (mode) => {
		const c = talk();
		const fid = c.opened("/", mode);
		expect(c.text(fid)).toContain("ctl");
		const made = c.made("/d", DIR, mode);
		expect(c.text(made)).toBe("");
	});

	it("TR-28: OTRUNC changes nothing on a channel and on ctl", () => {
		const c = talk();
		c.mkchan("/f");
		c.write(c.opened("/ctl", OWRITE | OTRUNC), "/f 2");
		c.write(c.opened("/f", OWRITE), "queued");
		c.opened("/f", OWRITE | OTRUNC);
		expect(c.text(c.opened("/f", ORDWR | OTRUNC))).toBe("queued");
		expect(c.text(c.opened("/ctl", ORDWR | OTRUNC))).toContain("/f\t2\t");
	});

	it("TR-29: ORCLOSE needs w in the directory", () => {
		const c = talk();
		const eve = c.other("eve");
		c.mkdir("/d");
		c.mkchan("/d/f");
		c.wstat("/d", { mode: (DMDIR | 0o775) >>> 0 });
		expect(eve.open(eve.at("/d/f"), OREAD | ORCLOSE)).toBe("permission denied");
		expect(c.open(c.at("/d/f"), OREAD | ORCLOSE)).toMatchObject(ok);
	});

	it("TR-29: ORCLOSE is refused on ctl and on directories", () => {
		const c = talk();
		c.mkdir("/d");
		expect(c.open(c.at("/ctl"), OREAD | ORCLOSE)).toBe("Operation not permitted");
		expect(c.open(c.at("/d"), OREAD | ORCLOSE)).toBe("Is a directory");
		expect(c.open(c.at("/"), OREAD | ORCLOSE)).toBe("Is a directory");
		expect(c.create(c.at("/"), "e", DIR, OREAD | ORCLOSE)).toBe("Is a directory");
	});

	const ends: [string, (c: Talk, fid: number) => void][] = [
		["Tclunk", (c, fid) => c.clunk(fid)],
		["Tremove", (c, fid) => c.remove(fid)],
		[
			"Tversion",
			(c) => c.wire.send({ type: Tversion, tag: 0xffff, msize: 8192, version: "9P2000" }),
		],
		["a lost connection", (c) => c.wire.close()],
	];
	it.each(ends)("TR-29: ORCLOSE removes the file at %s", (_how, end) => {
		const c = talk();
		const witness = c.other("bob");
		c.mkchan("/opened");
		end(c, c.opened("/opened", OREAD | ORCLOSE));
		expect(witness.walk(0, 1, "opened")).toBe("file does not exist");
		const d = new Talk(c.wire.server);
		end(d, d.made("/made", 0o666, ORDWR | ORCLOSE));
		expect(witness.walk(0, 1, "made")).toBe("file does not exist");
	});

	it("TR-29: ORCLOSE is silent when it fails", () => {
		const c = talk();
		c.mkchan("/f", "/d");
		c.unlink("/d");
		c.mkdir("/d");
		c.mkchan("/d/f");
		const eve = c.other("eve");
		const twice = c.opened("/f", OREAD | ORCLOSE);
		c.unlink("/f");
		expect(c.clunk(twice)).toMatchObject({ type: 121 });
		const denied = eve.opened("/d/f", OREAD | ORCLOSE);
		c.wstat("/d", { mode: (DMDIR | 0o755) >>> 0 });
		expect(eve.clunk(denied)).toMatchObject({ type: 121 });
		expect(c.stat("/d/f").name).toBe("f");
	});

	it("TR-30: DMEXCL lets one fid at a time have it open", () => {
		const c = talk();
		const first = c.made("/f", (DMEXCL | 0o666) >>> 0);
		expect(c.stat("/f")).toMatchObject({ mode: DMEXCL | 0o666, qid: { type: 0x20 } });
		const second = c.at("/f");
		expect(c.open(second, OREAD)).toBe("exclusive use file already open");
		c.clunk(c.at("/f"));
		expect(c.open(second, OREAD)).toBe("exclusive use file already open");
		c.clunk(first);
		expect(c.open(second, OREAD)).toMatchObject(ok);
		const eve = c.other("eve");
		expect(eve.open(eve.at("/f"), OWRITE)).toBe("exclusive use file already open");
		c.wire.close();
		expect(eve.open(eve.at("/f"), OWRITE)).toMatchObject(ok);
	});

	it("TR-30: DMEXCL set by Twstat counts those who have it open already", () => {
		const c = talk();
		const first = c.made("/f");
		expect(c.wstat("/f", { mode: DMEXCL | 0o666 })).toBe(null);
		expect(c.open(c.at("/f"), OREAD)).toBe("exclusive use file already open");
		c.wstat("/f", { mode: 0o666 });
		expect(c.open(c.at("/f"), OREAD)).toMatchObject(ok);
		expect(c.stat("/f").qid.type).toBe(0);
		c.clunk(first);
	});

	it.each([
		["DMAPPEND", DMAPPEND, 0x40],
		["DMTMP", DMTMP, 4],
	])("TR-31: %s is kept and means nothing", (_name, bit, qtype) => {
		const c = talk();
		const fid = c.made("/f", bit | 0o666, ORDWR);
		expect(c.stat("/f")).toMatchObject({ mode: bit | 0o666, qid: { type: qtype } });
		c.write(c.opened("/ctl", OWRITE), "/f 2");
		c.write(fid, "a");
		expect(c.text(fid, 12345)).toBe("a");
		c.made("/d", (DIR | bit) >>> 0);
		expect(c.stat("/d").mode).toBe((DIR | bit) >>> 0);
	});

	it.each([
		["DMAUTH", DMAUTH],
		["DMMOUNT", DMMOUNT],
		["DMSYMLINK", 0x02000000],
		["DMDEVICE", 0x00800000],
		["DMNAMEDPIPE", 0x00200000],
		["DMSOCKET", 0x00100000],
		["DMSETUID", 0x00080000],
		["the sticky bit", 0o1000],
	])("TR-31: %s is illegal", (_name, bit) => {
		const c = talk();
		c.mkchan("/f");
		expect(c.create(c.at("/"), "g", bit | 0o666)).toBe("illegal mode");
		expect(c.create(c.at("/"), "g", DIR | bit)).toBe("illegal mode");
		expect(c.wstat("/f", { mode: bit | 0o666 })).toBe("illegal mode");
		expect(succeed(c.walk(0, 1, "f"))).toMatchObject({ wqid: [{ type: 0 }] });
		expect(c.stat("/f").mode).toBe(0o666);
	});
});
