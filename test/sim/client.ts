// A client of the simulation: it keeps a few requests outstanding on a few fids, right and wrong
// ones, continues short reads as Linux does, stops reading, and begins new sessions. It knows what
// it was answered, and nothing of the server.

import * as p9 from "../../src/9p/fcall.gen.ts";
import { decode, type Fcall, NOFID, NOTAG } from "../../src/9p/fcall.gen.ts";
import { frame } from "../wire.ts";
import { CTL_FID } from "./judge.ts";
import type { Random } from "./random.ts";

export const MSIZE = 1100;
const WINDOW = 6;
const NAMES = ["a", "b"];
const COUNTS = [1, 2, 3, 6, 50, MSIZE - 24];
const MODES = [p9.OREAD, p9.OREAD, p9.OWRITE, p9.ORDWR];

/** What happened in a run, and how often. */
export type Tally = Record<string, number>;

export class Client {
	/** Reads what arrives. */
	stalled = false;
	readonly linux: boolean;
	private readonly random: Random;
	private readonly tally: Tally;
	private readonly serial: () => number;
	private readonly send: (bytes: Buffer) => void;
	private readonly open = new Map<number, Fcall>();
	/** Modes of fids that are open, and where a short answer ended. */
	private readonly fids = new Map<number, number>();
	private readonly short = new Map<number, { offset: number; least: number; most: number }>();
	/** Fids that were refused what they were made for. */
	private readonly stuck = new Set<number>();
	private greeting = true;
	private unread = Buffer.alloc(0);

	constructor(
		random: Random,
		linux: boolean,
		tally: Tally,
		serial: () => number,
		send: (bytes: Buffer) => void,
	) {
		this.random = random;
		this.linux = linux;
		this.tally = tally;
		this.serial = serial;
		this.send = send;
		this.greet();
	}

	/** Does something. */
	act(): void {
		const { random } = this;
		if (this.greeting || this.stalled || this.open.size >= WINDOW) return this.flushSome();
		const fid = 1 + random.below(3);
		const mode = this.fids.get(fid);
		const dice = random.below(100);
		if (dice < 1) return this.greet(true);
		if (dice < 3) return this.stall();
		if (dice < 6)
			return this.note("flush", { type: p9.Tflush, tag: this.tag(), oldtag: this.some() });
		if (dice < 10) return this.resize();
		if (mode === undefined) return this.join(fid);
		if (dice < 13) return this.end(fid, "clunk");
		if (dice < 15) return this.end(fid, "remove");
		if (dice < 17) return this.note("stat", { type: p9.Tstat, tag: this.tag(), fid });
		if (mode === p9.OREAD || (mode === p9.ORDWR && random.once(2))) return this.read(fid);
		const size = random.below(10);
		const data = Buffer.alloc(size, this.serial());
		this.note("write", { type: p9.Twrite, tag: this.tag(), fid, offset: 0n, data });
	}

	/** Bytes from the server. */
	receive(bytes: Buffer): void {
		let buf = Buffer.concat([this.unread, bytes]);
		while (buf.length >= 4 && buf.length >= buf.readUInt32LE(0)) {
			const size = buf.readUInt32LE(0);
			const m = decode(buf, 0, size);
			if (m.type === 0) throw new Error(`the server sent nonsense: ${m.why}`);
			this.answered(m);
			buf = buf.subarray(size);
		}
		this.unread = buf;
	}

	private answered(m: Fcall): void {
		if (m.type === p9.Rversion) {
			this.greeting = false;
			this.begin();
		}
		if (this.greeting || m.type === p9.Rversion) return; // of the old session
		const asked = this.open.get(m.tag);
		if (asked === undefined) throw new Error(`an answer to nothing: tag ${m.tag}`);
		this.open.delete(m.tag);
		if (asked.type === p9.Tflush) this.open.delete(asked.oldtag);
		const joins = asked.type === p9.Topen || asked.type === p9.Tcreate;
		if (m.type === p9.Rerror && joins) this.stuck.add(asked.fid);
		if (m.type === p9.Ropen && asked.type === p9.Topen) this.fids.set(asked.fid, asked.mode & 3);
		if (m.type === p9.Rcreate && asked.type === p9.Tcreate) {
			this.fids.set(asked.fid, asked.mode & 3);
		}
		if (m.type !== p9.Rread || asked.type !== p9.Tread || !this.linux) return;
		const n = m.data.length;
		const [offset, least] = [Number(asked.offset) + n, asked.count - n];
		const most = asked.count === MSIZE - 24 ? asked.count : least;
		if (n > 0 && least > 0) this.short.set(asked.fid, { offset, least, most });
	}

