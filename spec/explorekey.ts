// The key of a node: short, and equal for nodes that differ only in what does not matter. Tags
// and the letters of messages are left out: a queued message is its length, a blocked request its
// place in line. Clients of the same role are sorted, so that states which differ by their names
// fold into one.

import type { Fid, State } from "./chanstate.ts";
import type { Client, Node, Seat, World } from "./exploreworld.ts";

/** Which clients may be exchanged: of one role, and on one connection or each on its own. */
export function roles(w: World): number[][] {
	const groups = new Map<string, number[]>();
	for (const [i, c] of w.clients.entries()) {
		const shared = w.clients.filter((x) => x.conn === c.conn).length > 1;
		const role = [c.chan, c.mode, c.linux, c.rclose, shared ? c.conn : "own"].join();
		groups.set(role, [...(groups.get(role) ?? []), i]);
	}
	return [...groups.values()];
}

/** The key of a node of the world that the roles are of. */
export function keyOf(w: World, groups: readonly (readonly number[])[], n: Node): string {
	const clients = w.clients.map((c, i) => clientKey(n, c, n.seats[i] as Seat));
	let key = String.fromCharCode(n.sent, n.faults, n.state.fids.some((f) => f.mode === "") ? 1 : 0);
	for (const c of n.state.channels) {
		key += String.fromCharCode(c.chan, c.capacity, c.removed ? 1 : 0, c.queue.length);
		for (const m of c.queue) key += String.fromCharCode(m.length);
	}
	for (const group of groups) {
		const blobs = group.map((i) => clients[i] as string);
		key += `/${(blobs.length > 1 ? blobs.sort() : blobs).join("|")}`;
	}
	return key;
}

function clientKey(n: Node, c: Client, seat: Seat): string {
	const s = n.state;
	const conn = s.conns.find((x) => x.conn === c.conn);
	const fid = s.fids.find((x) => x.conn === c.conn && x.fid === c.fid);
	let key = String.fromCharCode(seat.ops, conn ? (conn.stalled ? 2 : 1) : 0, fid ? 1 : 0);
	if (fid) key += fidKey(fid);
	if (fid && c.linux) key += linuxKey(fid, seat);
	return key + waitingKey(s, c);
}

/** The lengths and places of bytes matter, not their letters. */
const bytesKey = (bytes: string) => String.fromCharCode(bytes.length, place(bytes.charCodeAt(0)));
const place = (code: number) => (code >= 97 ? 0 : code >= 65 ? 1 : code >= 48 ? 2 : 3);

const fidKey = (fid: Fid) =>
	fid.rest === "" ? "-" : bytesKey(fid.rest) + String.fromCharCode(fid.held);

function linuxKey(fid: Fid, seat: Seat): string {
	const { zeros, pos, again, piped } = seat;
	const run = fid.run ?? { offset: 0, count: 0, zeros: 0 };
	let key = String.fromCharCode(pos, again, piped ? 1 : 0, zeros.offset, zeros.count, zeros.times);
	key += String.fromCharCode(run.offset, run.count, run.zeros, fid.rereads ? 1 : 0);
	key += fid.kept ? String.fromCharCode(fid.kept.offset) + bytesKey(fid.kept.bytes) : "-";
	for (const o of seat.owed) key += String.fromCharCode(o.offset, o.least, o.most);
	key += "=";
	for (const o of fid.owed) key += String.fromCharCode(o.offset, o.least, o.most);
	return key;
}

function waitingKey(s: State, c: Client): string {
	let key = ":";
	for (const [place, r] of s.waiting.entries()) {
		if (r.conn !== c.conn || r.fid !== c.fid) continue;
		key +=
			r.kind === "read"
				? String.fromCharCode(place, 0, r.offset, r.count)
				: String.fromCharCode(place, 1, r.bytes.length);
	}
	return key;
}
