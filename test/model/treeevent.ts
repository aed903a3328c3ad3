// From a number of small numbers to an event of the tree model, and from that to the message.
// Names, modes and permissions are few, and many of them are wrong.

import {
	type Change,
	DMAPPEND,
	DMEXCL,
	DMTMP,
	dmdir,
	NOFID,
	type TreeEvent,
} from "../../spec/treestate.ts";
import * as p9 from "../../src/9p/fcall.gen.ts";
import { type Fcall, NOTAG, type Stat } from "../../src/9p/fcall.gen.ts";

export const treeWeights = {
	walk: 12,
	create: 10,
	open: 8,
	stat: 4,
	wstat: 8,
	readdir: 8,
	clunk: 4,
	remove: 5,
	attach: 3,
	end: 1,
} as const;
export type TreeOp = readonly [keyof typeof treeWeights, number, number, number, number, number];

export const NOW = 1000;
const TAG = 7;
const UNAMES = ["glenda", "rob", "rob", "eve"];
const NAMES = [
	"a",
	"b",
	"c",
	"a",
	"b",
	"é",
	"ctl",
	"..",
	".",
	"",
	"x/y",
	"\u0001",
	"n".repeat(256),
];
const PERMS = [0o666, 0o600, 0o777, 0o440, 0o202, 0o007, DMEXCL + 0o666, DMAPPEND + 0o666];
const DIRS = [0o777, 0o777, 0o755, 0o700, 0o555, 0o333];
const ODD = [0x08000000 + 0o666, 0x00800000 + 0o666, DMTMP + 0o600, dmdir(0x10000000 + 0o777)];
const MODES = [0, 0, 1, 2, 3, 16, 17, 64, 65, 66, 128];

/** What an operation asks for. */
export function treeEventOf([kind, seat, x, y, z, u]: TreeOp): TreeEvent {
	const conn = seat;
	const fid = x % 5;
	switch (kind) {
		case "end":
			return { kind, conn };
		case "attach":
			return { kind, conn, fid, uname: pick(UNAMES, y), aname: z === 0 ? "x" : "" };
		case "walk": {
			const wname = [pick(NAMES, z), pick(NAMES, u), "..", "a"].slice(0, y % 4);
			return { kind, conn, fid, newfid: u === 0 ? NOFID : z % 5, wname };
		}
		case "open":
			return { kind, conn, fid, mode: pick(MODES, y) };
		case "create": {
			const perm = u % 3 === 0 ? dmdir(pick(DIRS, z)) : u === 1 ? pick(ODD, z) : pick(PERMS, z);
			const mode = u % 3 === 0 && y !== 3 ? 0 : pick(MODES, y);
			return { kind, conn, fid, name: pick(NAMES, y), perm, mode, now: NOW };
		}
		case "wstat":
			return { kind, conn, fid, change: change(y, z, u) };
		case "readdir":
			return { kind, conn, fid, offset: 0, count: [0, 60, 130, 200, 1000][y % 5] as number };
		default:
			return { kind, conn, fid };
	}
}

function change(y: number, z: number, u: number): Change {
	const all: Change[] = [
		{},
		{ name: pick(NAMES, z) || "d" }, // an empty one is "don't touch"
		{ mode: pick(PERMS, z) },
		{ mode: dmdir(pick(DIRS, z)) },
		{ gid: pick(UNAMES, z) },
		{ atime: 5, mtime: 6 },
		{ length: z % 3 },
		{ type: z % 2, dev: u % 2 },
		{ uid: pick(UNAMES, z), muid: "who" },
		{ otherQid: true },
	];
	const twice = u % 4 === 0 ? pick(all, z) : {};
	return { ...pick(all, y), ...twice };
}

/** The message of an event. */
export function treeMessages(e: TreeEvent): Fcall[] {
	const tag = TAG;
	switch (e.kind) {
		case "end":
			return [{ type: p9.Tversion, tag: NOTAG, msize: 8192, version: "9P2000" }];
		case "attach": {
			const { fid, uname, aname } = e;
			return [{ type: p9.Tattach, tag, fid, afid: NOFID, uname, aname }];
		}
		case "walk":
			return [{ type: p9.Twalk, tag, fid: e.fid, newfid: e.newfid, wname: e.wname }];
		case "open":
			return [{ type: p9.Topen, tag, fid: e.fid, mode: e.mode }];
		case "create": {
			const { fid, name, perm, mode } = e;
			return [{ type: p9.Tcreate, tag, fid, name, perm, mode }];
		}
		case "stat":
			return [{ type: p9.Tstat, tag, fid: e.fid }];
		case "wstat":
			return [{ type: p9.Twstat, tag, fid: e.fid, stat: statOf(e.change) }];
		case "readdir":
			return [{ type: p9.Tread, tag, fid: e.fid, offset: BigInt(e.offset), count: e.count }];
		case "clunk":
			return [{ type: p9.Tclunk, tag, fid: e.fid }];
		case "remove":
			return [{ type: p9.Tremove, tag, fid: e.fid }];
	}
}

function statOf(c: Change): Stat {
	const most = 0xffffffff;
	const path = c.otherQid ? 0xabcdn : 0xffff_ffff_ffff_ffffn;
	return {
		type: c.type ?? 0xffff,
		dev: c.dev ?? most,
		qid: { type: 0xff, vers: most, path },
		mode: c.mode ?? most,
		atime: c.atime ?? most,
		mtime: c.mtime ?? most,
		length: c.length === undefined ? 0xffff_ffff_ffff_ffffn : BigInt(c.length),
		name: c.name ?? "",
		uid: c.uid ?? "",
		gid: c.gid ?? "",
		muid: c.muid ?? "",
	};
}

function pick<T>(all: readonly T[], at: number): T {
	return all[at % all.length] as T;
}
