// Requests and their replies from the client's side: tags, frames and flush. Its law: each request
// has one outcome, and a tag is used again only when the server can't mean the old request by it
// (flush(5)). It knows nothing of files, fids and sockets, and trusts no reply: one that can't be
// breaks the connection.

import * as p9 from "./9p/fcall.gen.ts";
import {
	decode,
	encode,
	type Fcall,
	format,
	messages,
	NOTAG,
	overLimit,
	type Rmessage,
	sizeOf,
	type Tmessage,
} from "./9p/fcall.gen.ts";
import { Frames, type Sink } from "./9p/frame.ts";

/**
 * Carries bytes to a server. What comes back goes to `Calls.receive`, and its end to `Calls.lost`.
 */
export interface Pipe {
	send(bytes: Uint8Array): void;
	close(): void;
}

export interface CallsOptions {
	/** Largest message to propose, in bytes (65536). */
	msize?: number;
	/** Tag of the first request (1; a first attach with tag 0 and fid 0 looks like Linux). */
	firstTag?: number;
	/** Sees every message: `buf[from, to)`, to the server ("T") or from it ("R"). */
	trace?: (direction: "T" | "R", buf: Uint8Array, from: number, to: number) => void;
}

export interface CallOptions {
	/**
	 * Aborting it sends Tflush. The request then ends by its reply, if that came first, or as
	 * cancelled.
	 */
	signal?: AbortSignal;
}

/** The server refused a request: it answered Rerror, and nothing happened. */
export class RequestRefused extends Error {
	readonly ename: string;

	constructor(type: number, ename: string) {
		super(`${nameOf(type)}: ${ename}`);
		this.ename = ename;
	}
}

/** A request was cancelled before the server carried it out: it did not happen (flush(5)). */
export class RequestCancelled extends Error {
	constructor(type: number, cause: unknown) {
		super(`${nameOf(type)} was cancelled`, { cause });
	}
}

/** The connection ended before a request was answered. */
export class ConnectionLost extends Error {
	/** False: the request was never sent. True: nobody can know. */
	readonly mayHaveHappened: boolean;

	constructor(type: number, why: string, mayHaveHappened: boolean) {
		const fate = mayHaveHappened ? "may have happened" : "was not sent";
		super(`connection lost: ${why}; ${nameOf(type)} ${fate}`);
		this.mayHaveHappened = mayHaveHappened;
	}
}

interface Replies {
	[p9.Tversion]: p9.Rversion;
	[p9.Tauth]: p9.Rauth;
	[p9.Tflush]: p9.Rflush;
	[p9.Tattach]: p9.Rattach;
	[p9.Twalk]: p9.Rwalk;
	[p9.Topen]: p9.Ropen;
	[p9.Tcreate]: p9.Rcreate;
	[p9.Tread]: p9.Rread;
	[p9.Twrite]: p9.Rwrite;
	[p9.Tclunk]: p9.Rclunk;
	[p9.Tremove]: p9.Rremove;
	[p9.Tstat]: p9.Rstat;
	[p9.Twstat]: p9.Rwstat;
}

type Untagged<T> = T extends Tmessage ? Omit<T, "tag"> : never;
/** A request that has no tag yet. Tversion and Tflush are sent by nobody but `Calls`. */
export type Request = Untagged<Exclude<Tmessage, p9.Tversion | p9.Tflush>>;
export type ReplyTo<M extends { type: keyof Replies }> = Replies[M["type"]];

interface Call {
	readonly m: Tmessage;
	resolve(r: Rmessage): void;
	reject(e: Error): void;
	answered: boolean;
	/** A Tflush for it is under way: its tag stays in use until Rflush. */
	flushing: boolean;
}

const MSIZE = 64 << 10;
// Half of all tags, so that each request can be flushed.
const OUTSTANDING = 0x7fff;
const SHOWN = 200; // characters of a bad reply in an error

export abstract class Calls implements Sink {
	frameLimit: number;
	/** As agreed; before that, as proposed. */
	msize: number;
	private readonly pipe: Pipe;
	private readonly trace: CallsOptions["trace"];
	private readonly calls = new Map<number, Call>();
	private readonly frames = new Frames();
	private tag: number;
	private ended: string | null = null;

	constructor(connect: (to: Calls) => Pipe, options: CallsOptions) {
		this.msize = options.msize ?? MSIZE;
		this.frameLimit = this.msize;
		this.tag = options.firstTag ?? 1;
		this.trace = options.trace;
		this.pipe = connect(this);
	}

	/** Sends a request; resolves to its reply, Rerror too. */
	request<M extends Request>(m: M, options: CallOptions = {}): Promise<ReplyTo<M> | p9.Rerror> {
		const { signal } = options;
		return new Promise((resolve, reject) => {
			if (this.ended !== null) throw new ConnectionLost(m.type, this.ended, false);
			if (signal?.aborted) throw new RequestCancelled(m.type, signal.reason);
			if (this.calls.size >= OUTSTANDING) {
				throw new RangeError(`${nameOf(m.type)} was not sent: too many requests outstanding`);
			}
			const abort = () => this.flush(call, signal?.reason);
			const done = () => signal?.removeEventListener("abort", abort);
			const call = this.send(
				{ ...m, tag: this.nextTag() } as Tmessage,
				(r) => {
					done();
					resolve(r as ReplyTo<M> | p9.Rerror);
				},
				(e) => {
					done();
					reject(e);
				},
			);
			if (!call.answered) signal?.addEventListener("abort", abort);
		});
	}

