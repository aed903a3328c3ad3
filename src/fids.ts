// The fids of a session: who may be used for what, and the walk from one to another. What files
// do is left to whoever extends it; a refusal is a string for Rerror. It knows nothing of
// channels.

import { u32 } from "./9p/bytes.ts";
import {
	Eagain,
	Ebadfid,
	Ebaduse,
	Ecount,
	Efidinuse,
	Eintr,
	Emfile,
	Emsgsize,
} from "./9p/errors.ts";
import {
	IOHDRSZ,
	NOFID,
	ORDWR,
	OWRITE,
	type Qid,
	Rattach,
	Rclunk,
	Rcreate,
	Ropen,
	Rremove,
	Rstat,
	Rwalk,
	Rwstat,
	type Stat,
	sizeOf,
	Tattach,
	Tclunk,
	Tcreate,
	Topen,
	Tread,
	Tread_count,
	Tread_fid,
	Tread_offset,
	Tremove,
	Tstat,
	Twalk,
	Twrite,
	Twrite_data,
	Twrite_fid,
	Twstat,
} from "./9p/fcall.gen.ts";
import {
	type FidMessage,
	NOT_OPEN,
	Session,
	type SessionFid,
	type SessionRequest,
} from "./session.ts";

export abstract class FidSession<F extends SessionFid, R extends SessionRequest<F>> extends Session<
	F,
	R
> {
	protected abstract attach(m: Tattach): F | string;
	/** Another fid for the same file, not open. */
	protected abstract clone(fid: F, newfid: number): F;
	/** Moves a fid that nobody else knows yet to the entry `name` of its directory. */
	protected abstract step(fid: F, name: string): string | null;
	protected abstract open(fid: F, mode: number): string | null;
	protected abstract create(fid: F, m: Tcreate): string | null;
	protected abstract read(fid: F, tag: number, offset: number, count: number): void;
	protected abstract write(fid: F, tag: number, buf: Buffer, from: number, to: number): void;
	protected abstract stat(fid: F): Stat | string;
	protected abstract wstat(fid: F, stat: Stat): string | null;
	protected abstract remove(fid: F): string | null;

	protected override tread(tag: number, buf: Buffer, at: number): void {
		const fid = this.fids.get(u32(buf, at + Tread_fid));
		if (fid === undefined) this.rerror(tag, Ebadfid);
		else if (fid.mode === NOT_OPEN || fid.mode === OWRITE) this.rerror(tag, Ebaduse);
		else if (this.tags.size >= this.limits.requests) this.rerror(tag, Eagain);
		else {
			const count = Math.min(u32(buf, at + Tread_count), this.msize - IOHDRSZ);
			const offset = u32(buf, at + Tread_offset) + u32(buf, at + Tread_offset + 4) * 0x1_0000_0000;
			this.read(fid, tag, offset, count);
		}
	}

	protected override twrite(tag: number, buf: Buffer, at: number, to: number): void {
		const fid = this.fids.get(u32(buf, at + Twrite_fid));
		if (fid === undefined) this.rerror(tag, Ebadfid);
		else if (fid.mode !== OWRITE && fid.mode !== ORDWR) this.rerror(tag, Ebaduse);
		else if (to - at - Twrite_data > this.msize - IOHDRSZ) this.rerror(tag, Ecount);
		else if (this.tags.size >= this.limits.requests) this.rerror(tag, Eagain);
		else this.write(fid, tag, buf, at + Twrite_data, to);
	}

	protected override request(m: FidMessage): void {
		if (m.type === Tattach) return this.tattach(m);
		const fid = this.fids.get(m.fid);
		if (fid === undefined) this.rerror(m.tag, Ebadfid);
		else this.onFid(m, fid);
	}

	private onFid(m: Exclude<FidMessage, Tattach>, fid: F): void {
		const tag = m.tag;
		switch (m.type) {
			case Twalk:
				return this.twalk(m, fid);
			case Topen: {
				const refused = fid.mode === NOT_OPEN ? this.open(fid, m.mode) : Ebaduse;
				if (refused !== null) return this.rerror(tag, refused);
				return this.out.reply({ type: Ropen, tag, qid: fid.qid, iounit: 0 });
			}
			case Tcreate: {
				const refused = fid.mode === NOT_OPEN ? this.create(fid, m) : Ebaduse;
				if (refused !== null) return this.rerror(tag, refused);
				return this.out.reply({ type: Rcreate, tag, qid: fid.qid, iounit: 0 });
			}
			case Tclunk:
				this.interrupt(fid);
				this.endFid(fid);
				return this.out.reply({ type: Rclunk, tag });
			case Tremove: {
				this.interrupt(fid);
				const refused = this.remove(fid);
				this.endFid(fid);
				if (refused !== null) return this.rerror(tag, refused);
				return this.out.reply({ type: Rremove, tag });
			}
			case Tstat: {
				const stat = this.stat(fid);
				if (typeof stat === "string") return this.rerror(tag, stat);
				const r = { type: Rstat, tag, stat } as const;
				return sizeOf(r) > this.msize ? this.rerror(tag, Emsgsize) : this.out.reply(r);
			}
			case Twstat: {
				const refused = this.wstat(fid, m.stat);
				if (refused !== null) return this.rerror(tag, refused);
				return this.out.reply({ type: Rwstat, tag });
			}
			case Tread:
			case Twrite:
				return; // these came by tread and twrite
		}
	}

	private tattach(m: Tattach): void {
		const tag = m.tag;
		const refused = m.afid === NOFID ? this.refuseNew(m.fid) : Ebadfid;
		const fid = refused ?? this.attach(m);
		if (typeof fid === "string") return this.rerror(tag, fid);
		this.fids.set(m.fid, fid);
		this.out.reply({ type: Rattach, tag, qid: fid.qid });
	}

	private twalk(m: Twalk, fid: F): void {
		const { tag, newfid, wname } = m;
		const same = newfid === fid.fid;
		let refused = fid.mode !== NOT_OPEN ? Ebaduse : same ? null : this.refuseNew(newfid);
		if (refused !== null) return this.rerror(tag, refused);
		const moved = this.clone(fid, newfid);
		const wqid: Qid[] = [];
		for (const name of wname) {
			refused = this.step(moved, name);
			if (refused !== null) break;
			wqid.push(moved.qid);
		}
		if (refused !== null && wqid.length === 0) return this.rerror(tag, refused);
		// A walk that stopped half-way moves nothing (TR-9).
		if (refused === null) this.fids.set(newfid, moved);
		this.out.reply({ type: Rwalk, tag, wqid });
	}

	// What a fid's end does to its blocked requests (FL-4).
	private interrupt(fid: F): void {
		if (fid.blocked === 0) return;
		const blocked = this.tags.all().filter((r) => r.fid === fid);
		const tags = blocked.map((r) => r.tag);
		this.cancel(blocked);
		for (const tag of tags) this.rerror(tag, Eintr);
	}

	private refuseNew(fid: number): string | null {
		if (fid === NOFID || this.fids.has(fid)) return Efidinuse;
		return this.fids.size >= this.limits.fids ? Emfile : null;
	}
}
