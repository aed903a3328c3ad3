// One channel: a queue of messages, waiting readers and waiting writers. Its law: a message that
// was accepted is delivered once, in the order of acceptance (CH-2), and each request has exactly
// one outcome. It knows nothing of fids, tags, connections, clocks and 9P.

import { Line, type Linked } from "./line.ts";
import type { Message, Store } from "./store.ts";

/** A request for a message. One of these is called once, perhaps before `ask` returns. */
export interface Reader extends Linked {
	/** Takes a message, `buf[from, to)`, which is valid during the call only. */
	deliver(buf: Buffer, from: number, to: number): void;
	/** The channel is closed and empty (EN-2). */
	end(): void;
}

/** An offer of a message. One of these is called once, perhaps before `offer` returns. */
export interface Writer extends Linked {
	/** The copy it holds while it waits. */
	message: Message | null;
	/** The message must wait: copies it, or refuses itself and says false (LM-3). */
	hold(buf: Buffer, from: number, to: number): boolean;
	accepted(): void;
	/** The channel is closed; nothing was taken (EN-1). */
	removed(): void;
}

/** What a server asks of a channel, wherever its messages are kept. */
export interface Channel {
	readonly capacity: number;
	readonly closed: boolean;
	ask(r: Reader): void;
	offer(w: Writer, buf: Buffer, from: number, to: number): void;
	/** Withdraws one that waits, without a trace; it has no further outcome. */
	cancel(waiting: Reader | Writer): void;
	resize(capacity: number): void;
	close(): void;
	/** Drops what is queued; returns how many messages that were. */
	drop(): number;
}

export class Chan implements Channel {
	capacity = 0;
	closed = false;
	private bytes = 0;
	private readonly store: Store;
	private readonly byteLimit: number;
	private readonly queue = new Line<Message>();
	private readonly readers = new Line<Reader>();
	private readonly writers = new Line<Writer>();

	constructor(store: Store, byteLimit: number) {
		this.store = store;
		this.byteLimit = byteLimit;
	}

	ask(r: Reader): void {
		const m = this.queue.shift();
		if (m !== null) {
			r.deliver(m.buf, 0, m.size);
			this.discard(m);
			this.admit();
			return;
		}
		const w = this.writers.shift();
		if (w !== null) this.rendezvous(r, w);
		else if (this.closed) r.end();
		else this.readers.push(r);
	}

	offer(w: Writer, buf: Buffer, from: number, to: number): void {
		if (this.closed) {
			w.removed();
			return;
		}
		const r = this.readers.shift();
		if (r !== null) {
			r.deliver(buf, from, to);
			w.accepted();
		} else if (this.writers.length === 0 && this.reserve(to - from)) {
			this.queue.push(this.store.message(buf, from, to));
			w.accepted();
		} else if (w.hold(buf, from, to)) this.writers.push(w);
	}

	cancel(waiting: Reader | Writer): void {
		waiting.line?.remove(waiting);
		// The one behind it may be small enough for the room there is.
		this.admit();
	}

	resize(capacity: number): void {
		this.capacity = capacity;
		this.admit();
	}

	close(): void {
		this.closed = true;
		for (let w = this.writers.shift(); w !== null; w = this.writers.shift()) w.removed();
		for (let r = this.readers.shift(); r !== null; r = this.readers.shift()) r.end();
	}

	drop(): number {
		let n = 0;
		for (let m = this.queue.shift(); m !== null; m = this.queue.shift()) {
			this.discard(m);
			n++;
		}
		return n;
	}

	/** Lets waiting writers in, in order, as far as there is room (CH-4, CT-10, LM-1). */
	admit(): void {
		for (let w = this.writers.first; w !== null; w = this.writers.first) {
			const m = w.message as Message;
			if (!this.reserve(m.size)) return;
			this.writers.remove(w);
			w.message = null;
			this.queue.push(m);
			w.accepted();
		}
	}

	private rendezvous(r: Reader, w: Writer): void {
		const m = w.message as Message;
		w.message = null;
		r.deliver(m.buf, 0, m.size);
		w.accepted();
		this.store.recycle(m);
		// Capacity above 0 means that it was the byte limit that kept the writers out.
		this.admit();
	}

	private reserve(size: number): boolean {
		if (this.queue.length >= this.capacity) return false;
		if (this.bytes + size > this.byteLimit || !this.store.reserve(size, this)) return false;
		this.bytes += size;
		return true;
	}

	private discard(m: Message): void {
		this.bytes -= m.size;
		this.store.release(m.size);
		this.store.recycle(m);
	}
}
