// What a client of the exploration sees of a step: its file position, what it is owed, and how
// often it got nothing. Derived from requests and replies alone, never from the model's own fids.

import { type Effect, type Event, fidOf, type Read, type State, type Write } from "./chanstate.ts";
import {
	type Client,
	freshSeat,
	isOwed,
	type Move,
	most,
	type Node,
	outstanding,
	type Seat,
	type World,
} from "./exploreworld.ts";

/** A read or write that a reply may be to. */
export interface Asked {
	readonly kind: string;
	readonly conn: number;
	readonly tag: number;
	readonly fid: number;
	readonly chan: number;
	readonly offset: number;
	readonly count: number;
	readonly bytes: string;
}

/** Reads and writes outstanding while an event is carried out, oldest first. */
export function asked(before: State, e: Event): Asked[] {
	const out = before.waiting.map((r) => plain(r, r.chan));
	if (e.kind === "read" || e.kind === "write") {
		out.push(plain(e, fidOf(before, e.conn, e.fid)?.chan ?? -1));
	}
	return out;
}

/** All of one shape, written out: spreading two objects into one is slow. */
const plain = (r: (Read | Write | Event) & { kind: "read" | "write" }, chan: number): Asked => ({
	kind: r.kind,
	conn: r.conn,
	tag: r.tag,
	fid: r.fid,
	chan,
	offset: r.kind === "read" ? r.offset : 0,
	count: r.kind === "read" ? r.count : 0,
	bytes: r.kind === "write" ? r.bytes : "",
});

const nothing = { offset: 0, count: 0, times: 0 };

/** The seats after an event. Only Linux clients remember. */
export function watch(
	w: World,
	before: Node,
	e: Event,
	effects: readonly Effect[],
	after: State,
): readonly Seat[] {
	if (!w.clients.some((c) => c.linux)) return before.seats;
	const requests = asked(before.state, e);
	return before.seats.map((seat, i) => {
		const c = w.clients[i] as Client;
		if (!c.linux) return seat;
		if (!fidOf(after, c.conn, c.fid)) return freshSeat(c, seat.ops);
		let s = request(seat, c, before.state, e);
		for (const x of effects) {
			if (x.kind !== "reply" || x.conn !== c.conn || x.outcome.kind !== "data") continue;
			const r = requests.find((q) => q.conn === x.conn && q.tag === x.tag && q.fid === c.fid);
			if (r && r.count > 0) s = reply(w, s, r, x.outcome.bytes.length);
		}
		return s;
	});
}

function request(seat: Seat, c: Client, before: State, e: Event): Seat {
	if (!("fid" in e) || e.conn !== c.conn || e.fid !== c.fid) return seat;
	if (e.kind !== "read") return { ...seat, zeros: nothing };
	const { offset, count } = e;
	const same = seat.zeros.offset === offset && seat.zeros.count === count;
	const s = same ? seat : { ...seat, zeros: nothing };
	if (count === 0) return s;
	const due = isOwed(s.owed, offset, count);
	if (due) return { ...s, owed: s.owed.filter((o) => o !== due), again: count };
	const others = s.owed.filter((o) => o.offset !== offset); // LX-4
	return { ...s, owed: others, again: 0, piped: s.piped || outstanding(before, c).length > 0 };
}

function reply(w: World, s: Seat, r: Asked, n: number): Seat {
	const { offset, count } = r;
	const alike = s.zeros.offset === offset && s.zeros.count === count;
	if (n === 0) return { ...s, zeros: { offset, count, times: alike ? s.zeros.times + 1 : 1 } };
	const pos = offset + n;
	if (n === count) return { ...s, pos, zeros: nothing };
	const least = count - n;
	const due = { offset: pos, least, most: count === most(w) ? count : least };
	return { ...s, pos, zeros: nothing, owed: [...s.owed, due] };
}

/** The node after a move's bookkeeping: operations, messages and faults spent. */
export function spend(n: Node, m: Move): Node {
	const wrote = m.events.some((e) => e.kind === "write" && e.bytes !== "");
	return {
		...n,
		sent: n.sent + (wrote ? 1 : 0),
		faults: n.faults + (m.fault ? 1 : 0),
		seats: n.seats.map((s, i) => (i === m.client ? { ...s, ops: s.ops + 1 } : s)),
	};
}
