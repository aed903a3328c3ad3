// From a number of small numbers to an event of the channel model: what a random client does next,
// given what there is. Counts are small so that requests meet; it asks nothing of the server.

import { chanOf, connOf, type Event, fidOf, type Mode, type State } from "../../spec/chanstate.ts";

/** What may happen; how much more often than others. */
export const weights = {
	read: 30,
	write: 30,
	open: 20,
	flush: 6,
	stat: 2,
	clunk: 3,
	remove: 2,
	resize: 5,
	stall: 4,
	resume: 4,
	version: 1,
	disconnect: 1,
} as const;
export type Kind = keyof typeof weights;
export type Op = readonly [kind: Kind, seat: number, x: number, y: number, z: number];

export const SEATS = 4;
/** Even seats are Linux's. */
export const isLinux = (seat: number) => seat % 2 === 0;
/** Agreed with all: an Rstat of the root fits. */
export const MSIZE = 1100;

const FIDS = 2;
const COUNTS = [1, 2, 3, 5, 40, MSIZE - 24, 5000];
const SIZES = [0, 1, 2, 3, 4, 7, 12];
const MODES: readonly Mode[] = ["r", "w", "rw", "rw"];

/** What an operation means now; names are those of channels in the tree, with their numbers. */
export function eventOf(
	s: State,
	names: readonly number[],
	next: number,
	serial: number,
	op: Op,
): Event {
	const [kind, seat, x, y, z] = op;
	const conn = 1 + seat;
	if (kind === "version" || !connOf(s, conn)) {
		return { kind: "version", conn, linux: isLinux(seat), msize: MSIZE };
	}
	if (kind === "disconnect" || kind === "stall" || kind === "resume") return { kind, conn };
	if (kind === "resize") return { kind, chan: pick(names, y), capacity: x % 4 };
	const tag = freeTag(s, conn, z % 2);
	if (kind === "flush") {
		const mine = s.waiting.filter((r) => r.conn === conn);
		return { kind, conn, tag, oldtag: mine[x % (mine.length + 1)]?.tag ?? y % 6 };
	}
	const need = kind === "read" ? "r" : kind === "write" ? "w" : "none";
	const able = s.fids.filter((f) => f.conn === conn && f.mode.includes(need));
	const at = { conn, tag, fid: able[x % able.length]?.fid ?? 1 + (x % FIDS) };
	const fid = fidOf(s, conn, at.fid);
	if (!fid) {
		const name = y % names.length;
		const chan = pick(names, name);
		if (chanOf(s, chan)?.removed === false) return { kind: "walk", ...at, chan };
		const how = { mode: pick(MODES, z), rclose: z % 8 === 7 };
		return { kind: "create", ...at, chan: next * names.length + name, ...how };
	}
	if (fid.mode === "" && kind !== "clunk" && kind !== "remove") {
		return { kind: "open", ...at, mode: pick(MODES, y), rclose: z % 8 === 7 };
	}
	if (kind === "write") return { kind, ...at, bytes: message(serial, pick(SIZES, y)) };
	if (kind === "read") return { kind, ...at, ...place(s, at, x, y, z) };
	return { kind: kind === "open" ? "stat" : kind, ...at };
}

/** Where a read is: anew, or as one that Linux sends after a short answer (LX-2, LX-6). */
function place(s: State, at: { conn: number; fid: number }, x: number, y: number, z: number) {
	const fid = fidOf(s, at.conn, at.fid);
	const count = pick(COUNTS, y);
	const owed = fid?.owed[y % fid.owed.length];
	if (owed && z % 5 === 1) return { offset: owed.offset, count: owed.least };
	if (owed && z % 5 === 2) return { offset: owed.offset, count: owed.most };
	if (owed && z % 5 === 3) return { offset: owed.offset, count };
	if (fid?.kept && z % 5 === 4) return { offset: fid.kept.offset + 1, count };
	return { offset: z % 2 ? 0 : x % 8, count: z % 16 === 15 ? 0 : count };
}

/** Message k: its bytes tell whose they are. */
const message = (k: number, size: number) =>
	Array.from({ length: size }, (_, i) => String.fromCharCode((k * 16 + i) % 256)).join("");

function freeTag(s: State, conn: number, skip: number): number {
	const used = new Set(s.waiting.filter((r) => r.conn === conn).map((r) => r.tag));
	let tag = 1;
	for (let left = skip; used.has(tag) || left-- > 0; ) tag++;
	return tag;
}

function pick<T>(all: readonly T[], at: number): T {
	return all[at % all.length] as T;
}
