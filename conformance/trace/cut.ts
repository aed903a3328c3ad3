// Cuts a recorded stream into frames, and whatever is no frame into pieces: nothing is lost or
// refused. After a size that cannot be, it looks for frames no more.

/** A whole frame, or bytes that are none and why. */
export interface Piece {
	bytes: Buffer;
	why?: string;
}

const HEADER = 7;
const LARGEST = 64 << 20;

export class Cutter {
	private parts: Buffer[] = [];
	private have = 0;
	private lost = false;

	/** The pieces that end in this chunk. */
	feed(chunk: Buffer): Piece[] {
		if (this.lost) return [{ bytes: Buffer.from(chunk), why: "after what was no frame" }];
		this.parts.push(Buffer.from(chunk));
		this.have += chunk.length;
		if (this.have < this.size()) return [];
		const buf = this.joined();
		const pieces: Piece[] = [];
		let at = 0;
		while (buf.length - at >= 4) {
			const size = buf.readUInt32LE(at);
			if (size < HEADER || size > LARGEST) {
				this.lost = true;
				pieces.push({ bytes: buf.subarray(at), why: `a frame has no size of ${size}` });
				this.keep(buf, buf.length);
				return pieces;
			}
			if (buf.length - at < size) break;
			pieces.push({ bytes: buf.subarray(at, at + size) });
			at += size;
		}
		this.keep(buf, at);
		return pieces;
	}

	/** What is left when the stream ends. */
	end(): Piece[] {
		if (this.have === 0) return [];
		const bytes = this.joined();
		this.keep(bytes, bytes.length);
		return [{ bytes, why: "the stream ended within it" }];
	}

	// How many bytes there must be before anything can be cut off.
	private size(): number {
		if (this.have < 4) return 4;
		const first = this.parts[0] as Buffer;
		const size = (first.length < 4 ? this.joined() : first).readUInt32LE(0);
		return size > LARGEST ? 4 : size;
	}

	private joined(): Buffer {
		if (this.parts.length > 1) this.parts = [Buffer.concat(this.parts)];
		return this.parts[0] ?? Buffer.alloc(0);
	}

	private keep(buf: Buffer, from: number): void {
		this.parts = from < buf.length ? [buf.subarray(from)] : [];
		this.have = buf.length - from;
	}
}
