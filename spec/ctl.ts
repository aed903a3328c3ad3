// What ctl reads and writes are, as pure functions: the rules CT and, for ctl, LX-8. Text is bytes,
// one character (0 to 255) a byte, and paths within it are UTF-8. Channels' facts come in as plain
// values and resizes go out as values; it must not know channels, the tree, the clock, or src.

import { meter } from "./ctlmeter.ts";
import { parseLine, quote, utf8 } from "./ctltext.ts";

/** What ctl shows of a channel. Transfers are the times of each, in ms, oldest first. */
export interface Fact {
	/** The whole path, as `/a/b`. */
	readonly path: string;
	readonly capacity: number;
	readonly rx: readonly number[];
	readonly tx: readonly number[];
}
/** The tree and its channels at the time of an event. */
export interface Facts {
	readonly channels: readonly Fact[];
	/** Whole paths of directories; the root's is "/". */
	readonly dirs: readonly string[];
	/** Milliseconds. */
	readonly now: number;
}
export interface CtlFid {
	readonly conn: number;
	readonly fid: number;
	readonly linux: boolean;
	/** What came after the last newline; nothing before there was one (CT-7). */
	readonly held?: string | undefined;
	readonly snapshot?: string;
	/** Identical reads in a row that were answered 0 (LX-8). */
	readonly run?: { readonly offset: number; readonly count: number; readonly zeros: number };
}
export interface Ctl {
	readonly fids: readonly CtlFid[];
	/**
	 * Bytes of all snapshots and of what is held (CT-5, CT-7), the largest capacity, the zero read
	 * that is an error (LX-8).
	 */
	readonly snapshotBytes: number;
	readonly mostCapacity: number;
	readonly zeros: number;
}
export type CtlEvent = { readonly conn: number } & (
	| { readonly kind: "open"; readonly fid: number; readonly linux: boolean }
	| { readonly kind: "read"; readonly fid: number; readonly offset: number; readonly count: number }
	| { readonly kind: "write"; readonly fid: number; readonly bytes: string }
	/** Any other request on the fid. */
	| { readonly kind: "stat"; readonly fid: number }
	/** The end of the fid: Tclunk, or Tremove. */
	| { readonly kind: "clunk"; readonly fid: number }
	/** A new Tversion, or a lost connection. */
	| { readonly kind: "end" }
);
export type CtlReply =
	| { readonly kind: "data"; readonly bytes: string }
	| { readonly kind: "count"; readonly count: number }
	| { readonly kind: "ok" }
	| { readonly kind: "error"; readonly ename: string };
export interface Resize {
	readonly path: string;
	readonly capacity: number;
}
export interface CtlStep {
	readonly state: Ctl;
	readonly reply: CtlReply;
	readonly resizes: readonly Resize[];
	/** Held lines that were dropped at a fid's end (CT-7). */
	readonly dropped: readonly string[];
}

export const freshCtl = (limits: Partial<Omit<Ctl, "fids">> = {}): Ctl => ({
	fids: [],
	snapshotBytes: Infinity,
	mostCapacity: Infinity,
	zeros: 64,
	...limits,
});

/** The model of ctl. */
export function step(s: Ctl, e: CtlEvent, facts: Facts): CtlStep {
	const none = { resizes: [], dropped: [] };
	if (e.kind === "open") {
		const { conn, fid, linux } = e;
		const opened = { ...s, fids: [...s.fids, { conn, fid, linux }] };
		return { state: opened, reply: OK, ...none };
	}
	if (e.kind === "end" || e.kind === "clunk") {
		const ends = (f: CtlFid) => f.conn === e.conn && (e.kind === "end" || f.fid === e.fid);
		const ended = s.fids.filter(ends).map((f) => checkLines(s, [f.held ?? ""], facts));
		const resizes = ended.flatMap((r) => (typeof r === "string" ? [] : r));
		const dropped = s.fids.filter(ends).filter((_, i) => typeof ended[i] === "string");
		const state = { ...s, fids: s.fids.filter((f) => !ends(f)) };
		return { state, reply: OK, resizes, dropped: dropped.map((f) => f.held ?? "") };
	}
	const fid = s.fids.find((f) => f.conn === e.conn && f.fid === e.fid);
	if (!fid) throw new Error("not possible: ctl is not open there");
	if (e.kind === "stat") return { state: set(s, without(fid)), reply: OK, ...none };
	if (e.kind === "read") return { ...read(s, fid, e, facts), ...none };
	// All of it may have to be held.
	if (sizeBut(s, fid) + size(fid) + e.bytes.length > s.snapshotBytes) {
		const reply = { kind: "error", ename: NOBUFS } as const;
		return { state: set(s, without(fid)), reply, ...none };
	}
	const { lines, held } = split(fid.held, e.bytes);
	const resizes = checkLines(s, lines, facts);
	if (typeof resizes === "string") {
		const reply = { kind: "error", ename: resizes } as const;
		return { state: set(s, { ...without(fid), held: undefined }), reply, ...none }; // CT-8
	}
	const reply = { kind: "count", count: e.bytes.length } as const;
	return { state: set(s, { ...without(fid), held }), reply, resizes, dropped: [] };
}

