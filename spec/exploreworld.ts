// A small world: a few clients at a few channels, what each may do next, and how that is counted.
// It holds the bounds of the exploration and knows nothing of what answers are right.

import {
	connOf,
	type Event,
	fidOf,
	fresh,
	IOHDRSZ,
	type Limits,
	type Mode,
	type Owed,
	type Read,
	type State,
	type Step,
} from "./chanstate.ts";

export type StepFunction = (state: State, event: Event) => Step;

/** What may happen beside plain reads and writes; each costs one of a path's faults. */
export const kinds = [
	"flush",
	"clunk",
	"remove",
	"resize",
	"disconnect",
	"version",
	"stall", // a connection that does not take its replies
	"partial", // a read shorter than the message
	"empty", // a read or a write of count 0
	"reread", // Linux: a read from one byte back
	"again", // Linux: the same continuation once more
	"nocont", // Linux: a read that leaves the continuation out
	"thread", // Linux: a read beside an outstanding one of the same fid
] as const;
export type Kind = (typeof kinds)[number];

/** A connection's fid that has a channel open. Clients of one connection share its fate. */
export interface Client {
	readonly conn: number;
	readonly fid: number;
	readonly chan: number;
	readonly mode: Mode;
	readonly linux: boolean;
	readonly rclose: boolean;
}
export interface World {
	readonly name: string;
	readonly clients: readonly Client[];
	/** Of each channel. */
	readonly capacities: readonly number[];
	/** Bytes of a message. */
	readonly sizes: readonly number[];
	readonly limits: Partial<Limits>;
	readonly msize: number;
	/** Bounds: messages and faults of a path, operations of a client. */
	readonly messages: number;
	readonly faults: number;
	readonly ops: number;
	/** May a client open the channel again after its fid ended? */
	readonly reopen: boolean;
}

/** What a client knows: operations done, file position, and what a Linux client is owed. */
export interface Seat {
	readonly conn: number;
	readonly fid: number;
	readonly ops: number;
	readonly pos: number;
	readonly owed: readonly Owed[];
	/** Count of the continuation that was just answered 0. */
	readonly again: number;
	/** It once had two reads outstanding. */
	readonly piped: boolean;
	/** Its last reads, all alike and answered 0. */
	readonly zeros: { readonly offset: number; readonly count: number; readonly times: number };
}
export interface Node {
	readonly state: State;
	readonly seats: readonly Seat[];
	readonly sent: number;
	readonly faults: number;
}
export interface Move {
	readonly events: readonly Event[];
	/** Whose operation it is, if it is one. */
	readonly client?: number;
	readonly fault?: Kind;
}

/** The connection that creates the channels and removes one from outside. */
export const OUTSIDER = 9;
/** The count of an ordinary read: longer than any message. */
export const COUNT = 4;

/** Events that build the world. */
export function setup(w: World): Event[] {
	const linux = false;
	const conns = [...new Set(w.clients.map((c) => c.conn))];
	const out: Event[] = [{ kind: "version", conn: OUTSIDER, linux, msize: 8192 }];
	for (const conn of conns) {
		const linux = w.clients.some((c) => c.conn === conn && c.linux);
		out.push({ kind: "version", conn, linux, msize: w.msize });
	}
	for (const [chan, capacity] of w.capacities.entries()) {
		const at = { conn: OUTSIDER, tag: 1, fid: chan + 1 };
		out.push({ kind: "create", ...at, chan, mode: "w", rclose: false });
		out.push({ kind: "clunk", ...at });
		out.push({ kind: "resize", chan, capacity });
	}
	out.push({ kind: "walk", conn: OUTSIDER, tag: 1, fid: 1, chan: 0 });
	return [...out, ...w.clients.flatMap((c) => opening(c, 1))];
}

const opening = ({ conn, fid, chan, mode, rclose }: Client, tag: number): Event[] => [
	{ kind: "walk", conn, tag, fid, chan },
	{ kind: "open", conn, tag, fid, mode, rclose },
];

/** The first node. */
export function start(w: World, step: StepFunction): Node {
	const state = setup(w).reduce((s, e) => step(s, e).state, fresh(w.limits));
	return { state, seats: w.clients.map((c) => freshSeat(c, 0)), sent: 0, faults: 0 };
}

/** What a client knows of a fid that is new. */
export const freshSeat = ({ conn, fid }: { conn: number; fid: number }, ops: number): Seat => ({
	conn,
	fid,
	ops,
	pos: 0,
	owed: [],
	again: 0,
	piped: false,
	zeros: { offset: 0, count: 0, times: 0 },
});

