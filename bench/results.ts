// The results of a bench run: their shape in the JSON file, and how they read as tables. Pure.

import type { Sample } from "./load.ts";
import {
	type Bound,
	boundText,
	meets,
	numberText,
	ratios,
	type Summary,
	summarize,
	summaryText,
} from "./stats.ts";
import { table } from "./table.ts";
import type { Goal, System, Workload } from "./workloads.ts";

/** A goal, what was measured for it, and the verdict; `measured` is absent when nothing was. */
export interface Verdict {
	readonly what: string;
	readonly bound: Bound;
	readonly measured?: Summary;
	readonly met: boolean;
}

/** The samples of one workload, by system, one for each round. */
export type Samples = Partial<Record<System, readonly Sample[]>>;

export interface WorkloadResult {
	readonly name: string;
	readonly title: string;
	readonly samples: Samples;
	readonly verdicts: readonly Verdict[];
}

/** Everything that `--json` writes. */
export interface Results {
	readonly machine: Readonly<Record<string, string>>;
	readonly options: Readonly<Record<string, string | number>>;
	readonly missing: readonly string[];
	readonly workloads: readonly WorkloadResult[];
	/** Goals that belong to no workload: memory, scale, soak. */
	readonly verdicts: readonly Verdict[];
	/** Memory over time, from a soak. */
	readonly soak?: readonly Moment[];
}

/** One second of a soak: memory of the server in KiB, its event loop's delay in ms. */
export interface Moment {
	readonly second: number;
	readonly residentKib: number;
	readonly heapKib: number;
	readonly delayP99Ms: number;
}

export function verdict(what: string, bound: Bound, values: readonly number[]): Verdict {
	if (values.length === 0) return { what, bound, met: false };
	const measured = summarize(values);
	return { what, bound, measured, met: meets(bound, measured) };
}

export function judge(workload: Workload, samples: Samples): WorkloadResult {
	const verdicts = workload.goals.map((goal) => {
		const { atLeast, atMost } = goal;
		const bound = atLeast === undefined ? { atMost: atMost ?? 0 } : { atLeast };
		return verdict(goalText(goal), bound, goalRatios(goal, samples));
	});
	return { name: workload.name, title: workload.title, samples, verdicts };
}

/** A line for each system: medians, with the spread of the rounds, and the ratio to N. */
export function workloadText(result: WorkloadResult): string {
	const base = rates(result.samples.N);
	const rows = Object.entries(result.samples).map(([system, samples]) => [
		system,
		summaryText(summarize(rates(samples))),
		base.length > 0 ? summaryText(summarize(ratios(rates(samples), base))) : "-",
		...(["cpuUs", "p99Us", "loadCpu"] as const).map((key) =>
			numberText(summarize(samples.map((sample) => sample[key])).median),
		),
	]);
	const head = ["", "messages/s", "to N", "CPU µs/message", "p99 µs", "load CPU"];
	return [result.title, table([head, ...rows]), verdictsText(result.verdicts)].join("\n");
}

export function verdictsText(verdicts: readonly Verdict[]): string {
	return verdicts.map(verdictText).join("\n");
}

/** `met     dchan to N, messages/s ≥ 0.80: 0.93 (0.90–0.95)` */
export function verdictText({ what, bound, measured, met }: Verdict): string {
	const word = measured === undefined ? "unknown" : met ? "met" : "MISSED";
	const value = measured === undefined ? "not measured" : summaryText(measured);
	return `  ${word.padEnd(7)} ${what} ${boundText(bound)}: ${value}`;
}

/** `17 goals met, 2 missed, 1 not measured` */
export function countText(verdicts: readonly Verdict[]): string {
	const met = verdicts.filter((each) => each.met).length;
	const unknown = verdicts.filter((each) => each.measured === undefined).length;
	return `${met} goals met, ${verdicts.length - met - unknown} missed, ${unknown} not measured`;
}

function goalText(goal: Goal): string {
	return `dchan to ${goal.against}, ${goal.measure === "p99Us" ? "p99" : "messages/s"}`;
}

function goalRatios(goal: Goal, samples: Samples): number[] {
	const values = (system: System) => (samples[system] ?? []).map((each) => each[goal.measure]);
	return ratios(values("dchan"), values(goal.against));
}

function rates(samples: readonly Sample[] | undefined): number[] {
	return (samples ?? []).map((sample) => sample.perSecond);
}
