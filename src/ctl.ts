// The text of ctl: a table of channels to read, and lines of `PATH CAPACITY` to write. All lines
// of a write are checked before any is applied (CT-8). It knows nothing of fids and messages, and
// is told the time.

import { Einval, Eisdir, Emsgsize, Enotexist, Eunchangeable } from "./9p/errors.ts";
import { ChanFile, Dir, type Refusal } from "./node.ts";
import type { Tree } from "./tree.ts";

const HEADER = "# filename | channel size | rx | tx | average rx | average tx\n";
/** The longest line that may be written, in bytes. */
const LINE_LIMIT = 64 << 10;
const NEWLINE = 10;
// A path as it is or in Plan 9's quotes, blanks, digits; then blanks and what nobody looks at.
const LINE = /^[ \t]*(?:'((?:[^']|'')*)'|([^ \t']+))[ \t]+([0-9]+)(?:[ \t].*)?$/s;
const IGNORED = /^[ \t]*(?:#.*)?$/s;

/** What ctl says in second `now` (CT-1 to CT-4); null when that is more than `limit` bytes. */
export function snapshot(tree: Tree, now: number, limit: number): Buffer | null {
	let text = HEADER;
	for (const file of tree.channels()) {
		const { rx, tx } = file;
		rx.roll(now);
		tx.roll(now);
		const path = quote(file.path());
		const { capacity } = file.chan;
		if (text.length > limit) return null;
		text += `${path}\t${capacity}\t${rx.last}\t${tx.last}\t${rx.average}\t${tx.average}\n`;
	}
	return Buffer.from(text);
}

/** The writes of one fid to ctl; a line may come in pieces (CT-7). */
export class CtlWriter {
	private readonly tree: Tree;
	private readonly maxCapacity: number;
	/** What came after the last newline, a part of a line; null before any (CT-7). */
	private held: Buffer | null = null;

	constructor(tree: Tree, maxCapacity: number) {
		this.tree = tree;
		this.maxCapacity = maxCapacity;
	}

	/** Bytes of an unfinished line. */
	get heldBytes(): number {
		return this.held?.length ?? 0;
	}

	/** Applies the lines of one write, all or none. */
	write(data: Buffer): Refusal | null {
		const all = this.held === null ? data : Buffer.concat([this.held, data]);
		let end = all.lastIndexOf(NEWLINE) + 1;
		const alone = end === 0 && this.held === null;
		if (alone) end = all.length;
		if (all.length - end > LINE_LIMIT) return Emsgsize;
		const refused = this.apply(all.toString("utf8", 0, end));
		// A refused write changes nothing, and ends a line that was held: it would spoil the next one
		// too.
		this.held = refused === null && !alone ? Buffer.from(all.subarray(end)) : null;
		return refused;
	}

	/** The fid ends: a held line is as good as its newline would have made it. */
	close(): Refusal | null {
		return this.held === null ? null : this.apply(this.held.toString());
	}

	private apply(text: string): Refusal | null {
		const changes: [ChanFile, number][] = [];
		for (const line of text.split("\n")) {
			if (IGNORED.test(line)) continue;
			const change = this.parse(line);
			if (typeof change === "string") return change;
			changes.push(change);
		}
		for (const [file, capacity] of changes) file.chan.resize(capacity);
		return null;
	}

	private parse(line: string): [ChanFile, number] | Refusal {
		const m = LINE.exec(line);
		if (m === null) return Einval;
		const path = m[1]?.replaceAll("''", "'") ?? (m[2] as string);
		if (!path.startsWith("/")) return Einval;
		const node = this.tree.find(path);
		if (node === null) return Enotexist;
		if (node instanceof Dir) return Eisdir;
		if (!(node instanceof ChanFile)) return Eunchangeable;
		const capacity = Number(m[3]);
		return capacity <= this.maxCapacity ? [node, capacity] : Einval;
	}
}

// Plan 9's quoting, as in quote(2).
function quote(path: string): string {
	return /[ ']/.test(path) ? `'${path.replaceAll("'", "''")}'` : path;
}
