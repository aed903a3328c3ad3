// What channels do, as a pure function. The rules CH, LX, EN, FL and LM of README.md, made
// executable: naive, with immutable values, no clock and no cleverness. It must not know the wire,
// names, permissions, or anything of src; the driver feeds it only events that are `possible`.
//
// Requests that wait stand in one list, in order of arrival. A step does what its event says, then
// carries out whatever waits and can be, then sends the event's own reply.

import { got, keep, sameRead } from "./chanlinux.ts";
import { park } from "./chanpark.ts";
import {
	addFid,
	type Bytes,
	type Channel,
	chanOf,
	connOf,
	type Effect,
	type Event,
	type Fid,
	fidOf,
	INTERRUPTED,
	IOHDRSZ,
	NOBUFS,
	type Outcome,
	REMOVED,
	type Read,
	replyTo,
	room,
	type State,
	type Step,
	setChannel,
	setFid,
	sum,
	TOOLONG,
	type Write,
	without,
} from "./chanstate.ts";

/** The model: the state after an event, and what the world sees of it, in order. */
export function step(state: State, event: Event): Step {
	const effects: Effect[] = [];
	const [begun, reply] = begin(state, event, effects);
	let s = settle(begun, effects);
	const own =
		event.kind === "write" && s.waiting.find((r) => r.conn === event.conn && r.tag === event.tag);
	if (own && overHeld(s, own.conn)) {
		s = without(s, own);
		effects.push(replyTo(own, { kind: "error", ename: NOBUFS })); // LM-3
	}
	if (reply && "tag" in event) effects.push(replyTo(event, reply));
	for (let next = park(s); next !== s; next = park(s)) s = settle(next, effects);
	return { state: s, effects };
}

/** What the event does by itself. Returns the reply that does not have to wait, if there is one. */
function begin(s: State, e: Event, out: Effect[]): [State, Outcome?] {
	switch (e.kind) {
		case "version": {
			const { conn, linux, msize } = e;
			const rest = endConn(s, conn, out);
			const newConn = { conn, linux, msize, stalled: false, parked: false };
			return [{ ...rest, conns: [...rest.conns, newConn] }];
		}
		case "disconnect":
			return [endConn(s, e.conn, out)];
		case "stall":
		case "resume": {
			const stalled = e.kind === "stall";
			return [{ ...s, conns: s.conns.map((c) => (c.conn === e.conn ? { ...c, stalled } : c)) }];
		}
		case "resize":
			return [setChannel(s, e.chan, { capacity: e.capacity })]; // CT-10: nothing else
		case "flush": {
			const old = s.waiting.find((r) => r.conn === e.conn && r.tag === e.oldtag);
			return [old ? without(s, old) : s, OK]; // FL-1, FL-3
		}
		case "create": {
			const { conn, fid, chan, mode, rclose } = e;
			const channel = { chan, capacity: 0, removed: false, queue: [] };
			return [
				addFid({ ...s, channels: [...s.channels, channel] }, { conn, fid, chan, mode, rclose }),
				OK,
			];
		}
		case "walk": {
			const { conn, fid, chan } = e;
			return [addFid(s, { conn, fid, chan, mode: "", rclose: false }), OK];
		}
	}
	const fid = fidOf(s, e.conn, e.fid);
	if (!fid) throw new Error(`not possible: ${e.kind} of no fid`);
	const removed = chanOf(s, fid.chan)?.removed === true;
	const alive: Outcome = removed ? { kind: "error", ename: REMOVED } : OK; // EN-3
	switch (e.kind) {
		case "open":
			return [removed ? s : setFid(s, fid, { mode: e.mode, rclose: e.rclose }), alive];
		case "stat":
			return [setFid(s, fid, { run: undefined }), alive];
		case "clunk":
			return [endFid(interrupt(s, fid, out), fid, out), OK];
		case "remove": {
			const cut = setChannel(interrupt(s, fid, out), fid.chan, { removed: true });
			return [endFid(cut, fid, out), alive]; // TR-19
		}
		case "read":
			return read(s, fid, e);
		case "write": {
			const { kind, conn, tag, bytes } = e;
			const { channelBytes, serverBytes, overhead } = s.limits;
			const most = Math.min(channelBytes, serverBytes - overhead);
			const wrote = setFid(s, fid, { kept: undefined, run: undefined }); // LX-7
			if (bytes === "") return [wrote, { kind: "count", count: 0 }]; // CH-10
			if (bytes.length > most && !removed) return [wrote, { kind: "error", ename: TOOLONG }];
			const r: Write = { kind, conn, tag, fid: e.fid, chan: fid.chan, bytes };
			return [{ ...wrote, waiting: [...wrote.waiting, r] }];
		}
	}
}

