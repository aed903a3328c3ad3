// The text of traces: what is written reads back, and what is not one is refused with its place.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FIELDS } from "../../conformance/trace/deviation.ts";
import {
	type Entry,
	formatTrace,
	type Message,
	parseTrace,
	type Trace,
} from "../../conformance/trace/format.ts";
import { format } from "../../src/9p/fcall.gen.ts";
import { message } from "../9p/arbitrary.ts";
import { textOf } from "../files.ts";
import { parsed, recorded } from "./traces.ts";

it.each(recorded)("$name is written as it was read", ({ text }) => {
	expect(formatTrace(parsed(text))).toBe(text);
});

it.each(recorded)("$name says where it comes from", ({ trace }) => {
	const keys = trace.header.map(([key]) => key);
	for (const key of ["client", "os", "server", "date", "recorded", "commands"]) {
		expect(keys).toContain(key);
	}
});

it.each(recorded)("$name: deviations cite rules that there are", ({ trace }) => {
	const rules = new Set(textOf("spec/README.md").match(/(?<=\*\*)[A-Z]{2}-\d+(?=\*\*)/g));
	const cited = trace.entries.flatMap((e) => ("rule" in e ? [e.rule] : []));
	expect(cited.filter((rule) => !rules.has(rule))).toEqual([]);
});

it("any trace is read as it was written", () => {
	fc.assert(
		fc.property(traces(), (trace) => {
			const text = formatTrace(trace);
			const again = parsed(text);
			expect(formatTrace(again)).toBe(text);
			expect(again.header).toEqual(trace.header);
			expect(again.entries.map((e) => e.kind)).toEqual(trace.entries.map((e) => e.kind));
		}),
	);
});

const GOOD = '1.000000 0 S Rerror tag 1 ename "not owner"';

describe("a text that is no trace is refused:", () => {
	it.each([
		["1.0 0 C Tclunk tag 1 fid 2\n", 1, 1, "expected `SECONDS"],
		["01.000000 0 open\n", 1, 1, "expected `SECONDS"],
		["1.000000 00 open\n", 1, 1, "expected `SECONDS"],
		["1.000000 0 X Tclunk tag 1 fid 2\n", 1, 1, "expected `SECONDS"],
		["1.000000 0 open \n", 1, 16, "expected the end"],
		["1.000000 0 C Tclunk tag 1 fud 2\n", 1, 26, 'expected " fid "'],
		["1.000000 0 C Tclunk tag 01 fid 2\n", 1, 25, "written"],
		["1.000000 0 C ?7 odd\n", 1, 14, "expected `?HEX"],
		["1.000000 0 C ?07\n", 1, 14, "expected `?HEX"],
		["1.000000 0 C ?0b0000007801009c000000 why\n", 1, 14, "these bytes are a message"],
		["mark \n", 1, 5, "no space"],
		["#client: x\n", 1, 3, "a header line"],
		["mark a\n# client: x\n", 2, 1, "header lines come first"],
		["mark a\n\nmark b\n", 2, 1, "expected `SECONDS"],
		["mark a", 1, 1, "no newline"],
		["deviation XX expect Rclunk tag 1\n", 1, 11, "expected `RULE"],
		[`deviation CT-1 expect\n${GOOD}\n`, 1, 23, "expected a message"],
		[`deviation CT-1 nothing  \n${GOOD}\n`, 1, 24, "one space"],
		["deviation CT-1 expect Rclunk tag 1\nmark x\n", 1, 1, "no server's message follows"],
		[`deviation CT-1 skip\n${GOOD}\n`, 1, 1, "no client's message follows"],
		["deviation CT-1 also Rclunk tag 1\n", 1, 21, "expected `CONN"],
		["deviation CT-1 always color 1 -> 2\n", 1, 23, "the field is one of"],
		["deviation CT-1 always mode 1 2\n", 1, 23, "expected `FIELD"],
		[`${GOOD}\ndeviation CT-1 always mode 1 -> 2\n`, 2, 1, "before the first message"],
	])("%j", (text, line, column, why) => {
		expect(parseTrace(text)).toEqual({ line, column, why: expect.stringContaining(why) });
	});
});

function traces(): fc.Arbitrary<Trace> {
	const few = <T>(a: fc.Arbitrary<T>) => fc.array(a, { maxLength: 4 });
	const word = fc.stringMatching(/^[!-~]( ?[!-~]){0,12}$/);
	const key = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
	const at = fc.record({
		line: fc.constant(0),
		seconds: fc.nat(1e9).map((n) => n / 1e6),
		conn: fc.nat(99),
	});
	const rule = fc.constantFrom("CH-1", "CT-10");
	const raw = fc
		.tuple(fc.uint8Array({ minLength: 1, maxLength: 6 }), word)
		.map(([bytes, why]) => ({ fcall: null, raw: { bytes: Buffer.from(bytes), why } }));
	const content = fc.oneof(
		message().map((fcall) => ({ fcall })),
		raw,
	);
	const sent = (side: "C" | "S") =>
		fc.tuple(at, content).map(([a, c]): Message => ({ kind: "message", ...a, ...c, side }));
	const expected = message().map((fcall) => ({ fcall, text: format(fcall) }));
	const entries = fc.oneof(
		fc.oneof(sent("C"), sent("S")).map((m) => [m]),
		fc.tuple(at, fc.constantFrom("open", "close")).map(([a, kind]) => [{ kind, ...a }]),
		fc.option(word, { nil: "" }).map((text) => [{ kind: "mark", line: 0, text }]),
		fc
			.tuple(rule, expected, sent("S"))
			.map(([r, e, m]) => [{ kind: "expect", line: 0, rule: r, expected: e }, m]),
		fc
			.tuple(rule, fc.nat(9), expected)
			.map(([r, conn, e]) => [{ kind: "also", line: 0, rule: r, conn, expected: e }]),
		fc
			.tuple(rule, word, sent("C"))
			.map(([r, reason, m]) => [{ kind: "skip", line: 0, rule: r, reason }, m]),
	);
	const always = fc.record({
		kind: fc.constant("always"),
		line: fc.constant(0),
		rule,
		field: fc.constantFrom(...FIELDS),
		old: fc.constantFrom("*", "0666", "not owner"),
		new: fc.constantFrom("*", "0", "Is a directory"),
	}) as fc.Arbitrary<Entry>;
	return fc
		.tuple(few(fc.tuple(key, word)), few(always), few(entries))
		.map(([header, first, rest]) => ({ header, entries: [...first, ...(rest.flat() as Entry[])] }));
}
