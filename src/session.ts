// The session of one connection, without sockets: frames, version, tags and flush. It refuses
// what breaks the protocol before anybody looks at a fid. It knows nothing of files and channels,
// and a blocked request never holds up another (CH-13).

import { u8, u16, u32 } from "./9p/bytes.ts";
import { Ebadmsg, Enoauth, Enosys, Eproto, Erange } from "./9p/errors.ts";
import {
	decode,
	messages,
	NOFID,
	NOTAG,
	type Qid,
	Rerror,
	Rflush,
	Rversion,
	Tattach,
	Tauth,
	Tflush,
	type Tmessage,
	Tread,
	Tread_count,
	Tversion,
	Twrite,
	Twrite_count,
	Twrite_data,
} from "./9p/fcall.gen.ts";
import { Frames, type Sink } from "./9p/frame.ts";
import { Out } from "./9p/out.ts";
import { type Tagged, Tags } from "./tags.ts";

/** What a session knows of a fid. */
export interface SessionFid {
	readonly fid: number;
	readonly qid: Qid;
	/** OREAD, OWRITE, ORDWR or OEXEC; NOT_OPEN before Topen. */
	mode: number;
	/** How many of its requests are blocked. */
	blocked: number;
}

/** What a session knows of a blocked request. */
export interface SessionRequest<F> extends Tagged {
	fid: F;
}

export interface SessionLimits {
	/** Largest msize to agree to, in bytes. */
	msize: number;
	/** Fids of one connection. */
	fids: number;
	/** Blocked requests of one connection. */
	requests: number;
	/** Bytes of replies that wait for the client before its requests are left unread. */
	unsent: number;
}

/** Whether a connection gets what only Linux needs (LX-1). */
export type LinuxMode = "auto" | "always" | "never";

/** Sees every message: `buf[from, to)`, from the client ("T") or to it ("R"). */
export type Tracer = (direction: "T" | "R", buf: Uint8Array, from: number, to: number) => void;

export const NOT_OPEN = -1;
const FRAME_LIMIT = 8192; // before Rversion (ER-2)
const MSIZE_FLOOR = 256;
// plan9port's 9pfuse attaches as Linux does, but for these (LX-1).
const P9P_MSIZE = 8192;
const LINUX_UNAME = "nobody";
const T_TYPES = new Set(messages.filter((m) => m.name.startsWith("T")).map((m) => m.number));

export abstract class Session<F extends SessionFid, R extends SessionRequest<F>> implements Sink {
	readonly out = new Out();
	frameLimit = FRAME_LIMIT;
	/** As agreed; 0 while there is no session. */
	msize = 0;
	/** Whether the client is the Linux kernel. */
	linux: boolean;
	/** Why the connection must be cut, once it must. */
	broken: string | null = null;
	protected readonly fids = new Map<number, F>();
	protected readonly tags = new Tags<R>();
	protected readonly trace: Tracer | null;
	protected readonly limits: SessionLimits;
	private readonly linuxMode: LinuxMode;
	private maybeLinux = false;
	/** The msize that the client proposed. */
	private proposed = 0;
	private readonly frames = new Frames();
	private backlog: Buffer | null = null;

	constructor(limits: SessionLimits, linuxMode: LinuxMode, trace: Tracer | null) {
		this.limits = limits;
		this.linuxMode = linuxMode;
		this.linux = linuxMode === "always";
		this.trace = trace;
		if (trace !== null) this.out.written = (buf, from, to) => trace("R", buf, from, to);
	}

	/** Tread and Twrite as they lie at `buf[from, to)`, whole; any other message, decoded. */
	protected abstract tread(tag: number, buf: Buffer, from: number): void;
	protected abstract twrite(tag: number, buf: Buffer, from: number, to: number): void;
	protected abstract request(m: FidMessage): void;
	/** The fid is gone. */
	protected abstract ended(fid: F): void;
	/** A Tflush came. */
	protected abstract flushed(): void;
	/** Takes back a blocked request without a trace, and unblocks it. */
	protected abstract withdraw(r: R): void;

	/** The client does not take its replies, so its requests are left unread (LM-4). */
	get stalled(): boolean {
		return this.out.size > this.limits.unsent;
	}

	/** Bytes from the client, `buf[from, to)`. What a stall leaves over is kept for `resume`. */
	receive(buf: Buffer, from: number, to: number): void {
		if (this.broken !== null) return;
		if (this.backlog !== null || this.stalled) {
			const more = buf.subarray(from, to);
			this.backlog = Buffer.concat(this.backlog === null ? [more] : [this.backlog, more]);
			return this.resume();
		}
		const end = this.frames.feed(buf, from, to, this);
		if (end < 0) this.broken ??= "a frame of impossible size";
		else if (end < to && this.broken === null) this.backlog = Buffer.from(buf.subarray(end, to));
		if (this.broken !== null) this.cut(this.broken);
	}

