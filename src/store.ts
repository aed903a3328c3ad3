// The memory messages wait in: copies of their bytes, reused, and a budget that all channels
// share (LM-1). It knows nothing of connections, nor of the order of messages.

import { copy } from "./9p/out.ts";
import type { Line, Linked } from "./line.ts";

/**
 * What keeping a message costs beside its bytes, about: the object, and the unused part of its
 * buffer.
 */
export const MESSAGE_OVERHEAD = 256;

/** One message's own copy of its bytes, `buf[0, size)`. */
export class Message implements Linked {
	prev: Linked | null = null;
	next: Linked | null = null;
	line: Line<Linked> | null = null;
	buf: Buffer;
	size = 0;

	constructor(capacity: number) {
		this.buf = Buffer.allocUnsafeSlow(capacity);
	}
}

/** Who waits for budget: told when bytes become free. */
export interface Waiting {
	admit(): void;
}

const SMALLEST = 6; // log2 of the smallest buffer, 64 bytes
const LARGEST = 13; // buffers above 8 KiB are not kept
const KEPT_BYTES = 8 << 20;

export class Store {
	/** Bytes of queued messages, and the most there may be. */
	used = 0;
	readonly limit: number;
	private kept = 0;
	private readonly free: Message[][] = Array.from({ length: LARGEST + 1 }, () => []);
	private waiting = new Set<Waiting>();

	constructor(limit: number) {
		this.limit = limit;
	}

	/** A copy of `buf[from, to)`. */
	message(buf: Buffer, from: number, to: number): Message {
		const size = to - from;
		const power = size <= 1 << SMALLEST ? SMALLEST : 32 - Math.clz32(size - 1);
		let m: Message | undefined;
		if (power > LARGEST) m = new Message(size);
		else {
			m = this.free[power]?.pop();
			if (m === undefined) m = new Message(1 << power);
			else this.kept -= m.buf.length;
		}
		copy(m.buf, 0, buf, from, to);
		m.size = size;
		return m;
	}

	/** Takes back a message that nobody needs any more. */
	recycle(m: Message): void {
		const capacity = m.buf.length;
		if (capacity > 1 << LARGEST || this.kept + capacity > KEPT_BYTES) return;
		this.kept += capacity;
		this.free[31 - Math.clz32(capacity)]?.push(m);
	}

	/** Takes budget for a message of `size`; if it is not there, `who` is told when some is free. */
	reserve(size: number, who: Waiting): boolean {
		const n = size + MESSAGE_OVERHEAD;
		if (this.used + n > this.limit) {
			this.waiting.add(who);
			return false;
		}
		this.used += n;
		return true;
	}

	release(size: number): void {
		this.used -= size + MESSAGE_OVERHEAD;
		if (this.waiting.size === 0) return;
		// A channel that still finds no room joins the new set.
		const told = this.waiting;
		this.waiting = new Set();
		for (const who of told) who.admit();
	}
}
