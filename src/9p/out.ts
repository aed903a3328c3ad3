// The replies of one connection that wait to be sent, back to back in one buffer that is used
// again and again: many replies leave in one write, and a payload is copied once. It knows
// nothing of sockets.

import { putU32, u8 } from "./bytes.ts";
import {
	encode,
	type Fcall,
	Rread,
	Rread_data,
	Rwrite,
	Rwrite_count,
	sizeOf,
} from "./fcall.gen.ts";

const SMALLEST = 512;
// A loop beats the call into native code for few bytes (measured: about 24).
const LOOP_COPY = 24;

/** Copies `from[p, end)` to `to[at, …)`, which must have room. */
export function copy(to: Buffer, at: number, from: Buffer, p: number, end: number): void {
	if (end - p <= LOOP_COPY) for (let i = p, j = at; i < end; i++, j++) to[j] = u8(from, i);
	else from.copy(to, at, p, end);
}

export class Out {
	/** `buf[0, size)` waits. */
	buf = Buffer.allocUnsafeSlow(SMALLEST);
	size = 0;
	/** How many of the replies in `buf` carry bytes of a message (CH-7). */
	messages = 0;
	/** Sees each reply. */
	written: ((buf: Uint8Array, from: number, to: number) => void) | null = null;

	/** Any reply; Rread and Rwrite have shorter ways. */
	reply(f: Fcall): void {
		const at = this.room(sizeOf(f));
		encode(f, this.buf, at);
		this.written?.(this.buf, at, this.size);
	}

	/** Rread with the bytes `from[p, end)`. */
	rread(tag: number, from: Buffer, p: number, end: number): void {
		const n = end - p;
		const at = this.room(Rread_data + n);
		this.header(at, Rread_data + n, Rread, tag, n);
		copy(this.buf, at + Rread_data, from, p, end);
		this.written?.(this.buf, at, this.size);
	}

	rwrite(tag: number, count: number): void {
		const at = this.room(Rwrite_count + 4);
		this.header(at, Rwrite_count + 4, Rwrite, tag, count);
		this.written?.(this.buf, at, this.size);
	}

	/**
	 * Hands over what waits. With `lend` the buffer goes along and a new one takes its place: for a
	 * transport that could not send it at once.
	 */
	clear(lend: boolean): void {
		if (lend) this.buf = Buffer.allocUnsafeSlow(SMALLEST);
		this.size = 0;
		this.messages = 0;
	}

	private header(at: number, size: number, type: number, tag: number, count: number): void {
		const buf = this.buf;
		putU32(buf, at, size);
		buf[at + 4] = type;
		buf[at + 5] = tag;
		buf[at + 6] = tag >>> 8;
		putU32(buf, at + 7, count);
	}

	private room(n: number): number {
		const at = this.size;
		if (at + n > this.buf.length) this.grow(at + n);
		this.size = at + n;
		return at;
	}

	private grow(need: number): void {
		let n = this.buf.length * 2;
		while (n < need) n *= 2;
		const buf = Buffer.allocUnsafeSlow(n);
		this.buf.copy(buf, 0, 0, this.size);
		this.buf = buf;
	}
}