	/** Memory that waits with this connection: replies, half a frame, what a stall left over. */
	get bufferBytes(): number {
		return this.out.buf.length + this.frames.bytes + (this.backlog?.length ?? 0);
	}

	/** Takes up what a stall left over. */
	resume(): void {
		const rest = this.backlog;
		if (rest === null || this.stalled) return;
		this.backlog = null;
		this.receive(rest, 0, rest.length);
	}

	/** One whole frame. False: no more of them now. */
	frame(buf: Buffer, from: number, to: number): boolean {
		this.trace?.("T", buf, from, to);
		const type = u8(buf, from + 4);
		const tag = u16(buf, from + 5);
		if (type === Tread && to - from === Tread_count + 4 && this.usable(tag)) {
			this.tread(tag, buf, from);
		} else if (
			type === Twrite &&
			to - from - Twrite_data === u32(buf, from + Twrite_count) &&
			this.usable(tag)
		) {
			this.twrite(tag, buf, from, to);
		} else this.other(type, tag, buf, from, to);
		return this.broken === null && !this.stalled;
	}

	protected rerror(tag: number, ename: string): void {
		this.out.reply({ type: Rerror, tag, ename });
	}

	/** Makes r outstanding: from now on its tag is in use and a Tflush finds it. */
	protected block(r: R): void {
		this.tags.add(r);
		r.fid.blocked++;
	}

	protected unblock(r: R): void {
		this.tags.remove(r);
		r.fid.blocked--;
	}

	/** Cancels all that is blocked and ends all fids, silently (FL-5, FL-6). */
	protected reset(): void {
		this.cancel(this.tags.all());
		for (const fid of this.fids.values()) this.endFid(fid);
		this.msize = 0;
		this.frameLimit = FRAME_LIMIT;
	}

	/** Withdraws them all, the last one first: what goes must not make room for what goes too. */
	protected cancel(requests: readonly R[]): void {
		for (let i = requests.length - 1; i >= 0; i--) this.withdraw(requests[i] as R);
	}

	/** The connection must be cut. What its requests might yet take would be lost with it (FL-6). */
	protected cut(why: string): void {
		this.broken ??= why;
		this.backlog = null;
		this.frames.drop();
		this.reset();
	}

	private usable(tag: number): boolean {
		return this.msize !== 0 && tag !== NOTAG && this.tags.get(tag) === undefined;
	}

	protected endFid(fid: F): void {
		this.fids.delete(fid.fid);
		this.ended(fid);
	}

	private other(type: number, tag: number, buf: Buffer, from: number, to: number): void {
		const m = T_TYPES.has(type) ? decode(buf, from, to) : null;
		if (m === null) this.rerror(tag, Enosys);
		else if (type === Tversion) {
			if (m.type === Tversion) this.version(m);
			else this.broken = "a malformed Tversion";
		} else if (this.msize === 0) this.rerror(tag, Eproto);
		else if (!this.usable(tag) && type !== Tflush) this.rerror(tag, Eproto);
		else if (m.type === 0) this.rerror(tag, Ebadmsg);
		else this.session(m as Tmessage);
	}

	private version(m: Tversion): void {
		this.reset();
		const tag = m.tag;
		const msize = Math.min(m.msize, this.limits.msize);
		if (msize < MSIZE_FLOOR) {
			this.rerror(tag, Erange);
			return;
		}
		const known = m.version === "9P2000" || m.version.startsWith("9P2000.");
		if (known) {
			this.msize = msize;
			this.frameLimit = msize;
			this.maybeLinux = m.version === "9P2000" || m.version === "9P2000.u";
			this.proposed = m.msize;
			if (this.linuxMode === "auto") this.linux = m.version === "9P2000.L";
		}
		this.out.reply({ type: Rversion, tag, msize, version: known ? "9P2000" : "unknown" });
	}

	private session(m: Tmessage): void {
		switch (m.type) {
			case Tversion:
				return this.version(m);
			case Tauth:
				// Authentication would begin here: an afid to read and write, asked for by Tattach.
				this.maybeLinux = false;
				return this.rerror(m.tag, Enoauth);
			case Tflush: {
				const r = m.oldtag === m.tag ? undefined : this.tags.get(m.oldtag);
				if (r !== undefined) this.withdraw(r);
				this.flushed();
				return this.out.reply({ type: Rflush, tag: m.tag });
			}
			case Tattach:
				if (this.maybeLinux && this.linuxMode === "auto") {
					const first = m.tag === 0 && m.fid === 0 && m.afid === NOFID;
					this.linux = first && (this.proposed !== P9P_MSIZE || m.uname === LINUX_UNAME);
				}
				this.maybeLinux = false;
				return this.request(m);
			default:
				return this.request(m);
		}
	}
}

/** The messages that are about a fid. */
export type FidMessage = Exclude<Tmessage, Tversion | Tauth | Tflush>;