	/** Sends a request; resolves to its reply, or rejects with RequestRefused. */
	async call<M extends Request>(m: M, options: CallOptions = {}): Promise<ReplyTo<M>> {
		const r = await this.request(m, options);
		if (r.type === p9.Rerror) throw new RequestRefused(m.type, r.ename);
		return r as ReplyTo<M>;
	}

	/** Bytes from the server. */
	receive(bytes: Uint8Array): void {
		if (this.ended !== null) return;
		const { buffer, byteOffset, length } = bytes;
		const buf = bytes instanceof Buffer ? bytes : Buffer.from(buffer, byteOffset, length);
		if (this.frames.feed(buf, 0, length, this) < 0) this.broken("a frame of impossible size");
	}

	/** The connection is gone: every outstanding request rejects with ConnectionLost. */
	lost(why: string): void {
		if (this.ended !== null) return;
		this.ended = why;
		for (const { m, answered, reject } of this.calls.values()) {
			if (!answered) reject(new ConnectionLost(m.type, why, true));
		}
		this.calls.clear();
	}

	/** Ends the connection. */
	close(): void {
		this.lost("closed by this side");
		this.pipe.close();
	}

	/** One whole reply. */
	frame(buf: Buffer, from: number, to: number): boolean {
		this.trace?.("R", buf, from, to);
		const m = decode(buf, from, to);
		if (m.type === 0) return this.broken(`a reply that is none: ${m.why}`);
		const call = this.calls.get(m.tag);
		const wrong =
			call === undefined || call.answered ? "it answers no request" : mismatch(call.m, m);
		if (wrong !== null) return this.broken(`${wrong}: ${format(m).slice(0, SHOWN)}`);
		const { resolve, flushing } = call as Call;
		(call as Call).answered = true;
		if (!flushing) this.calls.delete(m.tag);
		// The bytes are valid during this call only, and whoever waits for them comes later.
		resolve(m.type === p9.Rread ? { ...m, data: Buffer.from(m.data) } : (m as Rmessage));
		return this.ended === null;
	}

	/** Begins the session; to be called first, and once. */
	protected version(version: string): Promise<p9.Rversion | p9.Rerror> {
		return new Promise((resolve, reject) => {
			const m = { type: p9.Tversion, tag: NOTAG, msize: this.msize, version } as const;
			const done = (r: Rmessage) => {
				if (r.type === p9.Rversion) {
					this.msize = r.msize;
					this.frameLimit = r.msize;
				}
				resolve(r as p9.Rversion | p9.Rerror);
			};
			if (this.ended === null) this.send(m, done, reject);
			else reject(new ConnectionLost(p9.Tversion, this.ended, false));
		});
	}

	private flush(call: Call, reason: unknown): void {
		if (call.answered || call.flushing) return;
		const { tag: oldtag, type } = call.m;
		call.flushing = true;
		const flushed = () => {
			this.calls.delete(oldtag);
			if (!call.answered) call.reject(new RequestCancelled(type, reason));
		};
		this.send({ type: p9.Tflush, tag: this.nextTag(), oldtag }, flushed, () => {});
	}

	// Throws what says that the request was not sent, and leaves no trace of it then.
	private send(m: Tmessage, resolve: Call["resolve"], reject: Call["reject"]): Call {
		const size = sizeOf(m);
		if (size > this.msize || overLimit(m, this.msize) !== "") {
			throw new RangeError(`${nameOf(m.type)} was not sent: it exceeds msize ${this.msize}`);
		}
		const buf = Buffer.allocUnsafe(size);
		encode(m, buf, 0);
		const call: Call = { m, resolve, reject, answered: false, flushing: false };
		this.calls.set(m.tag, call);
		this.trace?.("T", buf, 0, size);
		this.pipe.send(buf);
		return call;
	}

	private nextTag(): number {
		while (this.calls.has(this.tag)) this.tag = (this.tag + 1) % NOTAG;
		const { tag } = this;
		this.tag = (tag + 1) % NOTAG;
		return tag;
	}

	private broken(why: string): false {
		this.lost(`the server broke the protocol: ${why}`);
		this.pipe.close();
		return false;
	}
}

function nameOf(type: number): string {
	return messages.find((m) => m.number === type)?.name ?? `message ${type}`;
}

// Why `r` can't be the reply to `m`, or null.
function mismatch(m: Tmessage, r: Fcall): string | null {
	if (r.type === p9.Rerror && m.type !== p9.Tflush) return null;
	if (r.type !== m.type + 1) return `the reply to ${nameOf(m.type)} is of another type`;
	if (m.type === p9.Tversion && r.type === p9.Rversion && r.msize > m.msize) return "msize grew";
	if (m.type === p9.Tread && r.type === p9.Rread && r.data.length > m.count)
		return "more than was asked";
	if (m.type === p9.Twrite && r.type === p9.Rwrite && r.count > m.data.length)
		return "more than was sent";
	if (m.type === p9.Twalk && r.type === p9.Rwalk) {
		const [n, most] = [r.wqid.length, m.wname.length];
		if (n > most || (n === 0 && most > 0)) return "as many qids as there can't be";
	}
	return null;
}
