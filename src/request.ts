// A Tread or Twrite of a channel, as the channel sees it. Requests are pooled: one is made for
// each message that passes, and making objects is what passing a message would mostly cost.

import type { Reader, Writer } from "./chan.ts";
import type { Fid } from "./fid.ts";
import type { Line, Linked } from "./line.ts";
import type { SessionRequest } from "./session.ts";
import type { Message } from "./store.ts";

/** The connection that a request came by; it is told what became of it. */
export interface Requester {
	delivered(r: Request, buf: Buffer, from: number, to: number): void;
	eof(r: Request): void;
	hold(r: Request, buf: Buffer, from: number, to: number): boolean;
	accepted(r: Request): void;
	removed(r: Request): void;
}

export class Request implements Reader, Writer, SessionRequest<Fid> {
	prev: Linked | null = null;
	next: Linked | null = null;
	line: Line<Linked> | null = null;
	message: Message | null = null;
	by!: Requester;
	fid!: Fid;
	tag = 0;
	order = 0;
	offset = 0;
	/** Bytes asked for, or bytes offered. */
	count = 0;
	reads = false;
	/** It has no outcome yet. */
	open = false;
	/** Its tag is in use: it has to wait. */
	blocked = false;
	/** Its message counts among the bytes of blocked writes. */
	held = false;

	deliver(buf: Buffer, from: number, to: number): void {
		this.by.delivered(this, buf, from, to);
	}

	end(): void {
		this.by.eof(this);
	}

	hold(buf: Buffer, from: number, to: number): boolean {
		return this.by.hold(this, buf, from, to);
	}

	accepted(): void {
		this.by.accepted(this);
	}

	removed(): void {
		this.by.removed(this);
	}
}

/** Requests that are not in use; those above a number are left to the garbage collector. */
export class RequestPool {
	private readonly free: Request[] = [];

	take(
		by: Requester,
		fid: Fid,
		tag: number,
		offset: number,
		count: number,
		reads: boolean,
	): Request {
		const r = this.free.pop() ?? new Request();
		r.by = by;
		r.fid = fid;
		r.tag = tag;
		r.offset = offset;
		r.count = count;
		r.reads = reads;
		r.open = true;
		return r;
	}

	give(r: Request): void {
		if (this.free.length < POOL_SIZE) this.free.push(r);
	}
}

const POOL_SIZE = 4096;
