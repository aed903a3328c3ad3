// Transfers a second and their running average (CT-2, CT-3), counted anew from all transfers there
// ever were. It must not read a clock.

/** The rate of the last full second before `now`, and the average up to it; times in ms. */
export function meter(times: readonly number[], now: number): { last: number; average: number } {
	const second = (ms: number) => Math.floor(ms / 1000);
	const current = second(now);
	const counts = new Map<number, number>();
	for (const ms of times) counts.set(second(ms), (counts.get(second(ms)) ?? 0) + 1);
	const full = [...counts].filter(([s]) => s < current).sort(([a], [b]) => a - b);
	const [first, ...later] = full.map(([, n]) => n);
	const average = later.reduce((avg, n) => Math.trunc((avg + n) / 2), first ?? 0);
	return { last: counts.get(current - 1) ?? 0, average };
}
