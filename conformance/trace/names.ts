// One connection's client half, played again: which tag and fid stand for the recorded ones,
// which file a fid is on, and where a reader has got to. The recorded number is used unless the
// server has it in use for something else, which only a deviation can bring about. It knows
// nothing of sockets.

import {
	type Fcall,
	NOFID,
	NOTAG,
	QTDIR,
	Rattach,
	Rclunk,
	Rcreate,
	Rread,
	Rwalk,
	Tattach,
	Tauth,
	Tclunk,
	Tcreate,
	Tflush,
	Topen,
	Tread,
	Tremove,
	Tversion,
	Twalk,
} from "../../src/9p/fcall.gen.ts";
import type { FileInfo } from "./fields.ts";
import type { Message, Trace } from "./format.ts";

export interface Request {
	message: Message;
	/** As recorded, and as played. */
	tag: number;
	playedTag: number;
	played: Fcall | null;
	/** The request that a Tflush is about. */
	old: Request | undefined;
	/** Not sent at all. */
	skipped: boolean;
	/** The recording had its answer by now. */
	recordedAnswer: Message | null;
	/** The server's answer was taken. */
	answered: boolean;
	/** A Tflush for it went out: it may be answered or not. */
	flushed: boolean;
}

/** Where reads of a fid have got to, as recorded and as played. */
interface Cursor {
	recorded: bigint;
	played: bigint;
}

const FRESH_FID = 0x40000000;
const FRESH_TAG = 0xe000;

export class Names {
	requests: Request[] = [];
	private readonly fids = new Map<number, number>();
	private readonly files = new Map<number, FileInfo>();
	private readonly cursors = new Map<number, Cursor>();
	/** Fids that the server has. */
	private readonly held = new Set<number>();

	/** The client's message as it must be sent now, and what is known of it. */
	request(message: Message, skipped: boolean): Request {
		const m = message.fcall;
		const tag = tagOf(message);
		const old = m?.type === Tflush ? this.recordedOpen(m.oldtag) : undefined;
		const r: Request = {
			message,
			tag,
			playedTag: m === null ? tag : this.playedTag(tag),
			played: null,
			old,
			skipped,
			recordedAnswer: null,
			answered: false,
			flushed: false,
		};
		if (m !== null && !skipped) r.played = this.play(m, r);
		if (!skipped && m?.type === Tversion) this.reset();
		this.requests.push(r);
		return r;
	}

	/** The request that the recording answers with this tag next. */
	recordedOpen(tag: number): Request | undefined {
		return this.requests.find((r) => r.tag === tag && r.recordedAnswer === null);
	}

	/** The oldest request of a recorded tag that the server has not answered. */
	unanswered(tag: number): Request | undefined {
		return this.requests.find((r) => r.tag === tag && !r.answered && !r.skipped);
	}

	/** A request that the recording has flushed: its tag is free (flush(5)). */
	over(r: Request): void {
		this.requests = this.requests.filter((other) => other !== r);
	}

	/** Forgets what is over on both sides. */
	tidy(): void {
		this.requests = this.requests.filter(
			(r) => r.recordedAnswer === null || !(r.answered || r.skipped),
		);
	}

	/** A tag that neither side uses, for a message that is not in the recording. */
	freeTag(not = NOTAG): number {
		for (let tag = FRESH_TAG; ; tag++) {
			if (tag !== not && !this.requests.some((r) => r.tag === tag || r.playedTag === tag))
				return tag;
		}
	}

	/** The file that a request is about. */
	file(r: Request | undefined): FileInfo | undefined {
		const m = r?.message.fcall;
		return m && "fid" in m ? this.files.get(m.fid) : undefined;
	}

	/**
	 * What the recording's client learned from an answer; `m` is it, or what a deviation has
	 * instead.
	 */
	learn(r: Request, m: Fcall): void {
		const asked = r.message.fcall;
		if (asked === null) return;
		if (asked.type === Tattach && m.type === Rattach) {
			this.files.set(asked.fid, { path: "/", dir: true });
		} else if (asked.type === Twalk && m.type === Rwalk && m.wqid.length === asked.wname.length) {
			const from = this.files.get(asked.fid);
			const last = m.wqid.at(-1);
			const path = asked.wname.reduce(join, from?.path ?? "?");
			const dir = last === undefined ? from?.dir === true : (last.type & QTDIR) !== 0;
			this.files.set(asked.newfid, { path, dir });
		} else if (asked.type === Tcreate && m.type === Rcreate) {
			const path = join(this.files.get(asked.fid)?.path ?? "?", asked.name);
			this.files.set(asked.fid, { path, dir: (m.qid.type & QTDIR) !== 0 });
		}
	}

