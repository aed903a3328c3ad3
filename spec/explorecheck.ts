// What must hold after every step, judged from the states before and after, the event and its
// effects. Written against the rules, not against chan.ts: a step function that breaks a rule in
// any small world is to be caught here.

import {
	type Channel,
	connOf,
	type Effect,
	type Event,
	fidOf,
	INTERRUPTED,
	type Read,
	type State,
	type Step,
	type Write,
} from "./chanstate.ts";
import { flow } from "./exploreflow.ts";
import type { Node } from "./exploreworld.ts";

type Reply = Effect & { kind: "reply" };
/** Why a step is wrong, or nothing. */
type Verdict = string | undefined;

/** The first rule that a step breaks. */
export function check(before: Node, e: Event, s: Step): Verdict {
	return (
		outcomes(before.state, e, s) ??
		flow(before, e, s, muted(before.state, e)) ??
		quiet(s.state) ??
		queues(before.state, s.state)
	);
}

/** Requests that an event cancels without an answer. */
const muted = (before: State, e: Event) =>
	before.waiting.filter((r) => {
		if (e.kind === "flush") return r.conn === e.conn && r.tag === e.oldtag;
		return (e.kind === "version" || e.kind === "disconnect") && r.conn === e.conn;
	});

/** Each request has exactly one outcome: it waits, is answered once, or is cancelled. */
function outcomes(before: State, e: Event, { state, effects }: Step): Verdict {
	const silent = muted(before, e);
	const open: { conn: number; tag: number; fid?: number }[] = [...before.waiting];
	if ("tag" in e) open.push(e);
	for (const x of effects) {
		if (x.kind !== "reply") continue;
		const at = open.findIndex((r) => r.conn === x.conn && r.tag === x.tag);
		const r = open[at];
		if (!r) return `a second answer, or one to no request: conn ${x.conn} tag ${x.tag}`;
		if (silent.some((q) => q === r)) return "FL-1: a cancelled request is answered";
		if (r !== e && (e.kind === "clunk" || e.kind === "remove")) {
			const mine = r.conn === e.conn && r.fid === e.fid;
			if (mine && !isError(x, INTERRUPTED)) return "FL-4: not interrupted";
			if (mine && !open.includes(e)) return "FL-4: interrupted after the reply";
		}
		open.splice(at, 1);
	}
	const left = open.filter((r) => !silent.some((q) => q === r));
	const still = left.filter((r) =>
		state.waiting.some((q) => q.conn === r.conn && q.tag === r.tag && q.fid === r.fid),
	);
	if (still.length < left.length) return "a request is neither answered nor waiting";
	return state.waiting.length > left.length ? "a request waits that is over" : undefined;
}

const isError = (x: Reply, ename: string) =>
	x.outcome.kind === "error" && x.outcome.ename === ename;

/** Nothing waits that could be carried out. */
function quiet(s: State): Verdict {
	for (const r of s.waiting) {
		const c = s.channels.find((x) => x.chan === r.chan);
		if (!c || !fidOf(s, r.conn, r.fid)) return "a request waits at nothing";
		const why = r.kind === "read" ? idleReader(s, c, r) : idleWriter(s, c, r);
		if (why) return why;
	}
	return undefined;
}

function idleReader(s: State, c: Channel, r: Read): Verdict {
	if (fidOf(s, r.conn, r.fid)?.rest !== "") return "CH-8: a reader waits beside its rest";
	if (connOf(s, r.conn)?.stalled) return undefined;
	if (c.removed && c.queue.length === 0) return "EN-2: a reader waits at a removed channel";
	if (c.queue.length > 0) return "a reader waits beside a queued message";
	const writer = s.waiting.some((o) => o.kind === "write" && o.chan === c.chan);
	return writer ? "CH-5: a reader waits beside a writer" : undefined;
}

const size = (messages: readonly string[]) => messages.join("").length;

function idleWriter(s: State, c: Channel, w: Write): Verdict {
	if (c.removed) return "EN-1: a writer waits at a removed channel";
	const writes = s.waiting.filter((r) => r.kind === "write");
	const held = (all: readonly Write[]) => size(all.map((r) => r.bytes));
	const { connHeld, serverHeld, channelBytes, serverBytes } = s.limits;
	if (held(writes.filter((r) => r.conn === w.conn)) > connHeld) return "LM-3: too much is held";
	if (held(writes) > serverHeld) return "LM-3: too much is held in all";
	if (writes.find((r) => r.chan === c.chan) !== w) return undefined;
	if (c.queue.length >= c.capacity) return undefined;
	if (size(c.queue) + w.bytes.length > channelBytes) return undefined;
	if (size(s.channels.flatMap((x) => x.queue)) + w.bytes.length > serverBytes) return undefined;
	return "a writer waits beside room";
}

/** A queue grows only within its capacity and limits, and nobody's queue is none. */
function queues(before: State, after: State): Verdict {
	for (const c of after.channels) {
		const was = before.channels.find((x) => x.chan === c.chan)?.queue ?? [];
		const grown = c.queue.length > was.length;
		if (grown && c.queue.length > c.capacity) return "CH-6: a queue over its capacity";
		if (grown && size(c.queue) > after.limits.channelBytes) return "LM-1: too many bytes";
		const readers = after.fids.some((f) => f.chan === c.chan && f.mode.includes("r"));
		if (c.removed && !readers && c.queue.length > 0) return "EN-4: queued for nobody";
	}
	const all = size(after.channels.flatMap((c) => c.queue));
	const grown = all > size(before.channels.flatMap((c) => c.queue));
	return grown && all > after.limits.serverBytes ? "LM-1: too many bytes in all" : undefined;
}
