// The simulation itself: a seed is a run, faults of all kinds occur, and a server that does
// otherwise than the model is found out. All of it is `npm run sim`.

import { describe, expect, it } from "vitest";
import { parseTrace } from "../../conformance/trace/format.ts";
import { step } from "../../spec/chan.ts";
import { setFid } from "../../spec/chanstate.ts";
import type { StepFunction } from "../../spec/exploreworld.ts";
import { faults, LEAST_CLIENTS, LEAST_OPERATIONS, run } from "./run.ts";

const SEED = 7;
const RUNS = 60;

/** Models that are wrong in one thing: as much as a server that is, beside the right one. */
const wrong: [string, StepFunction][] = [
	[
		"CH-3: the last reader first",
		(s, e) => step(e.kind === "write" ? { ...s, waiting: s.waiting.toReversed() } : s, e),
	],
	[
		"FL-1: a flushed request stays",
		(s, e) => {
			const done = step(s, e);
			return e.kind === "flush" ? { ...done, state: s } : done;
		},
	],
	[
		"CH-8: a rest is forgotten",
		(s, e) => {
			const rests = s.fids.filter((f) => f.rest !== "");
			const cut = rests.reduce((t, f) => setFid(t, f, { rest: "" }), s);
			return step(e.kind === "read" ? cut : s, e);
		},
	],
	[
		"LX-2: nothing is owed",
		(s, e) => step({ ...s, fids: s.fids.map((f) => ({ ...f, owed: [] })) }, e),
	],
	[
		"CH-14: a stalled connection keeps its place",
		(s, e) => (e.kind === "stall" || e.kind === "resume" ? { state: s, effects: [] } : step(s, e)),
	],
];

describe("the simulation", () => {
	it("a seed reproduces a run exactly", () => {
		const [one, again, other] = [run(SEED), run(SEED, true), run(SEED + 1)];
		expect({ ...again, trace: null }).toEqual(one);
		expect(other.digest).not.toBe(one.digest);
		expect(parseTrace(again.trace ?? "")).toHaveProperty("entries");
		expect(again.trace).toContain(`# again: npm run sim -- --runs 1 --seed ${SEED}`);
	});

	it("CH-2, FL-1, FL-5, FL-6, CH-13, CH-14, LX-1: the server does as the model", () => {
		const runs = Array.from({ length: RUNS }, (_, i) => run(SEED + i));
		expect(runs.filter((r) => r.error !== null)).toEqual([]);
		expect(Math.min(...runs.map((r) => r.operations))).toBeGreaterThanOrEqual(LEAST_OPERATIONS);
		expect(Math.min(...runs.map((r) => r.clients))).toBeGreaterThanOrEqual(LEAST_CLIENTS);
		const often = faults.filter((f) => runs.filter((r) => r.tally[f]).length * 10 >= RUNS);
		expect(often).toEqual([...faults]);
	});

	it.each(wrong)("finds out: %s", (_, model) => {
		const found = Array.from({ length: RUNS }, (_, i) => run(SEED + i, false, model).error);
		expect(found.some((error) => error?.includes("model: "))).toBe(true);
	});
});
