// The reads and writes of channels by one connection: where requests meet messages. It keeps the
// rest of a message that was read in part, does what Linux needs, and takes the connection's
// waiting reads out of the lines while its client does not take replies. It knows nothing of the
// tree beyond the channel of a fid.

import { Emsgsize, Enobufs, Eremoved } from "./9p/errors.ts";
import { IOHDRSZ } from "./9p/fcall.gen.ts";
import type { Fid } from "./fid.ts";
import { FidSession } from "./fids.ts";
import type { Flushable, Host } from "./host.ts";
import type { LinuxFid } from "./linux.ts";
import type { ChanFile } from "./node.ts";
import type { Request, Requester } from "./request.ts";
import type { LinuxMode, Tracer } from "./session.ts";
import { MESSAGE_OVERHEAD, type Message } from "./store.ts";

export const EMPTY = Buffer.alloc(0);

// Reasons for reads to stand in no line, each stronger than the one before it.
const NOT = 0;
/** Too many bytes of rests: reads of a rest are answered, others wait. */
const RESTS = 1;
/** The client does not take its replies: none is answered. */
const STALLED = 2;

export abstract class ChanSession extends FidSession<Fid, Request> implements Requester, Flushable {
	/** Called when `out` holds something, at the end of the event that put it there. */
	onOutput: () => void = () => {};
	/** Its number: how many there were before it. */
	readonly id: number;
	protected readonly host: Host;
	private dirty = false;
	/** Why its waiting reads have left the lines, if they have (CH-14). */
	private parked = NOT;
	private blockedBytes = 0;
	private restBytes = 0;

	constructor(host: Host, id: number, linuxMode: LinuxMode, trace: Tracer | null) {
		super(host.limits, linuxMode, trace);
		this.host = host;
		this.id = id;
	}

	/** The end of an event that brought output: hands it on. */
	flush(): void {
		this.dirty = false;
		this.onOutput();
		this.settle();
	}

	protected readChan(fid: Fid, tag: number, offset: number, count: number): void {
		if (count === 0) return this.out.rread(tag, EMPTY, 0, 0);
		if (fid.linux !== null && this.answersLinux(fid, fid.linux, tag, offset, count)) return;
		const r = this.host.requests.take(this, fid, tag, offset, count, true);
		this.startRead(r);
		if (r.open) this.block(r);
	}

	protected writeChan(fid: Fid, tag: number, buf: Buffer, from: number, to: number): void {
		const size = to - from;
		fid.linux?.wrote();
		if (size === 0) return this.out.rwrite(tag, 0);
		if (this.tooLong(size) && !fid.node.removed) return this.rerror(tag, Emsgsize);
		const r = this.host.requests.take(this, fid, tag, 0, size, false);
		chanOf(fid).chan.offer(r, buf, from, to);
		if (r.open) this.block(r);
	}

	/** Drops what is left of a message; false if there was nothing (CH-9). */
	protected dropRest(fid: Fid): boolean {
		if (fid.rest === null) return false;
		this.freeRest(fid, fid.rest);
		return true;
	}

	/** There is output: the transport will be told. */
	protected touch(): void {
		if (this.dirty) return;
		this.dirty = true;
		this.host.dirty.push(this);
	}

	delivered(r: Request, buf: Buffer, from: number, to: number): void {
		const { fid } = r;
		const { stats, now } = this.host;
		const end = Math.min(to, from + r.count);
		chanOf(fid).rx.count(now);
		stats.reads++;
		stats.readBytes += to - from;
		this.answer(r, buf, from, end);
		if (end < to) this.keepRest(fid, buf, end, to);
		if (fid.rest !== null && fid.reads > 0) this.serveRest(fid);
		this.settle();
	}

	eof(r: Request): void {
		this.zero(r.fid, r.tag, r.offset, r.count);
		this.done(r);
		this.touch();
	}

	hold(r: Request, buf: Buffer, from: number, to: number): boolean {
		const { host } = this;
		const { connectionWriteBytes, serverWriteBytes } = host.limits;
		const mine = this.blockedBytes + r.count;
		const all = host.blockedBytes + r.count;
		if (mine > connectionWriteBytes || all > serverWriteBytes) {
			this.rerror(r.tag, Enobufs);
			this.done(r);
			return false;
		}
		this.blockedBytes = mine;
		host.blockedBytes = all;
		r.held = true;
		r.message = host.store.message(buf, from, to);
		return true;
	}

	accepted(r: Request): void {
		const { stats, now } = this.host;
		chanOf(r.fid).tx.count(now);
		stats.writes++;
		stats.writeBytes += r.count;
		this.out.rwrite(r.tag, r.count);
		this.done(r);
		this.touch();
	}

