// The vocabulary of the channel model: states, events and effects as plain values, and how a value
// is looked up and changed (by copying). What they mean is chan.ts's. It must not import anything.

/** Bytes, one character (0 to 255) a byte: strings compare, slice and never change. */
export type Bytes = string;
/** How a fid is open; "" is not at all. */
export type Mode = "" | "r" | "w" | "rw";

/** Sizes in bytes, but `zeros` and `owed`. */
export interface Limits {
	/** Queued in one channel, and in all (LM-1, LM-2). */
	readonly channelBytes: number;
	readonly serverBytes: number;
	/** What a queued message costs the server's limit beside its bytes. */
	readonly overhead: number;
	/** In blocked writes of one connection, and of all (LM-3). */
	readonly connHeld: number;
	readonly serverHeld: number;
	/** The largest read that is kept for re-reads (LX-6). */
	readonly kept: number;
	/** Kept by one connection of messages read in part, and as much for re-reads (LM-8). */
	readonly rests: number;
	/** Zeros that a fid may be owed at once (LX-4). */
	readonly owed: number;
	/** Which of identical reads answered 0 gets an error (LX-8). */
	readonly zeros: number;
}

export interface Conn {
	readonly conn: number;
	readonly linux: boolean;
	readonly msize: number;
	/** It does not take its replies, and its requests are not read (CH-14, LM-4). */
	readonly stalled: boolean;
	/** Its waiting reads have left the lines (CH-14, LM-8). */
	readonly parked: boolean;
}
export interface Channel {
	readonly chan: number;
	readonly capacity: number;
	readonly removed: boolean;
	readonly queue: readonly Bytes[];
}
/** A read at `offset` of `least` to `most` bytes is a continuation (LX-2). */
export interface Owed {
	readonly offset: number;
	readonly least: number;
	readonly most: number;
}
export interface Fid {
	readonly conn: number;
	readonly fid: number;
	readonly chan: number;
	readonly mode: Mode;
	readonly rclose: boolean;
	/** What a short read left of its message (CH-8). */
	readonly rest: Bytes;
	/** The rest's bytes at first: they count until the last of them is read (LM-8). */
	readonly held: number;
	readonly owed: readonly Owed[];
	/** What the last new read got (LX-6). */
	readonly kept?: { readonly offset: number; readonly bytes: Bytes } | undefined;
	readonly rereads: boolean;
	/** Identical reads in a row that were answered 0 (LX-8). */
	readonly run?: Run | undefined;
}
export interface Run {
	readonly offset: number;
	readonly count: number;
	readonly zeros: number;
}
interface Request {
	readonly conn: number;
	readonly tag: number;
	readonly fid: number;
	readonly chan: number;
}
export interface Read extends Request {
	readonly kind: "read";
	readonly offset: number;
	readonly count: number;
}
export interface Write extends Request {
	readonly kind: "write";
	readonly bytes: Bytes;
}
export interface State {
	readonly limits: Limits;
	readonly conns: readonly Conn[];
	readonly channels: readonly Channel[];
	readonly fids: readonly Fid[];
	/** Blocked requests in order of arrival; reads that left the lines rejoin at the end (CH-14). */
	readonly waiting: readonly (Read | Write)[];
}

/** Requests of one fid. `create` and `walk` are of a new fid. */
type FidEvent = { readonly conn: number; readonly tag: number; readonly fid: number } & (
	| {
			readonly kind: "create";
			readonly chan: number;
			readonly mode: Mode;
			readonly rclose: boolean;
	  }
	| { readonly kind: "walk"; readonly chan: number }
	| { readonly kind: "open"; readonly mode: Mode; readonly rclose: boolean }
	/** Tstat or Twstat. */
	| { readonly kind: "stat" }
	| { readonly kind: "read"; readonly offset: number; readonly count: number }
	| { readonly kind: "write"; readonly bytes: Bytes }
	| { readonly kind: "clunk" }
	| { readonly kind: "remove" }
);
export type Event =
	| FidEvent
	| { readonly kind: "flush"; readonly conn: number; readonly tag: number; readonly oldtag: number }
	/** A new connection, or a new session on an old one; `linux` is decided outside (LX-1). */
	| {
			readonly kind: "version";
			readonly conn: number;
			readonly linux: boolean;
			readonly msize: number;
	  }
	| { readonly kind: "disconnect"; readonly conn: number }
	/** The connection stops, and again begins, to take its replies. */
	| { readonly kind: "stall" | "resume"; readonly conn: number }
	| { readonly kind: "resize"; readonly chan: number; readonly capacity: number };

