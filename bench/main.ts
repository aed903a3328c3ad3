// npm run bench: reads the options, measures what they ask for, prints tables and verdicts, and
// writes JSON and charts. A goal that is missed is a result; a message lost is a failure.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { memoryChart, ratioChart } from "./chart.ts";
import { compileGenerators, type Generators } from "./load.ts";
import { busyness, describeMachine, which } from "./machine.ts";
import { type Crowds, crowds, memory } from "./memory.ts";
import {
	countText,
	type Moment,
	type Results,
	type Verdict,
	verdictsText,
	type WorkloadResult,
	workloadText,
} from "./results.ts";
import { compare, type Plan } from "./rounds.ts";
import { scale } from "./scale.ts";
import { missing } from "./servers.ts";
import { soak } from "./soak.ts";
import { secondsOf } from "./stats.ts";
import { type System, workloads } from "./workloads.ts";

const usage = `usage: npm run bench -- [options]

  --quick         fewer and shorter rounds, smaller crowds: two minutes, rough numbers
  --only NAME     one workload: ${workloads.map(({ name }) => name).join(", ")}; or memory
  --scale         instead: the rate beside crowds, and stalls
  --soak TIME     instead: full load with clients that come and go; 90s, 30m, 2h
  --json PATH     write all that was measured to a file
  --chart PATH    draw a chart (SVG) of what was measured, or of --from's
  --from PATH     measure nothing, take what --json wrote
`;

const full: Plan = { rounds: 9, warmupSeconds: 0.5, seconds: 3 };
const quick: Plan = { rounds: 3, warmupSeconds: 0.2, seconds: 0.5 };
const quickCrowds: Crowds = { connections: 2000, reads: 20_000, channels: 20_000 };

interface Options {
	readonly quick?: boolean;
	readonly only?: string;
	readonly scale?: boolean;
	readonly soak?: string;
	readonly json?: string;
	readonly chart?: string;
	readonly from?: string;
	readonly help?: boolean;
}

async function main(): Promise<number> {
	const options = readOptions();
	if (options === undefined || options.help) {
		(options ? console.log : console.error)(usage);
		return options ? 0 : 2;
	}
	const results: Results =
		options.from === undefined
			? await measureAll(options)
			: JSON.parse(readFileSync(options.from, "utf8"));
	if (options.json !== undefined) write(options.json, `${JSON.stringify(results, null, "\t")}\n`);
	if (options.chart !== undefined) {
		const { soak: moments, workloads: measured } = results;
		write(options.chart, moments ? memoryChart(moments) : ratioChart(measured));
	}
	const verdicts = [...results.workloads.flatMap((each) => each.verdicts), ...results.verdicts];
	if (options.from === undefined) console.log(`\n${countText(verdicts)}`);
	return 0;
}

async function measureAll(options: Options): Promise<Results> {
	const gaps = whatIsMissing();
	for (const gap of gaps) console.log(gap);
	const busy = busyness();
	if (busy > 0.5) console.log(`the machine is busy (load ${busy.toFixed(1)}): expect noise`);
	const generators = await compileGenerators();
	const plan = options.quick ? quick : full;
	const size = options.quick ? quickCrowds : crowds;
	const measured: WorkloadResult[] = [];
	const verdicts: Verdict[] = [];
	let moments: readonly Moment[] | undefined;
	if (options.scale || options.soak !== undefined) {
		const gap = missing("dchan");
		if (gap !== undefined) throw new Error(gap);
		if (options.scale) {
			verdicts.push(...(await scale(generators, size, options.quick ? 1 : 5, plan)));
			console.log(`\nscale\n${verdictsText(verdicts)}`);
		}
		if (options.soak !== undefined) {
			const soaked = await soak(generators, secondsOf(options.soak) as number);
			verdicts.push(...soaked.verdicts);
			moments = soaked.moments;
			console.log(`\nsoak of ${options.soak}\n${soaked.text}\n${verdictsText(soaked.verdicts)}`);
		}
	} else {
		measured.push(...(await measureWorkloads(generators, plan, options.only)));
		if (options.only === undefined || options.only === "memory") {
			verdicts.push(...(await memory(generators, size, options.quick ? 1 : 3)));
			console.log(`\nmemory\n${verdictsText(verdicts)}`);
		}
	}
	return {
		machine: describeMachine(),
		options: { ...plan, ...size, loadBefore: busy },
		missing: gaps,
		workloads: measured,
		verdicts,
		...(moments ? { soak: moments } : {}),
	};
}

async function measureWorkloads(
	generators: Generators,
	plan: Plan,
	only: string | undefined,
): Promise<WorkloadResult[]> {
	const measured: WorkloadResult[] = [];
	for (const workload of workloads) {
		if (only !== undefined && only !== workload.name) continue;
		const result = await compare(generators, workload, plan);
		console.log(`\n${workloadText(result)}`);
		measured.push(result);
	}
	return measured;
}

/** Lines that say what can't be measured on this machine, and what to install. */
function whatIsMissing(): string[] {
	const systems: readonly System[] = ["dchan", "redis", "nats"];
	const gaps = systems.map(missing).filter((gap) => gap !== undefined);
	if (!which("taskset")) gaps.push("taskset is missing, nothing is pinned: apt install util-linux");
	return gaps;
}

/** The options, or undefined after saying what is wrong with them. */
function readOptions(): Options | undefined {
	try {
		const { values } = parseArgs({
			options: {
				quick: { type: "boolean" },
				scale: { type: "boolean" },
				help: { type: "boolean" },
				only: { type: "string" },
				soak: { type: "string" },
				json: { type: "string" },
				chart: { type: "string" },
				from: { type: "string" },
			},
		});
		const names = [...workloads.map(({ name }) => name), "memory"];
		if (values.only !== undefined && !names.includes(values.only))
			throw new Error(`no workload ${values.only}`);
		if (values.soak !== undefined && secondsOf(values.soak) === undefined)
			throw new Error(`not a time: ${values.soak}`);
		return values;
	} catch (error) {
		console.error(`bench: ${error instanceof Error ? error.message : error}`);
		return undefined;
	}
}

function write(path: string, text: string): void {
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, text);
	console.log(`wrote ${path}`);
}

try {
	process.exitCode = await main();
} catch (error) {
	const { message, cause } = error as Error;
	console.error(`bench: ${message}${cause instanceof Error ? `: ${cause.message}` : ""}`);
	process.exitCode = 1;
}
