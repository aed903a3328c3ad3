// A fid from the client's side: its operations, its number, and the offset it has come to. It knows
// requests and replies, and nothing of how they travel.

import {
	decodeStat,
	IOHDRSZ,
	MAXWELEM,
	NOFID,
	type Qid,
	type Stat,
	Tclunk,
	Tcreate,
	Topen,
	Tread,
	Tremove,
	Tstat,
	Twalk,
	Twrite,
	Twstat,
} from "./9p/fcall.gen.ts";
import { DONT_TOUCH } from "./9p/stat.ts";
import type { CallOptions, Calls } from "./calls.ts";

/** The fid numbers of one connection. */
export class FidNumbers {
	private next: number;
	private readonly used = new Set<number>();

	constructor(first: number) {
		this.next = first;
	}

	take(): number {
		while (this.used.has(this.next)) this.next = (this.next + 1) % NOFID;
		const fid = this.next;
		this.used.add(fid);
		this.next = (fid + 1) % NOFID;
		return fid;
	}

	free(fid: number): void {
		this.used.delete(fid);
	}
}

export class ClientFid {
	readonly fid: number;
	/** Of the file it is on. */
	qid: Qid;
	/** As open(5) told; 0 when it did not. */
	iounit = 0;
	/** Where the next read or write is, unless told otherwise. */
	offset = 0n;
	private readonly calls: Calls;
	private readonly numbers: FidNumbers;
	private ended = false;

	constructor(calls: Calls, numbers: FidNumbers, fid: number, qid: Qid) {
		this.calls = calls;
		this.numbers = numbers;
		this.fid = fid;
		this.qid = qid;
	}

	/** The most bytes that one read or write carries. */
	get most(): number {
		return Math.min(this.iounit || Infinity, this.calls.msize - IOHDRSZ);
	}

	/**
	 * A new fid for the file at `path`, names or slash-separated, from here; no names clone
	 * (walk(5)).
	 */
	async walk(path: string | readonly string[]): Promise<ClientFid> {
		const names = typeof path === "string" ? path.split("/").filter((s) => s !== "") : path;
		let fid = this.live;
		let qid = this.qid;
		let at = 0;
		let most = MAXWELEM;
		const newfid = this.numbers.take();
		try {
			do {
				const wname = names.slice(at, at + most);
				const { wqid } = await this.calls.call({ type: Twalk, fid, newfid, wname });
				// A walk that stopped half-way moved nothing and told no reason. Going just so far and then
				// for the next name alone brings the reason, or gets on if things have changed.
				most = wqid.length;
				if (wqid.length < wname.length) continue;
				fid = newfid;
				at += wname.length;
				qid = wqid.at(-1) ?? qid;
			} while (at < names.length);
		} catch (e) {
			if (fid === newfid) await this.calls.request({ type: Tclunk, fid }).catch(() => {});
			this.numbers.free(newfid);
			throw e;
		}
		return new ClientFid(this.calls, this.numbers, newfid, qid);
	}

	/** Prepares for reading and writing (open(5)). */
	async open(mode: number): Promise<void> {
		const r = await this.calls.call({ type: Topen, fid: this.live, mode });
		this.opened(r.qid, r.iounit);
	}

	/** Creates a file in this directory, and is then open on it (open(5)). */
	async create(name: string, perm: number, mode: number): Promise<void> {
		const r = await this.calls.call({ type: Tcreate, fid: this.live, name, perm, mode });
		this.opened(r.qid, r.iounit);
	}

	/** Up to `count` bytes; none at the end (read(5)). */
	async read(
		count = this.most,
		offset = this.offset,
		options: CallOptions = {},
	): Promise<Uint8Array> {
		const { data } = await this.calls.call({ type: Tread, fid: this.live, offset, count }, options);
		this.offset = offset + BigInt(data.length);
		return data;
	}

	/**
	 * The next message of a channel, or null when the channel has been removed. Of a message longer
	 * than `most` it is the beginning, and the rest comes next.
	 */
	async readMessage(options: CallOptions = {}): Promise<Uint8Array | null> {
		const data = await this.read(this.most, this.offset, options);
		return data.length === 0 ? null : data;
	}

	/** Writes in one request, so on a channel one message; returns how many bytes (write(5)). */
	async write(
		data: Uint8Array | string,
		offset = this.offset,
		options: CallOptions = {},
	): Promise<number> {
		const bytes = typeof data === "string" ? Buffer.from(data) : data;
		const { count } = await this.calls.call(
			{ type: Twrite, fid: this.live, offset, data: bytes },
			options,
		);
		this.offset = offset + BigInt(count);
		return count;
	}

	/** All entries of this open directory, from the first on. */
	async readdir(): Promise<Stat[]> {
		const entries: Stat[] = [];
		let data = await this.read(this.most, 0n);
		for (; data.length > 0; data = await this.read()) {
			for (let at = 0; at < data.length; ) {
				const end = at + 2 + ((data[at] as number) | ((data[at + 1] ?? 0) << 8));
				const stat = decodeStat(data, at, Math.min(end, data.length));
				if ("why" in stat) throw new Error(`directory entry ${entries.length}: ${stat.why}`);
				entries.push(stat);
				at = end;
			}
		}
		return entries;
	}

	async stat(): Promise<Stat> {
		return (await this.calls.call({ type: Tstat, fid: this.live })).stat;
	}

	/** Changes what `changes` names, all or nothing (stat(5)). */
	async wstat(changes: Partial<Stat>): Promise<void> {
		const stat = { ...DONT_TOUCH, ...changes };
		await this.calls.call({ type: Twstat, fid: this.live, stat });
	}

	/** Ends the fid, whatever the server says. */
	async clunk(): Promise<void> {
		await this.end(Tclunk);
	}

	/** Removes the file and ends the fid, even when removing is refused (remove(5)). */
	async remove(): Promise<void> {
		await this.end(Tremove);
	}

	private async end(type: typeof Tclunk | typeof Tremove): Promise<void> {
		const fid = this.live;
		this.ended = true;
		try {
			await this.calls.call({ type, fid });
		} finally {
			this.numbers.free(fid);
		}
	}

	private opened(qid: Qid, iounit: number): void {
		this.qid = qid;
		this.iounit = iounit;
		this.offset = 0n;
	}

	// Its number, which may be another fid's by now if this one has ended.
	private get live(): number {
		if (this.ended) throw new Error(`fid ${this.fid} has ended: nothing was sent`);
		return this.fid;
	}
}
