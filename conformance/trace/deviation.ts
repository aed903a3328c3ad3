// Deviations: where our server rightly answers otherwise than the recorded one, each citing the
// rule of spec/README.md that says so. Only their text is here.
//
//	deviation RULE always FIELD OLD -> NEW   in every message, `*` is any value
//	deviation RULE expect MESSAGE            instead of the server's message that follows
//	deviation RULE nothing [REASON]          no answer, where a server's message follows
//	deviation RULE also CONN MESSAGE         here the server sends what the recording lacks
//	deviation RULE skip [REASON]             the client's message that follows is not sent

import { type Fcall, parse } from "../../src/9p/fcall.gen.ts";

interface Common {
	line: number;
	/** Its id in spec/README.md. */
	rule: string;
}

export interface Always extends Common {
	kind: "always";
	field: string;
	old: string;
	new: string;
}

/** A message, or (if it does not parse) a pattern of its text in which `*` is any text. */
export interface Expected {
	text: string;
	fcall: Fcall | null;
}

export type Deviation =
	| Always
	| (Common & { kind: "expect"; expected: Expected })
	| (Common & { kind: "also"; conn: number; expected: Expected })
	| (Common & { kind: "nothing" | "skip"; reason: string });

/** The fields that `always` may name; `dir.vers` is the vers of a directory's qid. */
export const FIELDS = [
	"ename",
	"mode",
	"length",
	"uid",
	"gid",
	"muid",
	"vers",
	"dir.vers",
	"count",
];

/** A `deviation` line, or what is wrong with it and at which column, from 1. */
export function parseDeviation(
	text: string,
	line: number,
): Deviation | { column: number; why: string } {
	const m = LINE.exec(text);
	if (m === null) return { column: 11, why: "expected `RULE always|expect|nothing|also|skip`" };
	const [start, rule, kind] = m as unknown as [string, string, string];
	const rest = text.slice(start.length);
	const column = start.length + 2;
	const misfit = (why: string) => ({ column, why });
	if (rest !== "" && !/^ \S/.test(rest)) return misfit("expected one space, then something");
	const value = rest.slice(1);
	const common = { line, rule };
	switch (kind) {
		case "always": {
			const a = ALWAYS.exec(value);
			if (a === null) return misfit("expected `FIELD OLD -> NEW`");
			const [, field, old, now] = a as unknown as [string, string, string, string];
			if (!FIELDS.includes(field)) return misfit(`the field is one of ${FIELDS.join(", ")}`);
			return { kind, ...common, field, old: bare(old), new: bare(now) };
		}
		case "expect":
			if (value === "") return misfit("expected a message");
			return { kind, ...common, expected: expectedOf(value) };
		case "also": {
			const a = /^(0|[1-9][0-9]{0,5}) (\S.*)$/.exec(value);
			if (a === null) return misfit("expected `CONN MESSAGE`");
			return { kind, ...common, conn: Number(a[1]), expected: expectedOf(a[2] as string) };
		}
		default:
			return { kind: kind as "nothing" | "skip", ...common, reason: value };
	}
}

export function formatDeviation(d: Deviation): string {
	const start = `deviation ${d.rule} ${d.kind}`;
	switch (d.kind) {
		case "always":
			return `${start} ${d.field} ${quoted(d.old)} -> ${quoted(d.new)}`;
		case "expect":
			return `${start} ${d.expected.text}`;
		case "also":
			return `${start} ${d.conn} ${d.expected.text}`;
		default:
			return d.reason === "" ? start : `${start} ${d.reason}`;
	}
}

/** What a message's text must be. */
export function expectedOf(text: string): Expected {
	const m = parse(text);
	return { text, fcall: m.type === 0 ? null : m };
}

/** Whether `text` is what the pattern says. */
export function matches(pattern: string, text: string): boolean {
	const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
	return new RegExp(`^${parts.join(".*")}$`, "s").test(text);
}

const LINE = /^deviation ([A-Z]{2}-[1-9][0-9]*) (always|expect|nothing|also|skip)(?= |$)/;
const VALUE = '[^" ]+|"[^"]* [^"]*"';
const ALWAYS = new RegExp(`^(\\S+) (${VALUE}) -> (${VALUE})$`);

// A value with a space in it stands in quotes.
function quoted(value: string): string {
	return value.includes(" ") ? `"${value}"` : value;
}

function bare(value: string): string {
	return value.startsWith('"') ? value.slice(1, -1) : value;
}
