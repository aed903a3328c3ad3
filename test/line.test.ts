// The intrusive queue against an array.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Line, type Linked } from "../src/line.ts";

class Item implements Linked {
	prev: Linked | null = null;
	next: Linked | null = null;
	line: Line<Linked> | null = null;
	readonly name: number;

	constructor(name: number) {
		this.name = name;
	}
}

describe("Line", () => {
	it("CH-3, CH-4, FL-1: first come, first served, and any member can leave", () => {
		const step = fc.oneof(
			{ weight: 3, arbitrary: fc.constant<["push" | "shift" | "remove", number]>(["push", 0]) },
			fc.constant<["push" | "shift" | "remove", number]>(["shift", 0]),
			fc.nat(9).map<["push" | "shift" | "remove", number]>((i) => ["remove", i]),
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
				const line = new Line<Item>();
				let array: Item[] = [];
				for (const [i, [kind, at]] of steps.entries()) {
					if (kind === "push") {
						const item = new Item(i);
						line.push(item);
						array.push(item);
					} else if (kind === "shift") expect(line.shift()).toBe(array.shift() ?? null);
					else {
						const item = array[at];
						if (item !== undefined) line.remove(item);
						array = array.filter((x) => x !== item);
					}
					expect(forwards(line)).toEqual(array.map((x) => x.name));
					expect(backwards(line)).toEqual(array.map((x) => x.name).reverse());
					expect(line.length).toBe(array.length);
				}
			}),
		);
	});

	it("CH-14: one that left stands in no line, and may join again at the end", () => {
		const line = new Line<Item>();
		const [a, b] = [new Item(1), new Item(2)];
		line.push(a);
		line.push(b);
		line.remove(a);
		expect([a.line, a.prev, a.next]).toEqual([null, null, null]);
		line.push(a);
		expect(forwards(line)).toEqual([2, 1]);
		expect(a.line).toBe(line);
	});
});

function forwards(line: Line<Item>): number[] {
	const names: number[] = [];
	for (let x = line.first; x !== null; x = x.next as Item | null) names.push(x.name);
	return names;
}

function backwards(line: Line<Item>): number[] {
	const names: number[] = [];
	for (let x = line.last; x !== null; x = x.prev as Item | null) names.push(x.name);
	return names;
}