const OK: Outcome = { kind: "ok" };
const data = (bytes: Bytes): Outcome => ({ kind: "data", bytes });

function read(s: State, fid: Fid, e: Event & { kind: "read" }): [State, Outcome?] {
	const conn = connOf(s, fid.conn);
	if (!conn) throw new Error("not possible: a fid without connection");
	if (e.count === 0) return [setFid(s, fid, { run: undefined }), data("")]; // CH-10
	const { kind, tag, offset } = e;
	const count = Math.min(e.count, conn.msize - IOHDRSZ); // ER-9
	const r: Read = { kind, conn: fid.conn, tag, fid: fid.fid, chan: fid.chan, offset, count };
	const run = sameRead(fid.run, r) ? fid.run : undefined;
	const owed = fid.owed.find((o) => o.offset === offset && o.least <= count && count <= o.most);
	if (owed) {
		const f = { ...fid, owed: fid.owed.filter((o) => o !== owed), run };
		return [setFid(s, fid, got(s, conn, f, r, "")), data("")]; // LX-2, LX-3
	}
	const others = fid.owed.filter((o) => o.offset !== offset); // LX-4
	const from = fid.kept ? offset - fid.kept.offset : 0;
	if (fid.kept && from > 0 && from < fid.kept.bytes.length) {
		const bytes = fid.kept.bytes.slice(from, from + count);
		const after = got(s, conn, { ...fid, owed: others, run }, r, bytes);
		return [setFid(s, fid, after), data(bytes)]; // LX-6
	}
	const piped = s.waiting.some((w) => w.kind === "read" && is(fid.conn, fid.fid)(w));
	const rereads = fid.rereads && !piped;
	const f = { ...fid, owed: others, kept: undefined, run, rereads }; // LX-7
	if (fid.rest === "") return [setFid({ ...s, waiting: [...s.waiting, r] }, fid, f)];
	const bytes = fid.rest.slice(0, count); // CH-8
	const rest = fid.rest.slice(count);
	const after = keep(s, got(s, conn, { ...f, ...remains(fid, rest) }, r, bytes), r, bytes);
	return [setFid(s, fid, after), data(bytes)];
}

const is = (conn: number, fid: number) => (x: { conn: number; fid: number }) =>
	x.conn === conn && x.fid === fid;

/** What is left of a rest; its memory is free when nothing is. */
const remains = (fid: Fid, rest: Bytes) => ({ rest, held: rest === "" ? 0 : fid.held });

/** Carries out whatever waits and can be, oldest first, until nothing can. */
function settle(s: State, out: Effect[]): State {
	const tidied = tidy(s, out);
	for (const r of tidied.waiting) {
		const channel = chanOf(tidied, r.chan);
		if (!channel) throw new Error("a request waits for no channel");
		const next =
			r.kind === "read" ? serve(tidied, channel, r, out) : admit(tidied, channel, r, out);
		if (next) return settle(next, out);
	}
	return tidied;
}

/**
 * What a waiting read can get now: the oldest queued message, one from a blocked writer, the end.
 */
function serve(s: State, channel: Channel, r: Read, out: Effect[]): State | undefined {
	const [message, ...queue] = channel.queue;
	const writer = s.waiting.find((w) => w.kind === "write" && w.chan === r.chan);
	if (connOf(s, r.conn)?.parked) return undefined; // CH-14
	// CH-2, CH-3
	if (message !== undefined) return deliver(setChannel(s, r.chan, { queue }), r, message, out);
	if (channel.removed) return end(without(s, r), r, out);
	if (writer?.kind !== "write") return undefined;
	return accept(deliver(s, r, writer.bytes, out), writer, out); // CH-5
}

/**
 * A waiting write goes into the queue if there is room and none is before it (CH-4, CH-6, LM-1).
 */
function admit(s: State, channel: Channel, w: Write, out: Effect[]): State | undefined {
	if (channel.removed) {
		out.push(replyTo(w, { kind: "error", ename: REMOVED })); // EN-1
		return without(s, w);
	}
	if (s.waiting.find((o) => o.kind === "write" && o.chan === w.chan) !== w) return undefined;
	if (!room(s, channel, w.bytes)) return undefined;
	return accept(setChannel(s, w.chan, { queue: [...channel.queue, w.bytes] }), w, out);
}

