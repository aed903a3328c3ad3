// The exploration: the model keeps the rules in a few worlds, and broken models are found out, each
// by a shortest path. The whole of it is `npm run explore`.

import { describe, expect, it } from "vitest";
import { step } from "../../spec/chan.ts";
import {
	type Effect,
	type Event,
	fidOf,
	type State,
	type Step,
	setChannel,
	setFid,
} from "../../spec/chanstate.ts";
import { explore } from "../../spec/explore.ts";
import { keyOf, roles } from "../../spec/explorekey.ts";
import { traceText } from "../../spec/exploretext.ts";
import { kinds, moves, type StepFunction, start, type World } from "../../spec/exploreworld.ts";
import { worlds } from "../../spec/exploreworlds.ts";

const world = (name: string, bounds: Partial<World> = {}): World => {
	const found = worlds("small").find((w) => w.name.includes(name));
	if (!found) throw new Error(`no world ${name}`);
	return { ...found, ...bounds };
};

/** The machine may be busy with other tests: a bound on hanging, not on speed. */
const timeout = 120_000;

describe("the exploration", { timeout }, () => {
	it.each([
		"(w r rL), capacity 0",
		"few bytes in a channel (w w r), capacity 2",
		"few bytes held (w w r), capacity 1",
	])("CH-2, FL-1: the model keeps the rules in %s", (name) => {
		const found = explore(world(name, { messages: 2, ops: 2, faults: 1 }), step);
		expect(found.violation && traceText(found.violation, step)).toBeUndefined();
		expect(found.states).toBeGreaterThan(100);
		expect(found.transitions).toBeGreaterThan(found.states);
	});

	it("notes which fault kinds met on one path", () => {
		const { pairs } = explore(world("(w w r), capacity 1", { messages: 1, ops: 1 }), step);
		const bit = (kind: (typeof kinds)[number]) => 1 << kinds.indexOf(kind);
		expect((pairs[kinds.indexOf("flush")] as number) & bit("resize")).not.toBe(0);
		expect((pairs[kinds.indexOf("resize")] as number) & bit("flush")).not.toBe(0);
		expect((pairs[kinds.indexOf("flush")] as number) & bit("reread")).toBe(0);
	});

	it("folds states that differ by the names of like clients only", () => {
		const w = world("a writer and two readers (w r r), capacity 0");
		const first = start(w, step);
		const groups = roles(w);
		const reads = moves(w, first)
			.filter((m) => m.events[0]?.kind === "read" && !m.fault)
			.map((m) => ({ ...first, state: step(first.state, m.events[0] as Event).state }));
		expect(groups).toEqual([[0], [1, 2]]);
		expect(reads).toHaveLength(2);
		expect(new Set(reads.map((n) => keyOf(w, groups, n))).size).toBe(1);
		expect(new Set(reads.map((n) => keyOf(w, [[0], [1], [2]], n))).size).toBe(2);
	});
});

/** A model that goes on from what the right one did. */
const spoiled =
	(spoil: (done: Step, before: State, event: Event) => Step): StepFunction =>
	(s, e) =>
		spoil(step(s, e), s, e);

/** A flush that is answered, and leaves the blocked request of one kind where it was. */
const deaf = (kind: "read" | "write") =>
	spoiled((done, before, e) => {
		const old =
			e.kind === "flush" && before.waiting.find((r) => r.tag === e.oldtag && r.conn === e.conn);
		return old && old.kind === kind ? { ...done, state: before } : done;
	});

const cutRests = spoiled((done) => ({
	...done,
	state: { ...done.state, fids: done.state.fids.map((f) => ({ ...f, rest: "" })) },
}));

const cutQueues = spoiled((done, _, e) => {
	if (e.kind !== "resize") return done;
	const queue = done.state.channels.find((c) => c.chan === e.chan)?.queue ?? [];
	return { ...done, state: setChannel(done.state, e.chan, { queue: queue.slice(0, e.capacity) }) };
});

const lastFirst = spoiled((done, _, e) => {
	if (e.kind !== "write") return done;
	const channels = done.state.channels.map((c) => ({ ...c, queue: c.queue.toReversed() }));
	return { ...done, state: { ...done.state, channels } };
});

