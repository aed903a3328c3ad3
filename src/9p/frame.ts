// Cuts a stream of bytes into frames (intro(5)). A frame that lies whole in a chunk is handed
// over where it lies; the bytes of one that is split are copied once. It never trusts a size:
// memory grows with the bytes that came, not with what the header promises.

import { u32 } from "./bytes.ts";
import { HDRSZ } from "./fcall.gen.ts";

const SMALLEST = 256;

/** Takes one whole frame `buf[from, to)`, valid during the call. False stops the cutting. */
export interface Sink {
	/** The largest frame allowed now, in bytes. */
	readonly frameLimit: number;
	frame(buf: Buffer, from: number, to: number): boolean;
}

export class Frames {
	private part: Buffer | null = null;
	private have = 0;

	/** Memory that the part of a frame takes. */
	get bytes(): number {
		return this.part === null ? 0 : this.part.length;
	}

	/** Forgets the part of a frame. */
	drop(): void {
		this.part = null;
	}

	/**
	 * Hands the whole frames of `buf[from, to)` to the sink and keeps the rest. Returns where it
	 * stopped: `to`, or less if the sink said so, or -1 at a frame of impossible size.
	 */
	feed(buf: Buffer, from: number, to: number, sink: Sink): number {
		let p = from;
		while (p < to) {
			if (this.part !== null) {
				p = this.fill(this.part, buf, p, to);
				const size = this.have < 4 ? 0 : u32(this.part, 0);
				if (this.have >= 4 && (size < HDRSZ || size > sink.frameLimit)) return -1;
				if (this.have < 4 || this.have < size) continue;
				const whole = this.part;
				this.part = null;
				if (!sink.frame(whole, 0, size)) return p;
				continue;
			}
			if (to - p < 4) return this.keep(buf, p, to);
			const size = u32(buf, p);
			if (size < HDRSZ || size > sink.frameLimit) return -1;
			if (to - p < size) return this.keep(buf, p, to);
			p += size;
			if (!sink.frame(buf, p - size, p)) return p;
		}
		return p;
	}

	private keep(buf: Buffer, from: number, to: number): number {
		this.have = to - from;
		this.part = Buffer.allocUnsafeSlow(Math.max(SMALLEST, this.have));
		buf.copy(this.part, 0, from, to);
		return to;
	}

	// Adds to the part what its frame still lacks (at first: its size field); returns the new
	// position.
	private fill(part: Buffer, buf: Buffer, from: number, to: number): number {
		const want = this.have < 4 ? 4 : u32(part, 0);
		const n = Math.min(want - this.have, to - from);
		if (this.have + n > part.length) {
			this.part = Buffer.allocUnsafeSlow(Math.min(want, Math.max(this.have + n, part.length * 2)));
			part.copy(this.part, 0, 0, this.have);
		}
		buf.copy(this.part as Buffer, this.have, from, from + n);
		this.have += n;
		return from + n;
	}
}
