// `npm run sim [-- --runs N --seed S]`: simulates, each run from a seed of its own, beginning with
// S, and prints what happened. It exits 1 with the trace of the first run in which the server did
// not do as the model, or if a kind of fault was rare.

import type { Tally } from "./client.ts";
import { faults, LEAST_CLIENTS, LEAST_OPERATIONS, type Result, run } from "./run.ts";

const RUNS = 5000;

function main(args: readonly string[]): number {
	const option = (name: string, other: number) =>
		args.includes(name) ? Number(args[args.indexOf(name) + 1]) : other;
	const runs = option("--runs", RUNS);
	const first = option("--seed", 1);
	if (!Number.isSafeInteger(runs) || !Number.isSafeInteger(first) || runs < 1) {
		console.error("Usage: sim [--runs N] [--seed S]");
		return 2;
	}
	console.log(`seeds: ${first} to ${first + runs - 1}`);
	const sum: Tally = {};
	const met: Tally = {};
	let operations = 0;
	const began = performance.now();
	for (let seed = first; seed < first + runs; seed++) {
		const r = run(seed);
		if (r.error !== null) return tell(run(seed, true));
		operations += r.operations;
		if (r.clients < LEAST_CLIENTS || r.operations < LEAST_OPERATIONS) {
			console.log(`seed ${seed}: only ${r.clients} clients, ${r.operations} operations`);
			return 1;
		}
		for (const [kind, n] of Object.entries(r.tally)) {
			sum[kind] = (sum[kind] ?? 0) + n;
			met[kind] = (met[kind] ?? 0) + 1;
		}
	}
	const seconds = ((performance.now() - began) / 1000).toFixed(0);
	console.log(`${runs} runs, ${operations} operations, ${seconds} s: the server does as the model`);
	const counts = Object.entries(sum).sort(([a], [b]) => (a < b ? -1 : 1));
	console.log(counts.map(([kind, n]) => `${kind} ${n}`).join(", "));
	const rare = faults.filter((kind) => (met[kind] ?? 0) * 10 < runs);
	if (rare.length > 0) console.log(`in less than a tenth of the runs: ${rare.join(" ")}`);
	return rare.length > 0 && runs >= 10 ? 1 : 0;
}

function tell(r: Result): number {
	console.log(`${r.trace ?? ""}seed ${r.seed}, after ${r.operations} operations: ${r.error}`);
	return 1;
}

process.exitCode = main(process.argv.slice(2));