	removed(r: Request): void {
		this.rerror(r.tag, Eremoved);
		this.done(r);
		this.touch();
	}

	protected override block(r: Request): void {
		super.block(r);
		this.host.blockedRequests++;
		r.blocked = true;
		if (r.reads) r.fid.reads++;
	}

	protected override withdraw(r: Request): void {
		chanOf(r.fid).chan.cancel(r);
		this.done(r);
	}

	// A request has had its outcome.
	private done(r: Request): void {
		if (r.blocked) {
			this.unblock(r);
			this.host.blockedRequests--;
			r.blocked = false;
			if (r.reads) r.fid.reads--;
		}
		if (r.held) {
			this.blockedBytes -= r.count;
			this.host.blockedBytes -= r.count;
			r.held = false;
		}
		if (r.message !== null) this.host.store.recycle(r.message);
		r.message = null;
		r.open = false;
		this.host.requests.give(r);
	}

	// Answers a read that Linux sends where other clients would not, if it is one (LX-2, LX-6).
	private answersLinux(fid: Fid, linux: LinuxFid, tag: number, offset: number, count: number) {
		if (linux.continues(offset, count)) {
			this.zero(fid, tag, offset, count);
			return true;
		}
		const at = linux.reread(offset);
		if (at >= 0 && linux.kept !== null) {
			const n = Math.min(count, linux.kept.length - at);
			this.out.rread(tag, linux.kept, at, at + n);
			linux.answered(offset, count, n, this.msize - IOHDRSZ);
			return true;
		}
		if (fid.reads > 0) linux.pipelines();
		else linux.forget();
		return false;
	}

	private zero(fid: Fid, tag: number, offset: number, count: number): void {
		if (fid.linux?.loops(offset, count) && fid.node.removed) this.rerror(tag, Eremoved);
		else this.out.rread(tag, EMPTY, 0, 0);
	}

	private tooLong(size: number): boolean {
		const { channelBytes, serverBytes } = this.host.limits;
		return size > channelBytes || size + MESSAGE_OVERHEAD > serverBytes;
	}

	private startRead(r: Request): void {
		if (r.fid.rest !== null) this.giveRest(r, r.fid, r.fid.rest);
		else if (this.parked === NOT) chanOf(r.fid).chan.ask(r);
	}

	private answer(r: Request, buf: Buffer, from: number, to: number): void {
		const { offset, count } = r;
		this.out.rread(r.tag, buf, from, to);
		this.out.messages++;
		const { linux } = r.fid;
		if (linux !== null) {
			linux.keep(offset, count, buf, from, to);
			linux.answered(offset, count, to - from, this.msize - IOHDRSZ);
		}
		this.done(r);
		this.touch();
	}

	private keepRest(fid: Fid, buf: Buffer, from: number, to: number): void {
		fid.rest = this.host.store.message(buf, from, to);
		fid.restAt = 0;
		this.restBytes += fid.rest.size;
	}

	private freeRest(fid: Fid, rest: Message): void {
		this.restBytes -= rest.size;
		this.host.store.recycle(rest);
		fid.rest = null;
	}

	private giveRest(r: Request, fid: Fid, rest: Message): void {
		const from = fid.restAt;
		const to = Math.min(rest.size, from + r.count);
		this.answer(r, rest.buf, from, to);
		fid.restAt = to;
		if (to === rest.size) this.freeRest(fid, rest);
		this.settle();
	}

	// The fid's waiting reads come before those that wait for the channel's next message (CH-8).
	private serveRest(fid: Fid): void {
		for (const r of this.tags.all()) {
			if (fid.rest === null || this.stalled) return;
			if (!r.open || r.fid !== fid || !r.reads) continue;
			chanOf(fid).chan.cancel(r);
			this.giveRest(r, fid, fid.rest);
		}
	}

	// Takes the waiting reads out of the lines, or puts them back, as the client takes its replies.
	protected settle(): void {
		if (this.parked === NOT && this.restBytes === 0 && !this.stalled) return; // as nearly always
		const crammed = this.restBytes > this.host.limits.restBytes;
		const park = this.stalled ? STALLED : crammed ? RESTS : NOT;
		if (park === this.parked) return;
		const leave = park > this.parked;
		this.parked = park;
		for (const r of this.tags.all()) {
			if (!r.reads || !r.open) continue;
			if (leave) chanOf(r.fid).chan.cancel(r);
			// What one gets may park those behind it again; they will come back to here.
			else if (this.parked === STALLED) return;
			else if (r.line === null) this.startRead(r);
		}
	}
}

function chanOf(fid: Fid): ChanFile {
	return fid.node as ChanFile;
}
