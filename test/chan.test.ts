// One channel, without a server: readers and writers that write down what becomes of them, and
// random histories against a naive reference.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Chan, type Reader, type Writer } from "../src/chan.ts";
import type { Line, Linked } from "../src/line.ts";
import { MESSAGE_OVERHEAD, type Message, Store } from "../src/store.ts";

const BYTES = 20; // of one channel

class Party implements Reader, Writer {
	prev: Linked | null = null;
	next: Linked | null = null;
	line: Line<Linked> | null = null;
	message: Message | null = null;
	private readonly name: string;
	private readonly world: World;

	constructor(world: World, name: string) {
		this.world = world;
		this.name = name;
	}

	deliver(buf: Uint8Array, from: number, to: number): void {
		this.world.log.push(`${this.name} got ${Buffer.from(buf.subarray(from, to))}`);
	}

	end(): void {
		this.world.log.push(`${this.name} ends`);
	}

	hold(buf: Buffer, from: number, to: number): boolean {
		if (this.world.refuses) this.world.log.push(`${this.name} refuses`);
		else this.message = this.world.store.message(buf, from, to);
		return !this.world.refuses;
	}

	accepted(): void {
		this.world.log.push(`${this.name} done`);
	}

	removed(): void {
		this.world.log.push(`${this.name} removed`);
	}
}

class World {
	readonly store: Store;
	readonly chan: Chan;
	readonly log: string[] = [];
	refuses = false;
	private readonly parties = new Map<string, Party>();

	constructor(capacity: number, budget = 1 << 20) {
		this.store = new Store(budget);
		this.chan = new Chan(this.store, BYTES);
		this.chan.resize(capacity);
	}

	ask(...names: string[]): this {
		for (const name of names) this.chan.ask(this.party(name));
		return this;
	}

	/** Each message is its writer's name, and then dots. */
	offer(...names: string[]): this {
		for (const name of names) this.offerSized(name, name.length);
		return this;
	}

	offerSized(name: string, size: number, chan = this.chan): void {
		const bytes = Buffer.from(`<${name.padEnd(size, ".")}>`);
		chan.offer(this.party(name), bytes, 1, bytes.length - 1);
	}

	cancel(name: string): this {
		this.chan.cancel(this.party(name));
		return this;
	}

	/** What was logged since the last call. */
	said(): string[] {
		return this.log.splice(0);
	}

	party(name: string): Party {
		const party = this.parties.get(name) ?? new Party(this, name);
		this.parties.set(name, party);
		return party;
	}
}

describe("Chan", () => {
	it("CH-5: at capacity 0 a write is answered when a reader has taken its message", () => {
		const world = new World(0).offer("w1");
		expect(world.said()).toEqual([]);
		expect(world.ask("r1").said()).toEqual(["r1 got w1", "w1 done"]);
	});

	it("CH-6: at capacity 2 the third writer waits", () => {
		const world = new World(2).offer("w1", "w2", "w3");
		expect(world.said()).toEqual(["w1 done", "w2 done"]);
		expect(world.ask("r1").said()).toEqual(["r1 got w1", "w3 done"]);
		expect(world.ask("r2", "r3", "r4").said()).toEqual(["r2 got w2", "r3 got w3"]);
	});

	it("CH-3: waiting readers are served in their order", () => {
		const world = new World(0).ask("r1", "r2", "r3").offer("w1", "w2", "w3");
		expect(world.said().filter((s) => s.startsWith("r"))).toEqual([
			"r1 got w1",
			"r2 got w2",
			"r3 got w3",
		]);
	});

	it("CH-4: a waiting writer is not overtaken by one that would fit", () => {
		const world = new World(5);
		world.offerSized("w1", BYTES - 2);
		world.offerSized("w2", 5);
		world.offerSized("w3", 2);
		expect(world.said()).toEqual(["w1 done"]);
		expect(world.ask("r1").said()).toEqual([
			`r1 got ${"w1".padEnd(18, ".")}`,
			"w2 done",
			"w3 done",
		]);
	});

	it("FL-1, CH-4: when a writer that is too large is cancelled, those behind it get in", () => {
		const world = new World(5);
		world.offerSized("w1", BYTES - 2);
		world.offerSized("w2", 5);
		world.offerSized("w3", 2);
		world.said();
		expect(world.cancel("w2").said()).toEqual(["w3 done"]);
		expect(world.ask("r1", "r2", "r3").said()).toEqual([
			`r1 got ${"w1".padEnd(18, ".")}`,
			"r2 got w3",
		]);
	});

	it("FL-1: a cancelled reader gets nothing, and a cancelled writer gives nothing", () => {
		const world = new World(0).ask("r1", "r2").cancel("r1").offer("w1", "w2", "w3");
		expect(world.cancel("w2").said()).toEqual(["r2 got w1", "w1 done"]);
		expect(world.ask("r3", "r4").said()).toEqual(["r3 got w3", "w3 done"]);
	});

	it("CT-10: growing lets waiting writers in, in order; shrinking keeps what is queued", () => {
		const world = new World(0).offer("w1", "w2", "w3");
		world.chan.resize(2);
		expect(world.said()).toEqual(["w1 done", "w2 done"]);
		world.chan.resize(0);
		expect(world.ask("r1").said()).toEqual(["r1 got w1"]);
		expect(world.ask("r2", "r3").said()).toEqual(["r2 got w2", "r3 got w3", "w3 done"]);
	});

	it("EN-1, EN-2: closing refuses writers, and ends readers when what is queued is gone", () => {
		const world = new World(1).offer("w1", "w2");
		world.said();
		world.chan.close();
		expect(world.said()).toEqual(["w2 removed"]);
		expect(world.offer("w3").ask("r1", "r2").said()).toEqual([
			"w3 removed",
			"r1 got w1",
			"r2 ends",
		]);
		const empty = new World(0).ask("r1", "r2");
		empty.chan.close();
		expect(empty.said()).toEqual(["r1 ends", "r2 ends"]);
	});

	it("EN-4: what is dropped is counted, and its memory comes back", () => {
		const world = new World(3).offer("w1", "w2");
		world.chan.close();
		expect([world.chan.drop(), world.chan.drop(), world.store.used]).toEqual([2, 0, 0]);
	});

	it("LM-1: at the byte limit a write waits, yet a reader takes it directly", () => {
		const world = new World(9);
		world.offerSized("w1", BYTES);
		world.offer("w2");
		expect(world.said()).toEqual(["w1 done"]);
		expect(world.ask("r1", "r2").said()).toEqual([
			`r1 got ${"w1".padEnd(BYTES, ".")}`,
			"w2 done",
			"r2 got w2",
		]);
		expect(world.store.used).toBe(0);
	});

	it("LM-1: a channel that waits for the server's budget gets it from another channel", () => {
		const world = new World(9, 2 * (MESSAGE_OVERHEAD + 10));
		const other = new Chan(world.store, BYTES);
		other.resize(9);
		world.offerSized("w1", 10);
		world.offerSized("w2", 10);
		world.offerSized("x1", 10, other);
		world.offerSized("x2", 2, other);
		expect(world.said()).toEqual(["w1 done", "w2 done"]);
		expect(world.ask("r1").said()).toEqual(["r1 got w1........", "x1 done"]);
		expect(world.ask("r2").said()).toEqual(["r2 got w2........", "x2 done"]);
	});

	it("LM-3: a writer that refuses to wait leaves nothing", () => {
		const world = new World(0);
		world.refuses = true;
		expect(world.offer("w1").ask("r1").said()).toEqual(["w1 refuses"]);
		expect(world.party("r1").line).not.toBeNull();
	});

	it("CH-2, CH-3, CH-4, CH-6, CT-10, EN-1, EN-2, FL-1: does what the reference does", () => {
		fc.assert(fc.property(fc.array(step, { maxLength: 80, size: "max" }), agree));
	});
});

