// Keeps the books of a server from its trace alone: which message was offered by which write, and
// where its bytes went. It throws when a message is doubled, joined, reordered, or comes from a
// cancelled write. Message k is made of bytes k only, so every byte tells whose it is.

import * as p9 from "../src/9p/fcall.gen.ts";
import { decode, type Fcall } from "../src/9p/fcall.gen.ts";
import type { Tracer } from "../src/session.ts";

type Status = "waits" | "accepted" | "refused";

export interface Entry {
	id: number;
	size: number;
	/** Of arrival at the server, from 1. */
	order: number;
	/** qid.path of its channel. */
	chan: bigint;
	status: Status;
	/** Bytes delivered, and to which life of a fid. */
	got: number;
	reader: Life | null;
}

/** A fid from its opening to its end. */
interface Life {
	chan: bigint;
	/** The message that was delivered in part. */
	part: Entry | null;
}

interface Request {
	m: Fcall;
	life: Life | undefined;
	entry: Entry | undefined;
}

export class Ledger {
	readonly entries = new Map<number, Entry>();
	/** Rests that had to be dropped with their fids (CH-9). */
	droppedRests = 0;
	private readonly delivered = new Map<bigint, number>();

	/** Bytes of a message went to a fid. */
	bytes(life: Life, data: Uint8Array): void {
		const id = data[0] as number;
		const entry = this.entries.get(id);
		must(entry !== undefined && data.every((b) => b === id), `joined messages: ${data}`);
		must(life.part === null || life.part === entry, `message ${id} before the rest of another`);
		must(entry.chan === life.chan, `message ${id} from another channel`);
		must(entry.status !== "refused", `message ${id} of a refused or cancelled write`);
		if (entry.reader === null) {
			const last = this.delivered.get(life.chan) ?? 0;
			must(entry.order > last, `message ${id} out of order`);
			this.delivered.set(life.chan, entry.order);
			entry.reader = life;
		}
		must(entry.reader === life, `message ${id} for two fids`);
		entry.got += data.length;
		must(entry.got <= entry.size, `message ${id} doubled`);
		life.part = entry.got < entry.size ? entry : null;
	}
}

/** What one connection did. */
export class Book {
	/** Answers with bytes of messages that were produced, and that the client got. */
	produced = 0;
	taken = 0;
	private readonly ledger: Ledger;
	private readonly open = new Map<number, Request>();
	private readonly lives = new Map<number, Life>();

	constructor(ledger: Ledger) {
		this.ledger = ledger;
	}

	readonly trace: Tracer = (direction, buf, from, to) => {
		const m = decode(buf, from, to);
		if (direction === "T") this.asked(m as Fcall);
		else this.answered(m as Fcall);
	};

	/** What the client was handed. */
	took(replies: readonly Fcall[]): void {
		this.taken += replies.filter((m) => m.type === p9.Rread && m.data.length > 0).length;
	}

	/** Its session ends: nothing of what waits may happen any more (FL-5, FL-6). */
	gone(): void {
		for (const tag of [...this.open.keys()]) this.cancel(tag);
		for (const fid of [...this.lives.keys()]) this.ended(fid);
	}

	private asked(m: Fcall): void {
		if (m.type === p9.Tversion) this.gone();
		must(!this.open.has(m.tag), `tag ${m.tag} used twice by the test`);
		const life = "fid" in m ? this.lives.get(m.fid) : undefined;
		const entry = m.type === p9.Twrite && life !== undefined ? this.offered(m, life) : undefined;
		this.open.set(m.tag, { m, life, entry });
		if (m.type === p9.Tclunk || m.type === p9.Tremove) this.ended(m.fid);
	}

	private offered(m: p9.Twrite, { chan }: Life): Entry {
		const [id, size] = [m.data[0] as number, m.data.length];
		const order = this.ledger.entries.size + 1;
		const entry: Entry = { id, size, order, chan, status: "waits", got: 0, reader: null };
		this.ledger.entries.set(id, entry);
		return entry;
	}

	private answered(r: Fcall): void {
		const request = this.open.get(r.tag);
		must(request !== undefined, `an answer to nothing: tag ${r.tag}, type ${r.type}`);
		const { m, life, entry } = request;
		this.open.delete(r.tag);
		if (m.type === p9.Tflush) {
			must(r.type === p9.Rflush, "a Tflush not answered Rflush");
			if (m.oldtag !== m.tag) this.cancel(m.oldtag);
		} else if (r.type === p9.Rread && r.data.length > 0) {
			this.produced++;
			this.ledger.bytes(life as Life, r.data);
		} else if (r.type === p9.Rwrite) {
			must(entry !== undefined && r.count === entry.size, "a short Rwrite");
			entry.status = "accepted";
		} else if (r.type === p9.Rerror && entry !== undefined) {
			entry.status = "refused";
			must(entry.got === 0, `message ${entry.id} delivered, yet its write refused`);
		} else if ((r.type === p9.Ropen || r.type === p9.Rcreate) && "fid" in m) {
			this.lives.set(m.fid, { chan: r.qid.path, part: null });
		}
	}

	private cancel(tag: number): void {
		const entry = this.open.get(tag)?.entry;
		if (entry !== undefined) {
			must(entry.got === 0, `message ${entry.id} delivered, its write cancelled`);
			entry.status = "refused";
		}
		this.open.delete(tag);
	}

	private ended(fid: number): void {
		const life = this.lives.get(fid);
		if (life !== undefined && life.part !== null) this.ledger.droppedRests++;
		this.lives.delete(fid);
	}
}

function must(truth: boolean, otherwise: string): asserts truth {
	if (!truth) throw new Error(otherwise);
}
