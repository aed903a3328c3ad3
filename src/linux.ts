// What one fid of a Linux connection is owed: the kernel turns one read(2) into several Treads
// and waits for an answer of 0 bytes, and shells seek back into what they have read (LX-2 to
// LX-8). This file decides from offsets and counts alone; it knows nothing of channels.
//
// Offsets are doubles. Above 2^53 they are not exact, and nothing here is remembered.

/** Reads that ask for at most this much are kept for re-reads (LX-6). */
const REREAD_LIMIT = 64 << 10;
/** Continuations owed at once, one for each reader that shares the fid (LX-4). */
const OWED_LIMIT = 16;
/** Identical reads answered 0 before the kernel is told to stop (LX-8). */
const LOOP_LIMIT = 64;

interface Owed {
	offset: number;
	least: number;
	most: number;
}

/** Counts what all fids of a connection keep for re-reads (LM-8). */
export interface Keeper {
	keptBytes: number;
	readonly keptLimit: number;
}

export class LinuxFid {
	/** Bytes kept for re-reads: those of a read at `offset`. */
	kept: Buffer | null = null;
	private readonly keeper: Keeper;
	private keptOffset = 0;
	private rereads = true;
	private owed: Owed[] = [];
	private lastOffset = -1;
	private lastCount = -1;
	private zeros = 0;

	constructor(keeper: Keeper) {
		this.keeper = keeper;
	}

	/** Whether this read continues a short answer, and so gets 0 bytes. It is no longer owed then. */
	continues(offset: number, count: number): boolean {
		if (this.owed.length === 0) return false;
		const is = (o: Owed) => o.offset === offset && count >= o.least && count <= o.most;
		const i = this.owed.findIndex(is);
		if (i >= 0) this.owed.splice(i, 1);
		else this.owed = this.owed.filter((o) => o.offset !== offset);
		return i >= 0;
	}

	/** Notes an answer of n bytes to a read of `count` when `limit` is the largest count there is. */
	answered(offset: number, count: number, n: number, limit: number): void {
		this.lastOffset = -1;
		if (n === 0 || n >= count || !Number.isSafeInteger(offset + n)) return;
		if (this.owed.length === OWED_LIMIT) this.owed.shift();
		const most = count === limit ? count : count - n;
		this.owed.push({ offset: offset + n, least: count - n, most });
	}

	/** Where in `kept` a read at `offset` begins, or -1 if it is no re-read. */
	reread(offset: number): number {
		if (this.kept === null) return -1;
		const at = offset - this.keptOffset;
		return at > 0 && at < this.kept.length ? at : -1;
	}

	/** Keeps a new read's bytes. */
	keep(offset: number, count: number, buf: Buffer, from: number, to: number): void {
		if (!this.rereads || count > REREAD_LIMIT || !Number.isSafeInteger(offset + count)) return;
		const { keptBytes, keptLimit } = this.keeper;
		if (keptBytes + to - from > keptLimit) return;
		this.put(Buffer.from(buf.subarray(from, to)));
		this.keptOffset = offset;
	}

	/** A new read came, or the fid ends (LX-7). */
	forget(): void {
		this.put(null);
	}

	/** A Twrite came (LX-7, LX-8). */
	wrote(): void {
		this.put(null);
		this.lastOffset = -1;
	}

	/** A second read came before the first was answered: re-reads make no sense here (LX-7). */
	pipelines(): void {
		this.put(null);
		this.rereads = false;
	}

	/** A request came; a loop is made of identical reads with nothing between (LX-8). */
	came(offset: number, count: number): void {
		if (offset !== this.lastOffset || count !== this.lastCount) this.lastOffset = -1;
	}

	/** Counts identical reads; true when this one must not get another 0 (LX-8). */
	loops(offset: number, count: number): boolean {
		if (offset !== this.lastOffset || count !== this.lastCount) {
			this.lastOffset = offset;
			this.lastCount = count;
			this.zeros = 0;
		}
		return ++this.zeros >= LOOP_LIMIT;
	}

	private put(bytes: Buffer | null): void {
		this.keeper.keptBytes += (bytes?.length ?? 0) - (this.kept?.length ?? 0);
		this.kept = bytes;
	}
}
