// Frames out of a stream: however it is cut, the same frames; never more memory than bytes that
// came.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encode, sizeOf } from "../../src/9p/fcall.gen.ts";
import { Frames, type Sink } from "../../src/9p/frame.ts";
import { message } from "./arbitrary.ts";

/** Collects frames as hexadecimal; stops after each if asked to. */
class Collector implements Sink {
	readonly frames: string[] = [];
	frameLimit: number;
	private readonly stops: boolean;

	constructor(frameLimit = 1 << 20, stops = false) {
		this.frameLimit = frameLimit;
		this.stops = stops;
	}

	frame(buf: Buffer, from: number, to: number): boolean {
		this.frames.push(buf.toString("hex", from, to));
		return !this.stops;
	}
}

/** A frame of `size` bytes, filled with its own size. */
function filled(size: number): Buffer {
	const buf = Buffer.alloc(Math.max(size, 4), size & 0xff);
	buf.writeUInt32LE(size, 0);
	return buf;
}

/** Feeds pieces to new Frames; the frames, and what the last feed returned less the piece's end. */
function feed(
	pieces: readonly Buffer[],
	sink = new Collector(),
): { frames: string[]; end: number } {
	const frames = new Frames();
	for (const piece of pieces) {
		const end = frames.feed(piece, 0, piece.length, sink);
		if (end !== piece.length) return { frames: sink.frames, end };
	}
	return { frames: sink.frames, end: 0 };
}

function bytewise(buf: Buffer): Buffer[] {
	return [...buf].map((byte) => Buffer.from([byte]));
}

/** Cuts at these places, in any order. */
function cut(buf: Buffer, places: readonly number[]): Buffer[] {
	const at = [0, ...places.map((p) => p % (buf.length + 1)).sort((a, b) => a - b), buf.length];
	return at.slice(1).map((to, i) => buf.subarray(at[i], to));
}

describe("frames", () => {
	it("CH-1: messages come out as they went in, whole, by bytes and by any pieces", () => {
		const input = fc.tuple(
			fc.array(message(), { maxLength: 3 }),
			fc.array(fc.nat(), { maxLength: 12 }),
		);
		fc.assert(
			fc.property(input, ([messages, places]) => {
				const frames = messages.map((m) => {
					const buf = Buffer.alloc(sizeOf(m));
					encode(m, buf, 0);
					return buf;
				});
				const whole = Buffer.concat(frames);
				const expected = { frames: frames.map((f) => f.toString("hex")), end: 0 };
				expect(feed([whole])).toEqual(expected);
				expect(feed(bytewise(whole))).toEqual(expected);
				expect(feed(cut(whole, places))).toEqual(expected);
			}),
			{ numRuns: 50 },
		);
	}, 60_000);

	it("ER-2: any bytes give the same frames and the same end, however they are cut", () => {
		// Small sizes often, so that frames and bad sizes are both found.
		const bytes = fc
			.array(fc.oneof(fc.constantFrom(0, 7, 8, 9, 6), fc.nat(255)), { maxLength: 80 })
			.map((a) => Buffer.from(a));
		fc.assert(
			fc.property(bytes, fc.array(fc.nat(), { maxLength: 8 }), (buf, places) => {
				const whole = feed([buf], new Collector(300));
				const outcome = (pieces: Buffer[]) => {
					const { frames, end } = feed(pieces, new Collector(300));
					return { frames, broken: end < 0 };
				};
				const expected = { frames: whole.frames, broken: whole.end < 0 };
				expect(outcome(bytewise(buf))).toEqual(expected);
				expect(outcome(cut(buf, places))).toEqual(expected);
			}),
			{ numRuns: 300 },
		);
	}, 60_000);

	it.each([0, 1, 2, 3, 4, 5, 6])("ER-2: size %i is impossible", (size) => {
		const bad = filled(size);
		expect(feed([bad])).toEqual({ frames: [], end: -1 });
		expect(feed(bytewise(bad))).toEqual({ frames: [], end: -1 });
		const good = filled(9);
		expect(feed([Buffer.concat([good, bad, good])])).toEqual({
			frames: [good.toString("hex")],
			end: -1,
		});
	});

	it("ER-2: 7 is possible, and so is the limit; one more is not", () => {
		for (const size of [7, 8, 299, 300]) {
			const buf = filled(size);
			const expected = { frames: [buf.toString("hex")], end: 0 };
			expect(feed([buf], new Collector(300)), `${size}`).toEqual(expected);
			expect(feed(bytewise(buf), new Collector(300)), `${size}`).toEqual(expected);
		}
		for (const size of [301, 1000, 2 ** 31, 2 ** 32 - 1]) {
			const buf = Buffer.alloc(500);
			buf.writeUInt32LE(size, 0);
			expect(feed([buf], new Collector(300)), `${size}`).toEqual({ frames: [], end: -1 });
			expect(feed(bytewise(buf.subarray(0, 4)), new Collector(300))).toEqual({
				frames: [],
				end: -1,
			});
		}
	});

	it("ER-2: the limit is that of the moment a frame comes", () => {
		const sink = new Collector(8);
		const frames = new Frames();
		const grows: Sink = {
			get frameLimit() {
				return sink.frames.length === 0 ? 8 : 100;
			},
			frame: (buf, from, to) => sink.frame(buf, from, to),
		};
		const chunk = Buffer.concat([filled(8), filled(100)]);
		expect(frames.feed(chunk, 0, chunk.length, grows)).toBe(108);
		expect(frames.feed(filled(101), 0, 101, grows)).toBe(-1);
		expect(sink.frames).toHaveLength(2);
	});

	it("LM-4: stops where the sink says so, and goes on from there", () => {
		const chunk = Buffer.concat([filled(10), filled(20), filled(30)]);
		const sink = new Collector(100, true);
		const frames = new Frames();
		const ends: number[] = [];
		for (let at = 0; at < chunk.length; at = ends.at(-1) as number) {
			ends.push(frames.feed(chunk, at, chunk.length, sink));
		}
		expect(ends).toEqual([10, 30, 60]);
		expect(sink.frames).toHaveLength(3);
		// Also after a frame that came in two chunks.
		expect(frames.feed(chunk, 0, 5, sink)).toBe(5);
		expect(frames.feed(chunk, 5, 60, sink)).toBe(10);
		expect(frames.bytes).toBe(0);
	});

	it("LM-7: a slow sender gets memory only as its bytes come", () => {
		const size = 1 << 20;
		const frame = filled(size);
		for (const step of [1000, 4099, 100_000]) {
			const frames = new Frames();
			const sink = new Collector(size);
			for (let at = 0; at + step < size; at += step) {
				frames.feed(frame, at, at + step, sink);
				const have = at + step;
				expect(frames.bytes).toBeGreaterThanOrEqual(have);
				expect(frames.bytes).toBeLessThanOrEqual(Math.max(256, 2 * have));
			}
			const rest = size - ((size - 1) % step) - 1;
			frames.feed(frame, rest, size, sink);
			expect(sink.frames.map((f) => f.length)).toEqual([2 * size]);
			expect(sink.frames[0] === frame.toString("hex")).toBe(true);
			expect(frames.bytes).toBe(0);
		}
	});

	it("LM-7: a header alone gets the least there is", () => {
		const frames = new Frames();
		const header = filled(1 << 20);
		for (let at = 0; at < 7; at++) {
			expect(frames.feed(header, at, at + 1, new Collector())).toBe(at + 1);
			expect(frames.bytes).toBe(256);
		}
	});
});