/** Whether blocked writes hold more than they may (LM-3). */
function overHeld(s: State, conn: number): boolean {
	const held = s.waiting.filter((r) => r.kind === "write");
	const mine = held.filter((r) => r.conn === conn);
	return (
		sum(mine.map((r) => r.bytes)) > s.limits.connHeld ||
		sum(held.map((r) => r.bytes)) > s.limits.serverHeld
	);
}

function accept(s: State, w: Write, out: Effect[]): State {
	out.push(replyTo(w, { kind: "count", count: w.bytes.length }), { kind: "tx", chan: w.chan });
	return without(s, w);
}

/**
 * A message to a read; what is left to the fid's other waiting reads, oldest first (CH-1, CH-8).
 */
function deliver(s: State, first: Read, message: Bytes, out: Effect[]): State {
	out.push({ kind: "rx", chan: first.chan });
	const waiting = s.waiting.filter(
		(r) => r.kind === "read" && is(first.conn, first.fid)(r),
	) as Read[];
	let left = message;
	for (const r of [first, ...waiting.filter((w) => w !== first)]) {
		if (left === "") break;
		const bytes = left.slice(0, r.count);
		left = left.slice(r.count);
		s = answer(without(s, r), r, bytes, out);
		const fid = fidOf(s, r.conn, r.fid) as Fid;
		const held = r === first ? left.length : fid.held;
		s = setFid(s, fid, remains({ ...fid, held }, left));
		if (r !== first || left === "") s = park(s);
	}
	return park(s);
}

/** A reply to a new read that waited. */
function answer(s: State, r: Read, bytes: Bytes, out: Effect[]): State {
	const conn = connOf(s, r.conn);
	const fid = fidOf(s, r.conn, r.fid);
	if (!conn || !fid) throw new Error("a read waits for no fid");
	out.push(replyTo(r, data(bytes)));
	return setFid(s, fid, keep(s, got(s, conn, fid, r, bytes), r, bytes));
}

/** The end of a removed channel: 0 bytes (EN-2), unless it was told too often (LX-8). */
function end(s: State, r: Read, out: Effect[]): State {
	const linux = connOf(s, r.conn)?.linux === true;
	const after = answer(s, r, "", []);
	const zeros = fidOf(after, r.conn, r.fid)?.run?.zeros ?? 0;
	const broken = linux && zeros >= s.limits.zeros;
	out.push(replyTo(r, broken ? { kind: "error", ename: REMOVED } : data("")));
	return after;
}

/** Blocked requests of a fid are cancelled, and told (FL-4). */
function interrupt(s: State, fid: Fid, out: Effect[]): State {
	const mine = s.waiting.filter(is(fid.conn, fid.fid));
	const after = settle({ ...s, waiting: s.waiting.filter((r) => !mine.includes(r)) }, out);
	out.push(...mine.map((r) => replyTo(r, { kind: "error", ename: INTERRUPTED })));
	return after;
}

/** A fid ends: its rest is dropped (CH-9), a file opened with ORCLOSE goes (TR-29). */
function endFid(s: State, fid: Fid, out: Effect[]): State {
	if (fid.rest !== "") out.push({ kind: "drop", what: "rest", chan: fid.chan, bytes: fid.rest });
	const after = { ...s, fids: s.fids.filter((f) => f !== fid) };
	return fid.rclose ? setChannel(after, fid.chan, { removed: true }) : after;
}

/** A session ends: its requests first, then its fids one by one, without answers (FL-5, FL-6). */
function endConn(s: State, conn: number, out: Effect[]): State {
	const mute = settle({ ...s, waiting: s.waiting.filter((r) => r.conn !== conn) }, out);
	const mine = s.fids.filter((f) => f.conn === conn);
	const ended = mine.reduce<State>((t, fid) => settle(endFid(t, fid, out), out), mute);
	return { ...ended, conns: s.conns.filter((c) => c.conn !== conn) };
}

/** Removed channels lose their queue with the last reader (EN-4), and go with the last fid. */
function tidy(s: State, out: Effect[]): State {
	if (!s.channels.some((c) => c.removed)) return s;
	const unread = s.channels.filter(
		(c) => c.removed && !s.fids.some((f) => f.chan === c.chan && f.mode.includes("r")),
	);
	for (const { chan, queue } of unread) {
		out.push(...queue.map((bytes): Effect => ({ kind: "drop", what: "queued", chan, bytes })));
	}
	const kept = s.channels.filter((c) => !c.removed || s.fids.some((f) => f.chan === c.chan));
	return { ...s, channels: kept.map((c) => (unread.includes(c) ? { ...c, queue: [] } : c)) };
}
