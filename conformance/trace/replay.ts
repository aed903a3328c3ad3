// Plays the client's half of a trace against a server and judges the server's half. Every message
// is sent when the answers that the recording had before it have come, and no earlier; time that
// passed is not played. Where the recording was quiet, what it left unanswered must be unanswered
// here too.

import {
	type Fcall,
	format,
	Rflush,
	Rversion,
	Tclunk,
	Tflush,
	Tremove,
} from "../../src/9p/fcall.gen.ts";
import type { Address } from "../../src/dial.ts";
import type { Always, Deviation, Expected } from "./deviation.ts";
import {
	END_MARK,
	type Entry,
	type Event,
	formatEntry,
	type Message,
	type Trace,
} from "./format.ts";
import { Judge } from "./judge.ts";
import { Link } from "./link.ts";
import { answeredIn, type Request, tagOf } from "./names.ts";
import type { Peer } from "./peer.ts";

export interface Difference {
	/** In the trace, from 1. */
	line: number;
	why: string;
	expected: string;
	actual: string;
}

export interface ReplayOptions {
	/** How long an answer may take, in milliseconds. */
	timeoutMs?: number;
	/** Hears of every message: its line, and its text as played or answered. */
	verbose?: (line: number, side: "C" | "S", conn: number, text: string) => void;
}

/** A recording that was silent for so many seconds shows that its requests were blocked. */
const QUIET_SECONDS = 0.25;
const DIFFERENCES = 100;

/** Replays; the differences that no deviation declares, and the deviations that were of no use. */
export async function replay(
	trace: Trace,
	target: Address,
	options: ReplayOptions = {},
): Promise<Difference[]> {
	const run = new Run(trace, target, options);
	await run.all();
	return run.differences;
}

type OneOff = Exclude<Deviation, Always>;

class Run {
	readonly differences: Difference[] = [];
	private readonly trace: Trace;
	private readonly target: Address;
	private readonly options: ReplayOptions;
	private readonly judge: Judge;
	/** Requests that the recording answers at some time. */
	private readonly answered: Set<Message>;
	private readonly links = new Map<number, Link>();
	private readonly closed = new Set<number>();
	private timeoutMs: number;
	/** Deviations for the next message. */
	private pending: OneOff[] = [];
	private lastConn = -1;
	private lastSeconds = 0;

	constructor(trace: Trace, target: Address, options: ReplayOptions) {
		this.trace = trace;
		this.target = target;
		this.options = options;
		this.timeoutMs = options.timeoutMs ?? 5000;
		this.answered = answeredIn(trace);
		this.judge = new Judge(trace.entries.filter((e): e is Always => e.kind === "always"));
	}

	async all(): Promise<void> {
		let ended = -1;
		for (const [i, e] of this.trace.entries.entries()) {
			if (e.kind === "mark" && e.text.startsWith(END_MARK)) ended = i;
			if (ended >= 0 || this.differences.length >= DIFFERENCES) break;
			await this.entry(e);
		}
		await this.finish(ended < 0 ? [] : this.trace.entries.slice(ended));
		for (const { peer } of this.links.values()) peer.drop();
	}

	private async entry(e: Entry): Promise<void> {
		switch (e.kind) {
			case "mark":
			case "always":
				return;
			case "expect":
			case "nothing":
			case "skip":
				this.pending.push(e);
				return;
			case "also":
				return this.also(e.line, e.conn, e.expected);
		}
		if (e.kind !== "message" || e.side === "C") await this.quiet(e);
		this.lastSeconds = e.seconds;
		if (e.kind !== "message") return this.event(e);
		const deviation = this.pending.shift();
		if (e.side === "C") await this.client(e, deviation?.kind === "skip");
		else await this.server(e, deviation);
	}