/** What a reply says. End of file and an owed 0 are data of no bytes. */
export type Outcome =
	| { readonly kind: "data"; readonly bytes: Bytes }
	| { readonly kind: "count"; readonly count: number }
	| { readonly kind: "ok" }
	| { readonly kind: "error"; readonly ename: string };
export type Effect =
	| {
			readonly kind: "reply";
			readonly conn: number;
			readonly tag: number;
			readonly outcome: Outcome;
	  }
	/** A read took a message, a write was answered: the rx and tx of ctl (CT-2). */
	| { readonly kind: "rx"; readonly chan: number }
	| { readonly kind: "tx"; readonly chan: number }
	/** A fid's rest (CH-9) or one queued message (EN-4) is dropped. */
	| {
			readonly kind: "drop";
			readonly what: "rest" | "queued";
			readonly chan: number;
			readonly bytes: Bytes;
	  };
export interface Step {
	readonly state: State;
	readonly effects: readonly Effect[];
}

export const IOHDRSZ = 24;
export const REMOVED = "file has been removed";
export const INTERRUPTED = "Interrupted system call";
export const TOOLONG = "Message too long";
export const NOBUFS = "No buffer space available";

export const defaults: Limits = {
	channelBytes: Infinity,
	serverBytes: Infinity,
	overhead: 0,
	connHeld: Infinity,
	serverHeld: Infinity,
	kept: 65536,
	rests: Infinity,
	owed: 16,
	zeros: 64,
};

/** A server without connections and channels. */
export const fresh = (limits: Partial<Limits> = {}): State => ({
	limits: { ...defaults, ...limits },
	conns: [],
	channels: [],
	fids: [],
	waiting: [],
});

const is = (conn: number, fid: number) => (x: { conn: number; fid: number }) =>
	x.conn === conn && x.fid === fid;
export const fidOf = (s: State, conn: number, fid: number) => s.fids.find(is(conn, fid));
export const connOf = (s: State, conn: number) => s.conns.find((c) => c.conn === conn);
export const chanOf = (s: State, chan: number) => s.channels.find((c) => c.chan === chan);

/** Whether the session would let the event through: it knows fids, tags and modes; we do not. */
export function possible(s: State, e: Event): boolean {
	if (e.kind === "version") return true;
	if (e.kind === "resize") return chanOf(s, e.chan)?.removed === false;
	const conn = connOf(s, e.conn);
	if (!conn) return false;
	if (!("tag" in e)) return true;
	if (conn.stalled) return false;
	if (s.waiting.some((r) => r.conn === e.conn && r.tag === e.tag)) return false;
	if (e.kind === "flush") return true;
	const fid = fidOf(s, e.conn, e.fid);
	if (e.kind === "create") return !fid && !chanOf(s, e.chan);
	if (e.kind === "walk") return !fid && chanOf(s, e.chan) !== undefined;
	if (e.kind === "open") return fid?.mode === "" && e.mode !== "";
	if (e.kind === "read") return fid?.mode.includes("r") === true;
	if (e.kind === "write") return fid?.mode.includes("w") === true;
	return fid !== undefined;
}

/** The state with one fid, or one channel, changed. */
export const setFid = (s: State, fid: Fid, change: Partial<Fid>): State => ({
	...s,
	fids: s.fids.map((f) => (f.conn === fid.conn && f.fid === fid.fid ? { ...f, ...change } : f)),
});
export const setChannel = (s: State, chan: number, change: Partial<Channel>): State => ({
	...s,
	channels: s.channels.map((c) => (c.chan === chan ? { ...c, ...change } : c)),
});
export const addFid = (
	s: State,
	fid: Pick<Fid, "conn" | "fid" | "chan" | "mode" | "rclose">,
): State => ({
	...s,
	fids: [...s.fids, { ...fid, rest: "", held: 0, owed: [], rereads: true }],
});
/** The state without one blocked request. */
export const without = (s: State, r: Read | Write): State => ({
	...s,
	waiting: s.waiting.filter((w) => w !== r),
});
export const replyTo = (r: { conn: number; tag: number }, outcome: Outcome): Effect => ({
	kind: "reply",
	conn: r.conn,
	tag: r.tag,
	outcome,
});

export const sum = (bytes: readonly Bytes[]) => bytes.reduce((n, b) => n + b.length, 0);

/** Whether the queue takes a message of these bytes. */
export function room(s: State, channel: Channel, bytes: Bytes): boolean {
	if (channel.queue.length >= channel.capacity) return false;
	if (sum(channel.queue) + bytes.length > s.limits.channelBytes) return false;
	const queued = [...s.channels.flatMap((c) => c.queue), bytes];
	return sum(queued) + queued.length * s.limits.overhead <= s.limits.serverBytes;
}
