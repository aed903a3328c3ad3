// Cutting standard input into messages, however it comes in chunks.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Message, messages } from "../src/split.ts";

describe("the messages of an input", () => {
	const cases: [Message, string, string[]][] = [
		["line", "a\nbc\n", ["a\n", "bc\n"]],
		["line", "a\nb", ["a\n", "b"]],
		["line", "\n\n", ["\n", "\n"]],
		["line", "a\0b\n", ["a\0b\n"]],
		["nul", "a\0b c\n\0", ["a", "b c\n"]],
		["nul", "a\0b", ["a", "b"]],
		["whole", "a\nb\0c\n", ["a\nb\0c\n"]],
		["line", "", []],
		["nul", "", []],
		["whole", "", []],
	];
	it.each(cases)("%s: %j", async (how, input, want) => {
		expect(await cut([Buffer.from(input)], how, 100)).toEqual(want);
	});

	it("do not depend on the chunks it comes in", async () => {
		const piece = fc.array(fc.constantFrom("a", "bb", "\n", "\0"), { maxLength: 8 });
		const how = fc.constantFrom<Message>("line", "nul", "whole");
		await fc.assert(
			fc.asyncProperty(fc.array(piece, { maxLength: 8 }), how, async (pieces, how) => {
				const chunks = pieces.map((piece) => Buffer.from(piece.join("")));
				const whole = Buffer.concat(chunks);
				const got = await cut(chunks, how, 1000);
				expect(got).toEqual(await cut([whole], how, 1000));
				const end = how === "nul" ? "\0" : "";
				expect(`${got.join(end)}${end}`.startsWith(whole.toString())).toBe(true);
			}),
		);
	});
});

describe("a message may be so long, and one byte more is an error that says which:", () => {
	for (const [how, end] of [
		["line", "\n"],
		["nul", "\0"],
		["whole", ""],
	] as const) {
		it(how, async () => {
			const most = 8;
			const fits = `${"x".repeat(how === "line" ? most - 1 : most)}${end}`;
			const first = how === "whole" ? "" : `y${end}`;
			const got = await cut([Buffer.from(first), Buffer.from(fits)], how, most);
			expect(got.at(-1)).toHaveLength(most);
			const late = cut([Buffer.from(`${first}x`), Buffer.from(fits)], how, most);
			const n = how === "whole" ? 1 : 2;
			await expect(late).rejects.toThrow(`message ${n} of the input is longer than ${most} bytes`);
		});
	}

	it("is not waited for to end", async () => {
		const endless = async function* () {
			for (;;) yield Buffer.alloc(1000);
		};
		await expect(take(messages(endless(), "line", 10_000))).rejects.toThrow("message 1 ");
	});
});

async function cut(chunks: readonly Buffer[], how: Message, most: number): Promise<string[]> {
	const input = async function* () {
		yield* chunks;
	};
	return take(messages(input(), how, most));
}

async function take(all: AsyncIterable<Uint8Array>): Promise<string[]> {
	const got: string[] = [];
	for await (const message of all) got.push(Buffer.from(message).toString());
	return got;
}