	private async event(e: Event): Promise<void> {
		if (e.kind === "open") {
			this.closed.delete(e.conn);
			await this.link(e.conn);
		} else if (!this.closed.has(e.conn)) {
			const link = await this.link(e.conn);
			await this.stillBlocked(link, e.line, (r) => !this.answered.has(r.message));
			this.leftovers(link, e.line);
			await link.peer.close(this.timeoutMs);
			this.links.delete(e.conn);
			this.closed.add(e.conn);
			// The server hears of the end on a socket of its own: what comes on another must come later.
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	}

	private async client(e: Message, skip: boolean): Promise<void> {
		const link = await this.link(e.conn);
		const { names, peer } = link;
		// What went out on another connection must reach the server before what goes out on this one.
		const last = this.links.get(this.lastConn);
		if (last !== undefined && last !== link && last.waits) await last.probe(this.timeoutMs);
		this.lastConn = e.conn;
		const m = e.fcall;
		if (m?.type === Tflush) {
			const old = names.recordedOpen(m.oldtag);
			await this.stillBlocked(link, e.line, (r) => r === old && !this.answered.has(r.message));
		} else if (m?.type === Tclunk || m?.type === Tremove) {
			await this.stillBlocked(link, e.line, (r) => {
				const asked = r.message.fcall;
				if (asked === null || !("fid" in asked) || asked.fid !== m.fid) return false;
				return !this.answered.has(r.message);
			});
		}
		const r = names.request(e, skip);
		if (r.old !== undefined) r.old.flushed = true;
		if (skip) return;
		this.say(e.line, "C", e.conn, r.played);
		if (r.played !== null) peer.send(r.played);
		else if (e.raw !== undefined) peer.sendBytes(e.raw.bytes);
	}

	private async server(e: Message, deviation: OneOff | undefined): Promise<void> {
		if (this.closed.has(e.conn)) return; // it was on its way when the client left
		const { names, peer } = await this.link(e.conn);
		const tag = tagOf(e);
		const r = names.recordedOpen(tag);
		if (r !== undefined) r.recordedAnswer = e;
		if (r?.skipped === true || deviation?.kind === "nothing") {
			if (deviation?.kind === "nothing" && r !== undefined && e.fcall !== null) {
				names.learn(r, e.fcall);
			}
			return;
		}
		// An answer may be taken already, and for a flushed request its Rflush will tell.
		if (r === undefined || !(r.answered || r.flushed)) {
			const got = await peer.take(r?.playedTag ?? tag, this.timeoutMs);
			const expected = deviation?.kind === "expect" ? deviation.expected : undefined;
			if (got === undefined) this.missing(e.line, expected?.text ?? formatEntry(e), peer);
			else this.judged(e, r, got, expected);
		}
		if (e.fcall?.type === Rflush && r?.old !== undefined) names.over(r.old);
		names.tidy();
	}

	// One answer that came where the recording has one.
	private judged(
		e: Message,
		r: Request | undefined,
		got: Fcall,
		expected: Expected | undefined,
	): void {
		const link = this.links.get(e.conn) as Link;
		const { names } = link;
		this.say(e.line, "S", e.conn, got);
		const file = names.file(r);
		const asRecorded = e.fcall === null ? "no message" : this.judge.compare(e.fcall, got, file);
		if (expected !== undefined) {
			if (asRecorded === null) {
				this.differ(
					e.line - 1,
					"the deviation is not needed",
					expected.text,
					this.judge.text(got, file),
				);
			}
			const why = this.judge.compareExpected(expected, got, file);
			if (why !== null) this.differ(e.line, why, expected.text, this.judge.text(got, file));
		} else if (asRecorded !== null) {
			this.differ(e.line, asRecorded, formatEntry(e), this.judge.text(got, file));
		}
		if (r === undefined) return;
		this.done(link, r, got);
		names.learn(r, expected?.fcall ?? e.fcall ?? got);
	}

	private async also(line: number, conn: number, expected: Expected): Promise<void> {
		const link = await this.link(conn);
		const { names, peer } = link;
		const tag = expected.fcall?.tag ?? Number(/ tag (\d+)/.exec(expected.text)?.[1]);
		const r = names.unanswered(tag);
		const got = await peer.take(r?.playedTag ?? tag, this.timeoutMs);
		if (got === undefined) return this.missing(line, expected.text, peer);
		this.say(line, "S", conn, got);
		const file = names.file(r);
		const why = this.judge.compareExpected(expected, got, file);
		if (why !== null) this.differ(line, why, expected.text, this.judge.text(got, file));
		if (r === undefined) return;
		this.done(link, r, got);
		names.learn(r, got);
		names.tidy();
	}

	// Takes note of an answer; an Rflush also settles what became of the flushed request.
	private done(link: Link, r: Request, got: Fcall): void {
		const { names, peer } = link;
		names.answer(r, got);
		if (got.type === Rversion) link.session = true;
		const { old } = r;
		if (got.type !== Rflush || old === undefined || old.answered || old.skipped) return;
		const answer = peer.taken(old.playedTag);
		if (answer !== undefined) {
			const recorded = old.recordedAnswer;
			if (recorded !== null) return this.judged(recorded, old, answer, undefined);
			names.answer(old, answer);
		}
		old.answered = true;
	}

	// Where the recording was quiet, all that it left unanswered was blocked.
	private async quiet(e: Message | Event): Promise<void> {
		if (e.seconds - this.lastSeconds < QUIET_SECONDS) return;
		for (const link of this.links.values()) await this.stillBlocked(link, e.line, () => true);
	}

	private async stillBlocked(link: Link, line: number, which: (r: Request) => boolean) {
		for (const [r, got] of await link.early(which, this.timeoutMs)) {
			const request = `${formatEntry(r.message)} (line ${r.message.line})`;
			this.differ(line, "still blocked here", `no answer to ${request}`, format(got));
		}
	}

	private async finish(unreached: Entry[]): Promise<void> {
		const line = this.trace.entries.at(-1)?.line ?? 0;
		for (const link of this.links.values()) {
			await this.stillBlocked(link, line, () => true);
			this.leftovers(link, line);
		}
		for (const e of [...this.judge.unused(), ...unreached]) {
			if ("rule" in e) this.differ(e.line, "the deviation is not needed", formatEntry(e), "");
		}
	}

	private leftovers({ peer }: Link, line: number): void {
		for (const m of peer.left()) this.differ(line, "nothing asked for it", "", format(m));
		for (const fault of peer.faults) this.differ(line, "the server sent no message", "", fault);
	}

	private missing(line: number, expected: string, peer: Peer): void {
		const why = peer.closed ? "the connection is closed" : "no answer in time";
		this.differ(line, why, expected, "");
		this.timeoutMs = Math.min(this.timeoutMs, 200); // the rest is of little interest
	}

	private differ(line: number, why: string, expected: string, actual: string): void {
		this.differences.push({ line, why, expected, actual });
	}

	private say(line: number, side: "C" | "S", conn: number, m: Fcall | null): void {
		this.options.verbose?.(line, side, conn, m === null ? "?" : format(m));
	}

	private async link(conn: number): Promise<Link> {
		let link = this.links.get(conn);
		if (link === undefined) {
			link = await Link.dial(this.target);
			this.links.set(conn, link);
		}
		return link;
	}
}