const twoZeros = spoiled((done, before, e) => {
	const fid = e.kind === "read" && fidOf(before, e.conn, e.fid);
	const zero = (x: Effect) =>
		x.kind === "reply" && x.outcome.kind === "data" && x.outcome.bytes === "";
	if (!fid || !done.effects.some(zero)) return done;
	return { ...done, state: setFid(done.state, fid, { owed: fid.owed }) };
});

const alwaysRereads = spoiled((done) => ({
	...done,
	state: { ...done.state, fids: done.state.fids.map((f) => ({ ...f, rereads: true })) },
}));

const forgottenReader = spoiled((done, before, e) => {
	if (e.kind !== "remove") return done;
	const waiting = before.waiting.filter(
		(r) => r.kind === "read" && fidOf(done.state, r.conn, r.fid),
	);
	const still = (x: Effect) =>
		x.kind === "reply" && waiting.some((r) => r.conn === x.conn && r.tag === x.tag);
	return { state: { ...done.state, waiting }, effects: done.effects.filter((x) => !still(x)) };
});

const backToQueue = spoiled((done, before, e) => {
	const fid = e.kind === "clunk" && fidOf(before, e.conn, e.fid);
	const channel = fid && done.state.channels.find((c) => c.chan === fid.chan);
	if (!fid || !channel || fid.rest === "") return done;
	const queue = [fid.rest, ...channel.queue];
	return { ...done, state: setChannel(done.state, channel.chan, { queue }) };
});

const jumpsLine: StepFunction = (s, e) => {
	const readers = e.kind === "write" && s.waiting.every((r) => r.kind === "read");
	return step(readers ? { ...s, waiting: s.waiting.toReversed() } : s, e);
};

describe("a broken model is found by a shortest path", { timeout }, () => {
	it.each<[string, StepFunction, string, string[], string]>([
		["FL-1: a flushed read", deaf("read"), "(w r r), capacity 0", ["read", "flush"], "is over"],
		["FL-1: a flushed write", deaf("write"), "(w w r), capacity 0", ["write", "flush"], "is over"],
		["CH-8: a rest cut off", cutRests, "(w r r), capacity 0", ["read", "write"], "CH-8"],
		["CT-10: a queue cut off", cutQueues, "(w r r), capacity 1", ["write", "resize"], "CH-2"],
		["CH-2: last in, first out", lastFirst, "(w w r), capacity 2", ["write", "write"], "CH-2"],
		[
			"CH-3: readers out of line",
			jumpsLine,
			"(w r r), capacity 0",
			["read", "read", "write"],
			"CH-3",
		],
		[
			"LX-3: two zeros",
			twoZeros,
			"(w r rL), capacity 0",
			["read", "write", "read", "read"],
			"LX-3",
		],
		[
			"LX-7: re-reads by threads",
			alwaysRereads,
			"readers (w rL rL), capacity 0",
			["read", "read", "write"],
			"LX-7",
		],
		[
			"EN-2: a reader left behind",
			forgottenReader,
			"(w r r), capacity 0",
			["read", "remove"],
			"EN-2",
		],
		[
			"CH-9: a rest put back",
			backToQueue,
			"(w r r), capacity 0",
			["read", "write", "clunk"],
			"CH-2",
		],
	])("%s", (_, broken, name, path, why) => {
		const { violation } = explore(world(name), broken);
		expect(violation?.why).toContain(why);
		const found = violation?.steps.map((s) => s.event.kind) ?? [];
		expect(found).toHaveLength(path.length);
		expect(found.toSorted()).toEqual(path.toSorted());
	});

	it("prints the path one message a line, from the setup on", () => {
		const { violation } = explore(world("(w r r), capacity 0"), deaf("read"));
		const lines = violation ? traceText(violation, step).split("\n") : [];
		expect(lines.slice(-5)).toEqual([
			"# path of 2",
			"conn 2 -> Tread tag 1 fid 3 offset 0 count 4",
			"conn 2 -> Tflush tag 2 oldtag 1",
			"conn 2 <- Rflush tag 2",
			"# violation: a request waits that is over",
		]);
		expect(lines).toContain("conn 2 -> Topen tag 1 fid 3 mode 0");
	});
});