	private greet(again = false): void {
		if (again) this.count("renegotiate");
		this.greeting = true;
		this.open.clear();
		this.fids.clear();
		this.short.clear();
		this.stuck.clear();
		const version = "9P2000";
		this.send(frame({ type: p9.Tversion, tag: NOTAG, msize: MSIZE, version }));
	}

	private begin(): void {
		const uname = "glenda";
		const tag = this.linux ? 0 : 1;
		this.say({ type: p9.Tattach, tag, fid: 0, afid: NOFID, uname, aname: "" });
		this.say({ type: p9.Twalk, tag: 2, fid: 0, newfid: CTL_FID, wname: ["ctl"] });
		this.say({ type: p9.Topen, tag: 3, fid: CTL_FID, mode: p9.OWRITE });
	}

	private join(fid: number): void {
		const { random } = this;
		const joins = (m: Fcall) => (m.type === p9.Topen || m.type === p9.Tcreate) && m.fid === fid;
		if ([...this.open.values()].some(joins) && !random.once(20)) return;
		if (this.stuck.delete(fid)) this.end(fid, "clunk");
		const name = random.pick(NAMES);
		const mode = random.pick(MODES) + (random.once(12) ? p9.ORCLOSE : 0);
		const make = random.once(3);
		this.count("walk");
		this.say({ type: p9.Twalk, tag: this.tag(), fid: 0, newfid: fid, wname: make ? [] : [name] });
		if (make) {
			this.note("create", { type: p9.Tcreate, tag: this.tag(), fid, name, perm: 0o666, mode });
			if (random.once(2)) this.end(fid, "clunk");
		} else this.note("open", { type: p9.Topen, tag: this.tag(), fid, mode });
	}

	private read(fid: number): void {
		const { random } = this;
		const short = this.short.get(fid);
		let offset = random.below(4);
		let count = random.pick(COUNTS);
		if (short !== undefined && !random.once(4)) {
			offset = short.offset - (random.once(4) ? 1 : 0);
			count = random.pick([short.least, short.least, short.most, count]);
		}
		this.note("read", { type: p9.Tread, tag: this.tag(), fid, offset: BigInt(offset), count });
	}

	private end(fid: number, how: "clunk" | "remove"): void {
		this.fids.delete(fid);
		this.short.delete(fid);
		const type = how === "clunk" ? p9.Tclunk : p9.Tremove;
		this.note(how, { type, tag: this.tag(), fid } as Fcall);
	}

	private resize(): void {
		const line = `/${this.random.pick(NAMES)} ${this.random.below(4)}\n`;
		const data = Buffer.from(line);
		this.note("resize", { type: p9.Twrite, tag: this.tag(), fid: CTL_FID, offset: 0n, data });
	}

	/** Stops reading; the answer to a Tstat of the root is more than the server keeps. */
	private stall(): void {
		this.count("stall");
		this.say({ type: p9.Tstat, tag: this.tag(), fid: 0 });
		this.stalled = true;
	}

	/** With everything blocked only a flush helps. */
	private flushSome(): void {
		if (this.greeting || this.stalled || this.open.size >= 2 * WINDOW) return;
		if (!this.random.once(6)) return;
		this.note("flush", { type: p9.Tflush, tag: this.tag(), oldtag: this.some() });
	}

	private some(): number {
		const tags = [...this.open.keys()];
		return tags.length > 0 ? this.random.pick(tags) : this.random.below(5);
	}

	private tag(): number {
		const flushed = [...this.open.values()].map((m) => (m.type === p9.Tflush ? m.oldtag : NOTAG));
		let tag = this.random.below(6);
		while (this.open.has(tag) || flushed.includes(tag)) tag++;
		return tag;
	}

	private note(kind: string, m: Fcall): void {
		this.count(kind);
		this.say(m);
	}

	private count(kind: string): void {
		this.tally[kind] = (this.tally[kind] ?? 0) + 1;
	}

	private say(m: Fcall): void {
		this.open.set(m.tag, m);
		this.send(frame(m));
	}
}
