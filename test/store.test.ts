// Copies of messages, and the budget that all channels share.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MESSAGE_OVERHEAD, Store, type Waiting } from "../src/store.ts";

const from = (text: string) => Buffer.from(text);

describe("Store", () => {
	it("CH-1: keeps each message's own bytes, whatever buffers are used again", () => {
		const size = fc.oneof(fc.nat(200), fc.constantFrom(63, 64, 65, 8191, 8192, 8193, 20000));
		fc.assert(
			fc.property(fc.array(fc.tuple(size, fc.boolean(), fc.nat(5)), { maxLength: 40 }), (all) => {
				const store = new Store(1 << 30);
				const live: { byte: number; size: number; m: ReturnType<Store["message"]> }[] = [];
				for (const [i, [n, recycle, at]] of all.entries()) {
					const source = Buffer.alloc(n + 2, i + 1);
					live.push({ byte: i + 1, size: n, m: store.message(source, 1, n + 1) });
					source.fill(0);
					if (recycle) for (const { m } of live.splice(at, 1)) store.recycle(m);
					for (const { byte, size: wanted, m } of live) {
						expect(m.size).toBe(wanted);
						expect(m.buf.subarray(0, wanted).every((b) => b === byte)).toBe(true);
					}
				}
			}),
		);
	});

	it("CH-1: two messages alive at once never share a buffer", () => {
		const store = new Store(1 << 20);
		const a = store.message(from("a"), 0, 1);
		store.recycle(a);
		const b = store.message(from("b"), 0, 1);
		const c = store.message(from("c"), 0, 1);
		expect(b).toBe(a); // it is used again
		expect(c).not.toBe(b);
		expect(`${b.buf.subarray(0, 1)}${c.buf.subarray(0, 1)}`).toBe("bc");
	});

	it("LM-1: grants its limit and not a byte more, and tells who waits once", () => {
		const store = new Store(2 * (MESSAGE_OVERHEAD + 10));
		const told: string[] = [];
		const waiting = (name: string): Waiting => ({ admit: () => told.push(name) });
		const [a, b] = [waiting("a"), waiting("b")];
		expect([store.reserve(10, a), store.reserve(11, a), store.reserve(10, b)]).toEqual([
			true,
			false,
			true,
		]);
		expect(store.reserve(1, b)).toBe(false);
		expect(store.used).toBe(store.limit);
		store.release(10);
		expect(told).toEqual(["a", "b"]);
		store.release(10);
		expect(told).toEqual(["a", "b"]);
		expect(store.used).toBe(0);
	});

	it("LM-1: one that is told and still finds no room is told again", () => {
		const store = new Store(3 * (MESSAGE_OVERHEAD + 10));
		let told = 0;
		const greedy: Waiting = {
			admit: () => {
				told++;
				store.reserve(MESSAGE_OVERHEAD + 20, greedy);
			},
		};
		for (let i = 0; i < 3; i++) store.reserve(10, greedy);
		store.reserve(MESSAGE_OVERHEAD + 20, greedy);
		store.release(10);
		expect(told).toBe(1);
		store.release(10);
		expect(told).toBe(2);
		expect(store.used).toBe(store.limit);
	});
});