const OK: CtlReply = { kind: "ok" };
const NOBUFS = "No buffer space available";

/** Bytes that a fid keeps, and that all others do. */
const size = (f: CtlFid) => (f.snapshot?.length ?? 0) + (f.held?.length ?? 0);
const sizeBut = (s: Ctl, fid: CtlFid) =>
	s.fids.filter((f) => f !== fid).reduce((n, f) => n + size(f), 0);

/** The fid without its run of zeros: something else came between. */
const without = ({ run: _, ...fid }: CtlFid): CtlFid => fid;

const set = (s: Ctl, fid: CtlFid): Ctl => ({
	...s,
	fids: s.fids.map((f) => (f.conn === fid.conn && f.fid === fid.fid ? fid : f)),
});

/** The lines of a write, and what is held after it (CT-7). */
export function split(held: string | undefined, bytes: string) {
	const lines = ((held ?? "") + bytes).split("\n");
	if (held === undefined && lines.length === 1) return { lines, held }; // alone, it is a line
	return { lines: lines.slice(0, -1), held: lines.at(-1) };
}

/** The resizes that lines ask for, or the error of the first bad one (CT-8, CT-9). */
function checkLines(s: Ctl, lines: readonly string[], facts: Facts): Resize[] | string {
	const out: Resize[] = [];
	for (const line of lines) {
		const parsed = parseLine(line);
		if (parsed === undefined) continue;
		if (typeof parsed === "string") return parsed;
		const { path, capacity } = parsed;
		const channel = facts.channels.find((c) => utf8(c.path) === path);
		if (path === "/ctl") return "Operation not permitted";
		if (facts.dirs.some((d) => utf8(d) === path)) return "Is a directory";
		if (!channel) return "file does not exist";
		if (capacity > s.mostCapacity) return "Invalid argument";
		out.push({ path: channel.path, capacity });
	}
	return out;
}

/** CT-1, CT-5, LX-8. */
function read(
	s: Ctl,
	fid: CtlFid,
	e: { offset: number; count: number },
	facts: Facts,
): Pick<CtlStep, "state" | "reply"> {
	const { offset, count } = e;
	if (count === 0) return { state: set(s, without(fid)), reply: { kind: "data", bytes: "" } };
	const fresh = offset === 0 || fid.snapshot === undefined;
	const snapshot = fresh ? snapshotText(facts) : (fid.snapshot ?? "");
	if (fresh && sizeBut(s, fid) + size({ ...fid, snapshot }) > s.snapshotBytes) {
		const alike = fid.run?.offset === offset && fid.run.count === count;
		const reply = { kind: "error", ename: NOBUFS } as const;
		return { state: alike ? s : set(s, without(fid)), reply };
	}
	const bytes = snapshot.slice(offset, offset + count);
	const taken: CtlFid = { ...without(fid), snapshot };
	if (bytes !== "") return { state: set(s, taken), reply: { kind: "data", bytes } };
	const alike = fid.run?.offset === offset && fid.run.count === count;
	const zeros = (alike ? (fid.run?.zeros ?? 0) : 0) + 1;
	const broken = fid.linux && zeros >= s.zeros;
	const reply: CtlReply = broken
		? { kind: "error", ename: "Input/output error" }
		: { kind: "data", bytes };
	return { state: set(s, { ...taken, run: { offset, count, zeros } }), reply };
}

/** All of ctl's text (CT-1 to CT-4). */
export function snapshotText({ channels, now }: Facts): string {
	const header = "# filename | channel size | rx | tx | average rx | average tx";
	const rows = channels.toSorted((a, b) => (a.path < b.path ? -1 : 1));
	const lines = rows.map((c) => {
		const [rx, tx] = [meter(c.rx, now), meter(c.tx, now)];
		return [quote(utf8(c.path)), c.capacity, rx.last, tx.last, rx.average, tx.average].join("\t");
	});
	return [header, ...lines, ""].join("\n");
}
