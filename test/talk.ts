// A client in few words, over a Wire: one request at a time, each under a tag of its own. What is
// refused is the Rerror's string, what succeeds the R-message.

import * as p9 from "../src/9p/fcall.gen.ts";
import {
	NOFID,
	NOTAG,
	OREAD,
	type Rmessage,
	type Stat,
	type Tmessage,
} from "../src/9p/fcall.gen.ts";
import { DONT_TOUCH } from "../src/9p/stat.ts";
import type { ConnOptions, Server } from "../src/server.ts";
import { UNAME, Wire } from "./wire.ts";

type Untagged<M> = M extends Tmessage ? Omit<M, "tag"> : never;
/** A request without its tag. */
export type Ask = Untagged<Tmessage>;

export class Talk {
	readonly wire: Wire;
	private tag = 100;
	private fid = 100;

	/** A connection with a session and fid 0 on the root. */
	constructor(server: Server, uname = UNAME, options: ConnOptions = {}) {
		this.wire = Wire.attached(server, uname, options);
	}

	/** The one reply to a request that does not block. */
	ask(m: Ask): Rmessage | string {
		const tag = this.start(m);
		const replies = this.wire.replies();
		const [r] = replies;
		if (r === undefined || replies.length > 1) throw new Error(`${replies.length} replies`);
		if (r.tag !== tag) throw new Error(`a reply with tag ${r.tag} to tag ${tag}`);
		return r.type === p9.Rerror ? r.ename : (r as Rmessage);
	}

	/** Sends a request; its tag. Replies are left for `wire.replies`. */
	start(m: Ask): number {
		const tag = this.tag;
		this.tag = (tag + 1) % NOTAG;
		const { wire } = this;
		const buf = Buffer.alloc(p9.sizeOf({ ...m, tag } as Tmessage));
		p9.encode({ ...m, tag } as Tmessage, buf, 0);
		wire.conn.input(buf, 0, buf.length);
		wire.server.flush();
		return tag;
	}

	walk(fid: number, newfid: number, ...wname: string[]): Rmessage | string {
		return this.ask({ type: p9.Twalk, fid, newfid, wname });
	}

	/** A new fid for the file at a path; throws if there is none. */
	at(path: string): number {
		const wname = path.split("/").filter((name) => name !== "");
		const fid = this.fid++;
		const r = this.walk(0, fid, ...wname);
		if (typeof r === "string" || r.type !== p9.Rwalk || r.wqid.length < wname.length) {
			throw new Error(`no walk to ${path}: ${JSON.stringify(r, bigints)}`);
		}
		return fid;
	}

	/** A new fid, open; throws if that is refused. */
	opened(path: string, mode: number = OREAD): number {
		const fid = this.at(path);
		succeed(this.open(fid, mode));
		return fid;
	}

	/** Creates a file or directory, with its fid open; throws if that is refused. */
	made(path: string, perm = 0o666, mode: number = OREAD): number {
		const slash = path.lastIndexOf("/");
		const fid = this.at(path.slice(0, slash));
		succeed(this.create(fid, path.slice(slash + 1), perm, mode));
		return fid;
	}

	/** Creates directories. */
	mkdir(...paths: string[]): void {
		for (const path of paths) this.clunk(this.made(path, (p9.DMDIR | 0o777) >>> 0));
	}

	/** Creates channels. */
	mkchan(...paths: string[]): void {
		for (const path of paths) this.clunk(this.made(path));
	}

	open(fid: number, mode: number): Rmessage | string {
		return this.ask({ type: p9.Topen, fid, mode });
	}

	create(fid: number, name: string, perm: number, mode: number = OREAD): Rmessage | string {
		return this.ask({ type: p9.Tcreate, fid, name, perm: perm >>> 0, mode });
	}

	read(fid: number, offset: number | bigint = 0, count = 8168): Rmessage | string {
		return this.ask({ type: p9.Tread, fid, offset: BigInt(offset), count });
	}

	/** What a read gives, as text; throws if it is refused. */
	text(fid: number, offset: number | bigint = 0, count = 8168): string {
		const r = succeed(this.read(fid, offset, count));
		if (r.type !== p9.Rread) throw new Error("not an Rread");
		return Buffer.from(r.data).toString();
	}

	write(fid: number, data: string | Uint8Array): Rmessage | string {
		return this.ask({ type: p9.Twrite, fid, offset: 0n, data: Buffer.from(data) });
	}

	clunk(fid: number): Rmessage | string {
		return this.ask({ type: p9.Tclunk, fid });
	}

	remove(fid: number): Rmessage | string {
		return this.ask({ type: p9.Tremove, fid });
	}

	/** Removes the file at a path. */
	unlink(path: string): Rmessage | string {
		return this.remove(this.at(path));
	}

	/** What Tstat says of the file at a path. */
	stat(path: string): Stat {
		const fid = this.at(path);
		const r = succeed(this.ask({ type: p9.Tstat, fid }));
		this.clunk(fid);
		if (r.type !== p9.Rstat) throw new Error("not an Rstat");
		return r.stat;
	}

	/** Twstat of what is named, "don't touch" for the rest; null if it succeeded. */
	wstat(path: string, changes: Partial<Stat>): string | null {
		const fid = this.at(path);
		const r = this.ask({ type: p9.Twstat, fid, stat: { ...DONT_TOUCH, ...changes } });
		this.clunk(fid);
		return typeof r === "string" ? r : null;
	}

	/** Another session on a new connection, with fid 0 on the root for `uname`. */
	other(uname: string): Talk {
		return new Talk(this.wire.server, uname);
	}

	/** Attaches another fid. */
	attach(fid: number, uname: string, aname = ""): Rmessage | string {
		return this.ask({ type: p9.Tattach, fid, afid: NOFID, uname, aname });
	}
}

/** The names and stats in what a directory read returned. */
export function entries(data: Uint8Array): Stat[] {
	const stats: Stat[] = [];
	for (let at = 0; at < data.length; ) {
		const end = at + 2 + Buffer.from(data).readUInt16LE(at);
		const stat = p9.decodeStat(data, at, end);
		if ("why" in stat) throw new Error(stat.why);
		stats.push(stat);
		at = end;
	}
	return stats;
}

/** The reply, which must not be a refusal. */
export function succeed(r: Rmessage | string): Rmessage {
	if (typeof r === "string") throw new Error(`refused: ${r}`);
	return r;
}

function bigints(_key: string, value: unknown): unknown {
	return typeof value === "bigint" ? value.toString() : value;
}
