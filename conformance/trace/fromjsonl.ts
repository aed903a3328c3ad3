// Makes a trace of an older recording: one JSON object a line, of which `hex` is the truth.
// `node dist/conformance/trace/fromjsonl.js FILE.jsonl [key=value...]` prints it.

import { readFileSync } from "node:fs";
import process from "node:process";
import { type Entry, formatTrace, messageOf, type Trace } from "./format.ts";

interface Line {
	t?: number;
	conn?: number;
	dir?: "C" | "S";
	hex?: string;
	mark?: string;
	ev?: string;
}

/** The recording as a trace; `header` says where it comes from. */
export function fromJsonl(text: string, header: [string, string][]): Trace {
	const entries = text
		.trim()
		.split("\n")
		.map((line, i) => entryOf(JSON.parse(line) as Line, i + 1))
		.filter((e) => e !== null);
	return { header, entries };
}

function entryOf(o: Line, line: number): Entry | null {
	if (o.mark !== undefined) {
		return o.mark.trim() === "" ? null : { kind: "mark", line, text: o.mark.trim() };
	}
	const at = { line, seconds: o.t ?? 0, conn: o.conn ?? 0 };
	if (o.hex !== undefined) {
		return messageOf({ ...at, side: o.dir ?? "C" }, Buffer.from(o.hex, "hex"));
	}
	if (o.ev === "open") return { kind: "open", ...at };
	return o.ev?.startsWith("close") ? { kind: "close", ...at } : null;
}

const [, , file, ...pairs] = process.argv;
if (file !== undefined) {
	const header = pairs.map((p) => p.split(/=(.*)/s).slice(0, 2) as [string, string]);
	process.stdout.write(formatTrace(fromJsonl(readFileSync(file, "utf8"), header)));
}
