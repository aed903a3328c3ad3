// Replies that wait: back to back in one buffer, each as the codec would write it.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { u32 } from "../../src/9p/bytes.ts";
import { decode, encode, Rflush, Rread, Rwrite, sizeOf } from "../../src/9p/fcall.gen.ts";
import { copy, Out } from "../../src/9p/out.ts";
import { message, plain } from "./arbitrary.ts";

/** The messages that wait. */
function waiting(out: Out): object[] {
	const found: object[] = [];
	for (let at = 0; at < out.size; at += u32(out.buf, at)) {
		found.push(plain(decode(out.buf, at, at + u32(out.buf, at))));
	}
	return found;
}

describe("replies that wait", () => {
	it("are those that were put in, in order and whole", () => {
		fc.assert(
			fc.property(fc.array(message(), { maxLength: 5 }), (messages) => {
				const out = new Out();
				for (const m of messages) out.reply(m);
				expect(waiting(out)).toEqual(messages.map(plain));
				expect(out.size).toBe(messages.reduce((n, m) => n + sizeOf(m), 0));
			}),
		);
	}, 60_000);

	it.each([0, 1, 23, 24, 25, 255, 501, 502, 5000])(
		"rread and rwrite write as encode does, of %i bytes",
		(n) => {
			const data = Buffer.from(Array.from({ length: n + 10 }, (_, i) => i * 7));
			const out = new Out();
			out.rread(0xfedc, data, 5, 5 + n);
			out.rwrite(0x1234, n);
			const expected = [
				{ type: Rread, tag: 0xfedc, data: data.subarray(5, 5 + n) },
				{ type: Rwrite, tag: 0x1234, count: n },
			] as const;
			const bytes = expected.map((m) => {
				const buf = Buffer.alloc(sizeOf(m));
				encode(m, buf, 0);
				return buf;
			});
			expect(out.buf.toString("hex", 0, out.size)).toBe(Buffer.concat(bytes).toString("hex"));
		},
	);

	it("rread copies: the bytes may change afterwards", () => {
		const data = Buffer.from("abc");
		const out = new Out();
		out.rread(1, data, 0, 3);
		data.fill("x");
		expect(waiting(out)).toEqual([plain({ type: Rread, tag: 1, data: Buffer.from("abc") })]);
	});

	it("are gone after clear, and the buffer with them if it was lent", () => {
		const out = new Out();
		out.rread(1, Buffer.alloc(10_000), 0, 10_000);
		out.messages = 1;
		const { buf } = out;
		out.clear(false);
		expect([out.size, out.messages, out.buf === buf]).toEqual([0, 0, true]);
		out.rwrite(7, 1);
		const before = Buffer.from(buf);
		out.clear(true);
		expect([out.size, out.buf === buf, out.buf.length]).toEqual([0, false, 512]);
		out.rread(1, Buffer.alloc(400, "y"), 0, 400);
		expect(buf.equals(before)).toBe(true);
	});

	it("are each seen as they are put in", () => {
		const out = new Out();
		const seen: string[] = [];
		out.written = (buf, from, to) => seen.push(Buffer.from(buf.subarray(from, to)).toString("hex"));
		out.reply({ type: Rflush, tag: 1 });
		out.rread(2, Buffer.from("hello"), 1, 3);
		out.rwrite(3, 9);
		expect(seen).toEqual([
			"070000006d0100",
			"0d000000750200" + "02000000" + "656c",
			"0b000000770300" + "09000000",
		]);
		expect(seen.join("")).toBe(out.buf.toString("hex", 0, out.size));
	});

	it("copy works at any place", () => {
		fc.assert(
			fc.property(
				fc.uint8Array({ minLength: 1, maxLength: 100 }),
				fc.nat(),
				fc.nat(),
				fc.nat(20),
				(bytes, a, b, at) => {
					const [p, end] = [a, b].map((n) => n % (bytes.length + 1)).sort((x, y) => x - y) as [
						number,
						number,
					];
					const to = Buffer.alloc(130, 0xee);
					copy(to, at, Buffer.from(bytes), p, end);
					const expected = Buffer.alloc(130, 0xee);
					expected.set(bytes.subarray(p, end), at);
					expect(to).toEqual(expected);
				},
			),
		);
	});
});
