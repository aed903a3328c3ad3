// A trace as text: who was recorded, then one line for each message, event, mark and deviation
// (README.md). Parsing is strict, and formatTrace(parseTrace(text)) is the text again. It knows
// nothing of sockets, and of messages only that they have a text.

import { decode, type Fcall, format, parse } from "../../src/9p/fcall.gen.ts";
import { type Deviation, formatDeviation, parseDeviation } from "./deviation.ts";

export interface Trace {
	/** `# key: value` lines, in their order. */
	header: [key: string, value: string][];
	entries: Entry[];
}

/** From the client or from the server. */
export type Side = "C" | "S";

export interface Message {
	kind: "message";
	/** Its line in the file, from 1. */
	line: number;
	seconds: number;
	conn: number;
	side: Side;
	/** Null when the bytes are no message. */
	fcall: Fcall | null;
	/** Bytes that are no message, and why. */
	raw?: { bytes: Buffer; why: string };
}

export interface Event {
	kind: "open" | "close";
	line: number;
	seconds: number;
	conn: number;
}

export interface Mark {
	kind: "mark";
	line: number;
	text: string;
}

export type Entry = Message | Event | Mark | Deviation;

/** Why a text is no trace, and where, both from 1. */
export interface Fault {
	line: number;
	column: number;
	why: string;
}

/** A replay goes no further than a mark that begins so. */
export const END_MARK = "replay ends";

/** The trace in a text, or the first thing wrong with it. */
export function parseTrace(text: string): Trace | Fault {
	const trace: Trace = { header: [], entries: [] };
	const lines = text.split("\n");
	if (lines.pop() !== "") {
		return { line: lines.length + 1, column: 1, why: "the last line has no newline" };
	}
	for (const [i, line] of lines.entries()) {
		const fault = parseLine(line, i + 1, trace);
		if (fault !== null) return { line: i + 1, ...fault };
	}
	return misplaced(trace) ?? trace;
}

/** The text of a trace. */
export function formatTrace(trace: Trace): string {
	const header = trace.header.map(([key, value]) => `# ${key}: ${value}\n`);
	return header.join("") + trace.entries.map((e) => `${formatEntry(e)}\n`).join("");
}

/** One line, without its newline. */
export function formatEntry(e: Entry): string {
	switch (e.kind) {
		case "mark":
			return e.text === "" ? "mark" : `mark ${e.text}`;
		case "open":
		case "close":
			return `${e.seconds.toFixed(6)} ${e.conn} ${e.kind}`;
		case "message":
			return `${e.seconds.toFixed(6)} ${e.conn} ${e.side} ${messageText(e)}`;
		default:
			return formatDeviation(e);
	}
}

/** The value of a header line, if there is one. */
export function headerOf(trace: Trace, key: string): string | undefined {
	return trace.header.find(([k]) => k === key)?.[1];
}

/** A frame as an entry. `why`: the cutter's reason to think that it is none. */
export function messageOf(
	at: { line: number; seconds: number; conn: number; side: Side },
	bytes: Buffer,
	why?: string,
): Message {
	const m = decode(bytes, 0, bytes.length);
	if (m.type !== 0) return { kind: "message", ...at, fcall: m };
	return { kind: "message", ...at, fcall: null, raw: { bytes, why: why ?? m.why } };
}

function messageText(m: Message): string {
	if (m.fcall !== null) return format(m.fcall);
	return m.raw === undefined ? "?" : `?${m.raw.bytes.toString("hex")} ${m.raw.why}`;
}

type Misfit = Omit<Fault, "line"> | null;

const HEADER = /^# ([a-z][a-z0-9 -]*): (\S.*)$/;
const STAMPED = /^((?:0|[1-9][0-9]{0,8})\.[0-9]{6}) (0|[1-9][0-9]{0,5}) (open|close|[CS](?= ))/;
const RAW = /^\?((?:[0-9a-f]{2})+) (\S.*)$/;

function parseLine(text: string, line: number, trace: Trace): Misfit {
	if (text.startsWith("#")) {
		const m = HEADER.exec(text);
		if (m === null) return { column: 3, why: "a header line is `# key: value`" };
		if (trace.entries.length > 0) return { column: 1, why: "header lines come first" };
		trace.header.push([m[1] as string, m[2] as string]);
		return null;
	}
	if (text === "mark" || text.startsWith("mark ")) {
		if (text === "mark ") return { column: 5, why: "a mark without text has no space" };
		trace.entries.push({ kind: "mark", line, text: text.slice(5) });
		return null;
	}
	if (text.startsWith("deviation ")) {
		const d = parseDeviation(text, line);
		if ("why" in d) return d;
		trace.entries.push(d);
		return null;
	}
	return parseStamped(text, line, trace);
}

function parseStamped(text: string, line: number, trace: Trace): Misfit {
	const m = STAMPED.exec(text);
	if (m === null) return { column: 1, why: "expected `SECONDS CONN C|S|open|close`" };
	const [stamp, seconds, conn, what] = m as unknown as [string, string, string, string];
	const at = { line, seconds: Number(seconds), conn: Number(conn) };
	if (what === "open" || what === "close") {
		if (text.length > stamp.length) return { column: stamp.length + 1, why: "expected the end" };
		trace.entries.push({ kind: what, ...at });
		return null;
	}
	const body = text.slice(stamp.length + 1);
	const column = stamp.length + 2;
	const side = what as Side;
	if (!body.startsWith("?")) {
		const fcall = parse(body);
		if (fcall.type === 0) return { column: column + fcall.at, why: fcall.why };
		trace.entries.push({ kind: "message", ...at, side, fcall });
		return null;
	}
	const raw = RAW.exec(body);
	if (raw === null) return { column, why: "expected `?HEX reason`" };
	const bytes = Buffer.from(raw[1] as string, "hex");
	if (decode(bytes, 0, bytes.length).type !== 0)
		return { column, why: "these bytes are a message" };
	const fcall = null;
	trace.entries.push({
		kind: "message",
		...at,
		side,
		fcall,
		raw: { bytes, why: raw[2] as string },
	});
	return null;
}

// A deviation must stand where it means something.
function misplaced(trace: Trace): Fault | null {
	let begun = false;
	for (const [i, e] of trace.entries.entries()) {
		const next = trace.entries[i + 1];
		const fault = (why: string): Fault => ({ line: e.line, column: 1, why });
		if (e.kind === "always" && begun) return fault("`always` comes before the first message");
		if (e.kind === "expect" || e.kind === "nothing") {
			if (next?.kind !== "message" || next.side !== "S")
				return fault("no server's message follows");
		}
		if (e.kind === "skip" && (next?.kind !== "message" || next.side !== "C")) {
			return fault("no client's message follows");
		}
		begun ||= e.kind === "message";
	}
	return null;
}