/** Everything that may happen next. */
export function moves(w: World, n: Node): Move[] {
	const out: Move[] = [];
	const faulty = n.faults < w.faults;
	for (const [client, c] of w.clients.entries()) {
		if (connOf(n.state, c.conn)?.stalled !== false) continue; // LM-4
		const able = (n.seats[client] as Seat).ops < w.ops;
		if (fidOf(n.state, c.conn, c.fid)) {
			if (c.linux) continuations(n, c, client, out);
			if (able) requests(w, n, c, client, faulty, out);
			if (faulty) misfortunes(n, c, out);
		} else if (w.reopen && able && n.state.channels.some((x) => x.chan === c.chan && !x.removed)) {
			out.push({ events: opening(c, freeTag(n.state, c.conn)), client });
		}
	}
	for (const { conn, stalled } of n.state.conns) {
		if (conn === OUTSIDER) continue;
		if (stalled) out.push({ events: [{ kind: "resume", conn }] });
		if (!faulty) continue;
		const linux = w.clients.some((c) => c.conn === conn && c.linux);
		if (!stalled) out.push({ events: [{ kind: "stall", conn }], fault: "stall" });
		out.push({ events: [{ kind: "disconnect", conn }], fault: "disconnect" });
		out.push({ events: [{ kind: "version", conn, linux, msize: w.msize }], fault: "version" });
	}
	if (faulty) outside(n, out);
	return out;
}

/**
 * A Linux client goes on with a read(2) that had a short answer; this is no operation of its own.
 */
function continuations(n: Node, c: Client, client: number, out: Move[]): void {
	for (const { offset, least, most } of (n.seats[client] as Seat).owed) {
		for (const count of least === most ? [least] : [least, most]) {
			out.push({ events: [readAt(n.state, c, offset, count)] });
		}
	}
}

const readAt = (s: State, c: Client, offset: number, count: number): Event & { kind: "read" } => ({
	kind: "read",
	conn: c.conn,
	tag: freeTag(s, c.conn),
	fid: c.fid,
	offset,
	count,
});

function requests(
	w: World,
	n: Node,
	c: Client,
	client: number,
	faulty: boolean,
	out: Move[],
): void {
	const { pos, owed, again } = n.seats[client] as Seat;
	const tag = freeTag(n.state, c.conn);
	const at = { conn: c.conn, tag, fid: c.fid };
	if (c.mode.includes("w") && n.sent < w.messages) {
		for (const size of w.sizes) {
			out.push({ events: [{ kind: "write", ...at, bytes: message(n.sent, size) }], client });
		}
	}
	if (c.mode.includes("w") && faulty) {
		out.push({ events: [{ kind: "write", ...at, bytes: "" }], client, fault: "empty" });
	}
	if (!c.mode.includes("r")) return;
	const busy = c.linux && outstanding(n.state, c).length > 0;
	const fault = owed.length > 0 ? "nocont" : busy ? "thread" : undefined;
	const read = { events: [readAt(n.state, c, pos, COUNT)], client };
	if (!fault) out.push(read);
	if (!faulty) return;
	if (fault) out.push({ ...read, fault });
	if (fault === "nocont") return;
	out.push({ events: [readAt(n.state, c, pos, 1)], client, fault: "partial" });
	out.push({ events: [readAt(n.state, c, pos, 0)], client, fault: "empty" });
	if (pos > 0) out.push({ events: [readAt(n.state, c, pos - 1, COUNT)], client, fault: "reread" });
	if (again > 0) out.push({ events: [readAt(n.state, c, pos, again)], client, fault: "again" });
}

/** What may befall one fid. */
function misfortunes(n: Node, c: Client, out: Move[]): void {
	const at = { conn: c.conn, tag: freeTag(n.state, c.conn) };
	for (const r of n.state.waiting) {
		if (r.conn !== c.conn || r.fid !== c.fid) continue;
		out.push({ events: [{ kind: "flush", ...at, oldtag: r.tag }], fault: "flush" });
	}
	out.push({ events: [{ kind: "clunk", ...at, fid: c.fid }], fault: "clunk" });
	out.push({ events: [{ kind: "remove", ...at, fid: c.fid }], fault: "remove" });
}

/** What the outsider may do. */
function outside(n: Node, out: Move[]): void {
	for (const { chan, capacity, removed } of n.state.channels) {
		for (const other of removed ? [] : [0, 1, 2]) {
			if (other === capacity) continue;
			out.push({ events: [{ kind: "resize", chan, capacity: other }], fault: "resize" });
		}
	}
	if (!fidOf(n.state, OUTSIDER, 1)) return;
	const at = { conn: OUTSIDER, tag: 1, fid: 1 };
	out.push({ events: [{ kind: "remove", ...at }], fault: "remove" });
}

/** Message k: its bytes tell which message they are of, and where they stand in it. */
export const message = (k: number, size: number) =>
	String.fromCharCode(97 + k, 65 + k, 48 + k).slice(0, size);

/** The blocked reads of a client. */
export const outstanding = (s: State, c: { conn: number; fid: number }): Read[] =>
	s.waiting.filter((r) => r.kind === "read" && r.conn === c.conn && r.fid === c.fid) as Read[];

function freeTag(s: State, conn: number): number {
	let tag = 1;
	while (s.waiting.some((r) => r.conn === conn && r.tag === tag)) tag++;
	return tag;
}

/** Whether a read at an offset is one that is owed 0 bytes (LX-2). */
export const isOwed = (owed: readonly Owed[], offset: number, count: number) =>
	owed.find((o) => o.offset === offset && o.least <= count && count <= o.most);

/** The largest count of a connection. */
export const most = (w: World) => w.msize - IOHDRSZ;
