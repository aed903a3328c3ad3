// Full load for a long time, beside clients that connect, die and flush: nothing may be lost, and
// memory stays flat.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startCrowd } from "./crowd.ts";
import { type Generators, measure } from "./load.ts";
import { scratch } from "./machine.ts";
import { type Moment, type Verdict, verdict } from "./results.ts";
import { serve } from "./servers.ts";
import { median, numberText } from "./stats.ts";
import { soakGoals, steady } from "./workloads.ts";

export interface SoakResult {
	readonly verdicts: readonly Verdict[];
	readonly moments: readonly Moment[];
	readonly text: string;
}

/** Soaks for `seconds`; each minute's load is checked on its own. */
export async function soak(generators: Generators, seconds: number): Promise<SoakResult> {
	const path = join(scratch(), "moments");
	process.env["DCHAN_BENCH_DELAY"] = path;
	const server = await serve("dchan", ["--import", new URL("delay.js", import.meta.url).href]);
	const rates: number[] = [];
	try {
		const crowd = startCrowd("churn", server.port, seconds);
		let failed = false;
		crowd.ended.catch(() => {
			failed = true;
		});
		const deadline = performance.now() + seconds * 1000;
		for (let leftMs = seconds * 1000; leftMs > 1000 && !failed; ) {
			const length = { warmupSeconds: 0.5, seconds: Math.min(60, leftMs / 1000) };
			rates.push((await measure(generators, server, steady, length)).perSecond);
			leftMs = deadline - performance.now();
		}
		const { clients, answered, flushed } = await crowd.ended;
		const moments = readMoments(path);
		const verdicts = [
			verdict("memory, last quarter to second", soakGoals.memory, flatness(moments)),
		];
		const text = [
			`  ${numberText(median(rates))} messages/s, none lost, doubled or out of order`,
			`  ${clients} clients came and went: ${answered} writes answered, ${flushed} taken back`,
			`  event-loop delay p99 ${numberText(moments.at(-1)?.delayP99Ms ?? Number.NaN)} ms`,
		].join("\n");
		return { verdicts, moments, text };
	} finally {
		await server.stop();
	}
}

/** The middle of the last quarter's resident memory to that of the second quarter's. */
export function flatness(moments: readonly Moment[]): number[] {
	const quarter = Math.floor(moments.length / 4);
	if (quarter === 0) return [];
	const middle = (from: number) =>
		median(moments.slice(from, from + quarter).map((moment) => moment.residentKib));
	return [middle(moments.length - quarter) / middle(quarter)];
}

function readMoments(path: string): Moment[] {
	return readFileSync(path, "utf8")
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line));
}
