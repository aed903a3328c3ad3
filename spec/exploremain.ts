// `npm run explore [-- --size large] [--only TEXT]`: explores all small worlds and prints what it
// saw. It exits 1 with the trace of the first violation, or if two fault kinds never met.

import { step } from "./chan.ts";
import { explore } from "./explore.ts";
import { traceText } from "./exploretext.ts";
import { kinds } from "./exploreworld.ts";
import { bounds, type Size, worlds } from "./exploreworlds.ts";

function main(args: readonly string[]): number {
	const option = (name: string) => args[args.indexOf(name) + 1] ?? "";
	const size: Size = args.includes("--size") && option("--size") === "large" ? "large" : "small";
	const only = args.includes("--only") ? option("--only") : "";
	const { clients, messages, faults, ops } = bounds[size];
	console.log(
		`bounds: ${clients} clients, capacities 0 1 2, ${messages} messages, ` +
			`${ops} operations a client, ${faults} faults a path`,
	);
	const met = kinds.map(() => 0);
	const total = { worlds: 0, states: 0, transitions: 0, depth: 0 };
	const began = performance.now();
	for (const world of worlds(size).filter((w) => w.name.includes(only))) {
		const f = explore(world, step);
		console.log(
			`${f.states} states, ${f.transitions} transitions, depth ${f.depth}: ${world.name}`,
		);
		if (f.violation) {
			console.log(traceText(f.violation, step));
			return 1;
		}
		total.worlds++;
		total.states += f.states;
		total.transitions += f.transitions;
		total.depth = Math.max(total.depth, f.depth);
		for (const [k, mask] of f.pairs.entries()) met[k] = (met[k] as number) | mask;
	}
	const seconds = (performance.now() - began) / 1000;
	console.log(
		`${total.worlds} worlds, ${total.states} states, ${total.transitions} transitions, ` +
			`depth ${total.depth}, ${seconds.toFixed(0)} s, ` +
			`${Math.round(total.transitions / seconds)} transitions/s: every step keeps the rules`,
	);
	return coverage(met) || only !== "" ? 0 : 1;
}

/** Whether each fault kind occurred with each other, printed. */
function coverage(met: readonly number[]): boolean {
	const missing = kinds.flatMap((a, i) =>
		kinds.filter((_, k) => k > i && ((met[i] as number) & (1 << k)) === 0).map((b) => `${a}+${b}`),
	);
	const pairs = (kinds.length * (kinds.length - 1)) / 2;
	console.log(`fault kinds: ${kinds.join(" ")}`);
	console.log(`pairs of them that occurred on one path: ${pairs - missing.length} of ${pairs}`);
	if (missing.length > 0) console.log(`never met: ${missing.join(" ")}`);
	return missing.length === 0;
}

process.exitCode = main(process.argv.slice(2));
