// Reading an open directory (read(5)): whole entries from a snapshot, in steps that the client's
// offsets must follow. It knows nothing of fids and messages.

import { Ebadoffset } from "./9p/errors.ts";
import { encodeStat, sizeOfStat } from "./9p/fcall.gen.ts";
import type { Dir, Node, Refusal } from "./node.ts";

/** A place between two entries, by the offset that the client knows it by. */
interface Place {
	offset: number;
	entry: number;
}

export class DirRead {
	private readonly dir: Dir;
	private entries: readonly Node[] = [];
	private previous: Place = { offset: 0, entry: 0 };
	private next: Place = { offset: 0, entry: 0 };

	constructor(dir: Dir) {
		this.dir = dir;
	}

	/** Up to `count` bytes of entries at `offset` (TR-20 to TR-22). */
	read(offset: number, count: number): Buffer | Refusal {
		if (offset === 0) {
			this.entries = this.dir.sorted();
			this.previous = { offset: 0, entry: 0 };
			this.next = this.previous;
		}
		if (offset === this.previous.offset) return this.take(this.previous, count);
		return offset === this.next.offset ? this.take(this.next, count) : Ebadoffset;
	}

	private take(place: Place, count: number): Buffer {
		const parts: Buffer[] = [];
		let size = 0;
		let i = place.entry;
		for (; i < this.entries.length; i++) {
			const node = this.entries[i] as Node;
			if (node.removed) continue;
			const stat = node.stat();
			const n = sizeOfStat(stat);
			if (size + n > count) break;
			const part = Buffer.allocUnsafe(n);
			encodeStat(stat, part, 0);
			parts.push(part);
			size += n;
		}
		if (size > 0) {
			this.previous = place;
			this.next = { offset: place.offset + size, entry: i };
		}
		return Buffer.concat(parts, size);
	}
}
