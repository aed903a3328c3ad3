// Words for tests about channels: requests in short, replies as short lines, and the channel
// behind a name.

import * as p9 from "../src/9p/fcall.gen.ts";
import { type Fcall, format, NOFID, NOTAG } from "../src/9p/fcall.gen.ts";
import type { Chan } from "../src/chan.ts";
import { ChanFile } from "../src/node.ts";
import type { Server } from "../src/server.ts";
import { MSIZE, Wire } from "./wire.ts";

export const CREATE_MODE = 0o666;

export function read(tag: number, fid: number, count = 1000, offset = 0): Fcall {
	return { type: p9.Tread, tag, fid, offset: BigInt(offset), count };
}

export function write(tag: number, fid: number, data: string): Fcall {
	return { type: p9.Twrite, tag, fid, offset: 0n, data: Buffer.from(data) };
}

export function flush(tag: number, oldtag: number): Fcall {
	return { type: p9.Tflush, tag, oldtag };
}

export function clunk(tag: number, fid: number): Fcall {
	return { type: p9.Tclunk, tag, fid };
}

export function remove(tag: number, fid: number): Fcall {
	return { type: p9.Tremove, tag, fid };
}

export function walk(tag: number, fid: number, newfid: number, ...wname: string[]): Fcall {
	return { type: p9.Twalk, tag, fid, newfid, wname };
}

export function topen(tag: number, fid: number, mode: number): Fcall {
	return { type: p9.Topen, tag, fid, mode };
}

export function tcreate(tag: number, fid: number, name: string, mode: number): Fcall {
	return { type: p9.Tcreate, tag, fid, name, perm: CREATE_MODE, mode };
}

export function version(msize = MSIZE, string = "9P2000"): Fcall {
	return { type: p9.Tversion, tag: NOTAG, msize, version: string };
}

export function attach(tag: number, fid: number, uname = "glenda"): Fcall {
	return { type: p9.Tattach, tag, fid, afid: NOFID, uname, aname: "" };
}

/** Makes `fid` an open fid of the channel `name`, which it creates if there is none. */
export function use(wire: Wire, fid: number, name = "c", mode: number = p9.ORDWR): void {
	const exists = wire.server.tree.find(`/${name}`) !== null;
	const [, opened] = exists
		? wire.send(walk(9000, 0, fid, name), topen(9001, fid, mode))
		: wire.send(walk(9000, 0, fid), tcreate(9001, fid, name, mode));
	if (opened?.type !== p9.Ropen && opened?.type !== p9.Rcreate) throw new Error(`no fid ${fid}`);
}

/** Sets the capacity of `/name` as ctl would. */
export function resize(server: Server, name: string, capacity: number): void {
	chanOf(server, name).resize(capacity);
	server.flush();
}

export function chanOf(server: Server, name = "c"): Chan {
	const node = server.tree.find(`/${name}`);
	if (!(node instanceof ChanFile)) throw new Error(`no channel ${name}`);
	return node.chan;
}

/** An attached connection that counts as Linux's. */
export function linuxWire(server: Server): Wire {
	return Wire.attached(server, "glenda", { linux: "always" });
}

/** Replies as `tag read bytes`, `tag wrote count`, `tag error string`, `tag name`. */
export function said(replies: readonly Fcall[]): string[] {
	return replies.map((r) => {
		if (r.type === p9.Rread) return `${r.tag} read ${Buffer.from(r.data).toString("latin1")}`;
		if (r.type === p9.Rwrite) return `${r.tag} wrote ${r.count}`;
		if (r.type === p9.Rerror) return `${r.tag} error ${r.ename}`;
		return `${r.tag} ${format(r).split(" ", 1)[0]?.slice(1)}`;
	});
}
