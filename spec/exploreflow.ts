// Follows each message through one step of the exploration: nothing is lost, doubled, joined or
// reordered, readers are served in order, and 0 bytes are what the rules say they are. It keeps
// its own account, from the state before, the event and the effects, and compares it with the
// state after.

import {
	type Bytes,
	type Channel,
	connOf,
	type Effect,
	type Event,
	type Fid,
	fidOf,
	INTERRUPTED,
	NOBUFS,
	REMOVED,
	type Read,
	type State,
	type Step,
	type Write,
} from "./chanstate.ts";
import { type Asked, asked } from "./exploreseat.ts";
import { isOwed, type Node, type Seat } from "./exploreworld.ts";

/** What a fid should have. */
interface Own {
	readonly fid: Fid;
	rest: Bytes;
	kept: Fid["kept"];
	zeros: Seat["zeros"] | undefined;
}
/** The account of one step. */
interface Account {
	readonly before: Node;
	readonly event: Event;
	readonly after: State;
	/** Requests not yet answered, oldest first. */
	line: Asked[];
	/** Of each channel: messages queued, then those of blocked writes. */
	readonly held: readonly { readonly chan: number; readonly messages: Bytes[] }[];
	readonly fids: readonly Own[];
	rx: number;
	tx: number;
}

/** The first rule about messages that a step breaks. */
export function flow(
	before: Node,
	event: Event,
	step: Step,
	silent: readonly (Read | Write)[],
): string | undefined {
	const a = open(before, event, step.state, silent);
	let why = forget(a);
	for (const x of step.effects) {
		if (x.kind === "rx") a.rx--;
		else if (x.kind === "tx") a.tx--;
		else if (x.kind === "drop") why ??= dropped(a, x);
		else why ??= replied(a, x);
	}
	return why ?? close(a);
}

function open(n: Node, event: Event, after: State, silent: readonly (Read | Write)[]): Account {
	const s = n.state;
	const all = asked(s, event).filter(
		(r) => !silent.some((q) => q.conn === r.conn && q.tag === r.tag),
	);
	// CH-14
	const late = (r: Asked) => event.kind === "resume" && r.kind === "read" && r.conn === event.conn;
	const line = [...all.filter((r) => !late(r)), ...all.filter(late)];
	const held = s.channels.map(({ chan, queue }) => {
		const blocked = line.filter((r) => r.chan === chan && r.bytes !== "");
		return { chan, messages: queue.concat(blocked.map((r) => r.bytes)) };
	});
	const fids = s.fids.map((fid) => {
		const seat = n.seats.find((x) => x.conn === fid.conn && x.fid === fid.fid);
		return { fid, rest: fid.rest, kept: fid.kept, zeros: seat?.zeros };
	});
	return { before: n, event, after, line, held, fids, rx: 0, tx: 0 };
}

const ownOf = (a: Account, r: { conn: number; fid: number }): Own | undefined =>
	a.fids.find((own) => own.fid.conn === r.conn && own.fid.fid === r.fid);
const heldOf = (a: Account, chan: number): Bytes[] =>
	a.held.find((h) => h.chan === chan)?.messages ?? [];

/** Whether the event is a read that is owed 0, by what its client saw. */
function due(a: Account): boolean {
	const e = a.event;
	if (e.kind !== "read" || e.count === 0) return false;
	const seat = seatOf(a, e);
	return seat !== undefined && isOwed(seat.owed, e.offset, e.count) !== undefined;
}

const seatOf = (a: Account, r: { conn: number; fid: number }): Seat | undefined =>
	a.before.seats.find((x) => x.conn === r.conn && x.fid === r.fid);

/** The kept bytes that the event asks for once more (LX-6). */
function reread(a: Account): Bytes | undefined {
	const e = a.event;
	if (e.kind !== "read" || e.count === 0 || due(a) || seatOf(a, e)?.piped) return undefined;
	const kept = fidOf(a.before.state, e.conn, e.fid)?.kept;
	if (!kept || e.offset <= kept.offset || e.offset >= kept.offset + kept.bytes.length)
		return undefined;
	return kept.bytes.slice(e.offset - kept.offset).slice(0, e.count);
}

/** A write and a new read forget what was kept (LX-7); an owed 0 and a re-read come at once. */
function forget(a: Account): string | undefined {
	const e = a.event;
	if (e.kind !== "read" && e.kind !== "write") return undefined;
	const fid = ownOf(a, e);
	const again = reread(a);
	if (e.kind === "read" && (e.count === 0 || due(a) || again !== undefined)) {
		const late = a.after.waiting.some((r) => r.conn === e.conn && r.tag === e.tag);
		return late ? "LX-2, LX-6, CH-10: a read waits that is answered at once" : undefined;
	}
	if (fid) fid.kept = undefined;
	return undefined;
}

function dropped(a: Account, x: Effect & { kind: "drop" }): string | undefined {
	if (x.what === "queued") {
		const gone = channelOf(a.after, x.chan)?.removed !== false;
		return gone && heldOf(a, x.chan).shift() === x.bytes ? undefined : "EN-4: wrongly dropped";
	}
	const ended = a.fids.find(
		(own) => own.fid.chan === x.chan && own.rest === x.bytes && !lives(a, own.fid),
	);
	if (!ended) return "CH-9: a rest dropped that was none";
	ended.rest = "";
	return undefined;
}

const channelOf = (s: State, chan: number): Channel | undefined =>
	s.channels.find((c) => c.chan === chan);
const lives = (a: Account, f: Fid) => fidOf(a.after, f.conn, f.fid);

