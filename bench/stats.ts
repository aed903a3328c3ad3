// Numbers of several rounds become one: medians, spreads, ratios, and whether a goal is met.
// Pure; it knows nothing of servers or processes.

/** What the rounds of one quantity come to. */
export interface Summary {
	readonly median: number;
	readonly min: number;
	readonly max: number;
}

/** A bound on a ratio or a quantity; exactly one side is given. */
export interface Bound {
	readonly atLeast?: number;
	readonly atMost?: number;
}

/** The middle value; of an even count, the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const high = sorted[sorted.length >> 1] ?? Number.NaN;
	const low = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
	return (low + high) / 2;
}

export function summarize(values: readonly number[]): Summary {
	return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The ratios of two quantities measured in the same rounds: round by round, so that what slowed
 * the machine down for a while slowed both. Rounds that only one of them has are left out.
 */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
	const n = Math.min(ours.length, theirs.length);
	return ours.slice(0, n).map((value, round) => value / (theirs[round] as number));
}

/** Whether the median is inside the bound. A median that is not a number meets nothing. */
export function meets(bound: Bound, summary: Summary): boolean {
	if (bound.atLeast === undefined && bound.atMost === undefined) throw new Error("no bound given");
	return (
		summary.median >= (bound.atLeast ?? Number.NEGATIVE_INFINITY) &&
		summary.median <= (bound.atMost ?? Number.POSITIVE_INFINITY)
	);
}

/** The bound as text: `≥ 0.80`. */
export function boundText(bound: Bound): string {
	const texts: string[] = [];
	if (bound.atLeast !== undefined) texts.push(`≥ ${numberText(bound.atLeast)}`);
	if (bound.atMost !== undefined) texts.push(`≤ ${numberText(bound.atMost)}`);
	return texts.join(" and ");
}

/** A number with three digits that matter, and thousands apart: `0.83`, `12.4`, `812,345`. */
export function numberText(value: number): string {
	if (!Number.isFinite(value)) return "-";
	if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
	return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** `0.83 (0.79–0.88)` */
export function summaryText(summary: Summary): string {
	const { min, max } = summary;
	return `${numberText(summary.median)} (${numberText(min)}–${numberText(max)})`;
}

/** Seconds of a time like `90s`, `30m` or `2h`; undefined of anything else. */
export function secondsOf(time: string): number | undefined {
	const parts = /^(\d+)([smh])$/.exec(time);
	if (parts === null || Number(parts[1]) === 0) return undefined;
	return Number(parts[1]) * { s: 1, m: 60, h: 3600 }[parts[2] as "s" | "m" | "h"];
}