	/** What the server's answer did to fids and offsets. */
	answer(r: Request, got: Fcall): void {
		r.answered = true;
		const asked = r.message.fcall;
		const sent = r.played;
		if (asked === null || sent === null) return;
		if (sent.type === Tattach && got.type === Rattach) this.held.add(sent.fid);
		if (sent.type === Twalk && got.type === Rwalk && got.wqid.length === sent.wname.length) {
			this.held.add(sent.newfid);
		}
		if (sent.type === Tremove || (sent.type === Tclunk && got.type === Rclunk)) {
			this.held.delete(sent.fid);
		}
		const recorded = r.recordedAnswer?.fcall;
		if (asked.type !== Tread || sent.type !== Tread || got.type !== Rread) return;
		if (recorded?.type !== Rread) return;
		this.cursors.set(asked.fid, {
			recorded: asked.offset + BigInt(recorded.data.length),
			played: sent.offset + BigInt(got.data.length),
		});
	}

	private play(m: Fcall, r: Request): Fcall {
		const tag = r.playedTag;
		switch (m.type) {
			case Tversion:
				return m;
			case Tflush:
				return { ...m, tag, oldtag: r.old?.playedTag ?? m.oldtag };
			case Tauth:
				return { ...m, tag, afid: this.bind(m.afid) };
			case Tattach:
				return { ...m, tag, afid: this.fid(m.afid), fid: this.bind(m.fid) };
			case Twalk: {
				const fid = this.fid(m.fid);
				return { ...m, tag, fid, newfid: m.newfid === m.fid ? fid : this.bind(m.newfid) };
			}
			case Tread: {
				const cursor = this.cursors.get(m.fid);
				const offset = cursor?.recorded === m.offset ? cursor.played : m.offset;
				return { ...m, tag, fid: this.fid(m.fid), offset };
			}
			case Topen:
			case Tcreate:
				this.cursors.delete(m.fid);
		}
		return "fid" in m ? { ...m, tag, fid: this.fid(m.fid) } : { ...m, tag };
	}

	private playedTag(tag: number): number {
		const taken = this.requests.some((r) => r.playedTag === tag && !r.answered && !r.skipped);
		return taken && tag !== NOTAG ? this.freeTag() : tag;
	}

	private fid(recorded: number): number {
		return this.fids.get(recorded) ?? recorded;
	}

	// The recording gives a number a new meaning.
	private bind(recorded: number): number {
		let fid = recorded;
		if (recorded !== NOFID) for (let n = FRESH_FID; this.held.has(fid); n++) fid = n;
		this.fids.set(recorded, fid);
		this.cursors.delete(recorded);
		return fid;
	}

	private reset(): void {
		this.requests = [];
		this.fids.clear();
		this.files.clear();
		this.cursors.clear();
		this.held.clear();
	}
}

/** The tag of a message, or of bytes that are none. */
export function tagOf(message: Message): number {
	if (message.fcall !== null) return message.fcall.tag;
	const bytes = message.raw?.bytes;
	return bytes === undefined || bytes.length < 7 ? NOTAG : bytes.readUInt16LE(5);
}

/** The requests that a trace answers, wherever. */
export function answeredIn(trace: Trace): Set<Message> {
	const open = new Map<string, Message>();
	const answered = new Set<Message>();
	for (const e of trace.entries) {
		if (e.kind !== "message") continue;
		const key = `${e.conn} ${tagOf(e)}`;
		const request = open.get(key);
		if (e.side === "C") open.set(key, e);
		else if (request !== undefined) answered.add(request);
	}
	return answered;
}

function join(path: string, name: string): string {
	if (name === "..") return path.slice(0, Math.max(1, path.lastIndexOf("/")));
	return path === "/" ? `/${name}` : `${path}/${name}`;
}