function replied(a: Account, x: Effect & { kind: "reply" }): string | undefined {
	const r = a.line.find((q) => q.conn === x.conn && q.tag === x.tag);
	if (!r) return undefined; // not to a read or write: the outcomes' matter
	const o = x.outcome;
	const why =
		o.kind === "error"
			? refused(a, r, o.ename)
			: o.kind === "data" && r.kind === "read"
				? got(a, r, o.bytes)
				: o.kind === "count" && r.kind === "write" && o.count === r.bytes.length
					? undefined
					: "an answer that is none to its request";
	if (o.kind === "count" && o.count > 0) a.tx++;
	a.line = a.line.filter((q) => q !== r);
	return why;
}

function refused(a: Account, r: Asked, ename: string): string | undefined {
	const held = heldOf(a, r.chan);
	if (r.bytes !== "") held.splice(held.indexOf(r.bytes), 1);
	const gone = channelOf(a.after, r.chan)?.removed !== false;
	if (ename === INTERRUPTED) {
		return a.event.kind === "clunk" || a.event.kind === "remove" ? undefined : "FL-4: interrupted";
	}
	if (ename === REMOVED && gone) {
		return r.kind === "write" || broken(a, r) ? undefined : "LX-8: an error too early";
	}
	if (ename === NOBUFS && r.kind === "write" && a.event.kind === "write") {
		const writes = a.after.waiting.filter((q): q is Write => q.kind === "write");
		const size = (all: Write[]) => all.map((q) => q.bytes).join("").length + r.bytes.length;
		const { connHeld, serverHeld } = a.after.limits;
		if (size(writes) > serverHeld) return undefined;
		return size(writes.filter((q) => q.conn === r.conn)) > connHeld ? undefined : "LM-3: refused";
	}
	return `refused without reason: ${ename}`;
}

/** How often a read like this was answered 0 in a row. */
function zeros(a: Account, r: Asked): number {
	const run = ownOf(a, r)?.zeros;
	return run?.offset === r.offset && run.count === r.count ? run.times : 0;
}

/** Only the last of too many zeros is an error (LX-8). */
const broken = (a: Account, r: Asked) => zeros(a, r) + 1 >= a.after.limits.zeros;

function got(a: Account, r: Asked, bytes: Bytes): string | undefined {
	const fid = ownOf(a, r);
	if (!fid) return "an answer at no fid";
	const e = a.event;
	const own = e.kind === "read" && r.conn === e.conn && r.tag === e.tag;
	if (r.count === 0) return bytes === "" ? undefined : "CH-10: data for a read of 0";
	if (own && due(a)) return bytes === "" ? undefined : "LX-2: no 0 for a continuation";
	const again = own ? reread(a) : undefined;
	if (again !== undefined) return bytes === again ? undefined : "LX-6: a wrong re-read";
	if (bytes === "") {
		const c = channelOf(a.after, r.chan);
		const over = (!c || (c.removed && c.queue.length === 0)) && fid.rest === "";
		if (!over) return "LX-5, LX-3: 0 bytes that are no end";
		if (connOf(a.after, r.conn)?.linux && broken(a, r)) return "LX-8: too many zeros";
		fid.zeros = { offset: r.offset, count: r.count, times: zeros(a, r) + 1 };
		return keep(a, r, fid, bytes);
	}
	const first = a.line.find((q) => q.kind === "read" && q.count > 0 && inLine(a, q, r, fid.rest));
	if (first !== r) return "CH-3: served before an older reader";
	if (fid.rest === "") {
		fid.rest = heldOf(a, r.chan).shift() ?? "";
		a.rx++;
	}
	if (fid.rest.slice(0, r.count) !== bytes) return "CH-1, CH-2: not the bytes that are next";
	fid.rest = fid.rest.slice(r.count);
	return keep(a, r, fid, bytes);
}

/** Whether a reader would be served before another: at its fid if that has a rest, else at all. */
function inLine(a: Account, q: Asked, r: Asked, rest: Bytes): boolean {
	if (rest !== "") return q.conn === r.conn && q.fid === r.fid;
	return q.chan === r.chan && connOf(a.after, q.conn)?.stalled === false;
}

function keep(a: Account, r: Asked, fid: Own, bytes: Bytes): undefined {
	const linux = connOf(a.after, r.conn)?.linux === true;
	const piped = (seatOf(a, r)?.piped ?? false) || isSecond(a, r);
	fid.kept = linux && !piped ? { offset: r.offset, bytes } : undefined;
}

/** Whether the event is a second read of the fid beside one that waits (LX-7). */
const isSecond = (a: Account, r: Asked) => {
	const e = a.event;
	if (e.kind !== "read" || e.conn !== r.conn || e.fid !== r.fid || e.count === 0) return false;
	return a.before.state.waiting.some(
		(q) => q.kind === "read" && q.conn === r.conn && q.fid === r.fid,
	);
};

/** The account against the state after. */
function close(a: Account): string | undefined {
	if (a.rx !== 0 || a.tx !== 0) return "CT-2: a transfer counted wrongly";
	for (const { chan, messages } of a.held) {
		const blocked = a.after.waiting.filter(
			(r): r is Write => r.kind === "write" && r.chan === chan,
		);
		const now = [...(channelOf(a.after, chan)?.queue ?? []), ...blocked.map((r) => r.bytes)];
		if (now.join() !== messages.join()) return "CH-2: a message lost, doubled or reordered";
	}
	for (const own of a.fids) {
		const now = lives(a, own.fid);
		if ((now?.rest ?? "") !== own.rest) return "CH-8, CH-9: a rest lost or changed";
		const kept = own.kept?.bytes ? own.kept : undefined;
		const has = now?.kept?.bytes ? now.kept : undefined;
		if (now && (kept?.bytes !== has?.bytes || kept?.offset !== has?.offset)) {
			return "LX-6, LX-7: kept wrongly";
		}
	}
	return undefined;
}