type Step = readonly [kind: "ask" | "offer" | "cancel" | "resize" | "close" | "drop", n: number];
const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 5, arbitrary: fc.constant<Step>(["ask", 0]) },
	{ weight: 6, arbitrary: fc.integer({ min: 4, max: BYTES }).map<Step>((n) => ["offer", n]) },
	{ weight: 2, arbitrary: fc.nat(40).map<Step>((n) => ["cancel", n]) },
	{ weight: 2, arbitrary: fc.nat(4).map<Step>((n) => ["resize", n]) },
	{ weight: 1, arbitrary: fc.constantFrom<Step>(["close", 0], ["drop", 0]) },
);

// The same history for both; each step must have the same outcomes.
function agree(steps: readonly Step[]): void {
	const world = new World(1);
	const reference = new Reference(1);
	for (const [i, [kind, n]] of steps.entries()) {
		if (kind === "ask") world.ask(`r${i}`);
		else if (kind === "offer") world.offerSized(`w${i}`, n);
		else if (kind === "cancel") for (const p of ["r", "w"]) world.cancel(`${p}${n}`);
		else if (kind === "resize") world.chan.resize(n);
		else if (kind === "close") world.chan.close();
		else if (reference.closed) world.log.push(`dropped ${world.chan.drop()}`);
		expect(world.said().sort()).toEqual(reference.play([kind, n], i).sort());
	}
	world.chan.close();
	world.chan.drop();
	expect(world.store.used).toBe(0);
}

/** The rules, word by word, without regard to cost. */
class Reference {
	closed = false;
	private capacity: number;
	private queue: string[] = [];
	private readers: string[] = [];
	private writers: { name: string; data: string }[] = [];

	constructor(capacity: number) {
		this.capacity = capacity;
	}

	play([kind, n]: Step, i: number): string[] {
		const out: string[] = [];
		if (kind === "ask") this.readers.push(`r${i}`);
		else if (kind === "offer") this.writers.push({ name: `w${i}`, data: `w${i}`.padEnd(n, ".") });
		else if (kind === "cancel") {
			this.readers = this.readers.filter((r) => r !== `r${n}`);
			this.writers = this.writers.filter((w) => w.name !== `w${n}`);
		} else if (kind === "resize") this.capacity = n;
		else if (kind === "close") this.closed = true;
		else if (this.closed) out.push(`dropped ${this.queue.splice(0).length}`);
		while (this.move(out));
		return out;
	}

	private move(out: string[]): boolean {
		const [r, w] = [this.readers[0], this.writers[0]];
		const bytes = this.queue.join("").length;
		if (this.closed && w !== undefined) out.push(`${this.writers.shift()?.name} removed`);
		else if (r !== undefined && this.queue.length > 0) {
			out.push(`${this.readers.shift()} got ${this.queue.shift()}`);
		} else if (r !== undefined && w !== undefined) {
			out.push(`${this.readers.shift()} got ${w.data}`, `${this.writers.shift()?.name} done`);
		} else if (r !== undefined && this.closed) out.push(`${this.readers.shift()} ends`);
		else if (w === undefined || this.queue.length >= this.capacity) return false;
		else if (bytes + w.data.length > BYTES) return false;
		else {
			this.queue.push(w.data);
			out.push(`${this.writers.shift()?.name} done`);
		}
		return true;
	}
}
