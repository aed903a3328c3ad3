// Runs the project's stages one after another and stops at the first that fails: `npm test` runs
// them all, `npm run check` those of the gate. A stage is a script of package.json; what it does
// is no concern of this file, but for its exit status: 3 says that it could not run here and told
// why. Run it compiled, from the project's root, through npm.

import { spawnSync } from "node:child_process";

/** A script of package.json with its arguments. `gate` puts it into `npm run check`. */
interface Stage {
	readonly name: string;
	readonly script: readonly string[];
	readonly gate: boolean;
}

type Outcome = "passed" | "failed" | "not run";

const stages: readonly Stage[] = [
	{ name: "generated files are fresh", script: ["generate", "--", "--check"], gate: true },
	{ name: "format and lint", script: ["lint"], gate: true },
	{ name: "types", script: ["types"], gate: true },
	{ name: "dead code", script: ["dead"], gate: true },
	{ name: "tests with coverage", script: ["unit"], gate: true },
	{ name: "package", script: ["package"], gate: false },
	{ name: "exploration of the model", script: ["explore"], gate: false },
	{ name: "simulation", script: ["sim"], gate: false },
	{ name: "kernel", script: ["kernel"], gate: false },
];

function main(args: readonly string[]): number {
	const gate = args.length === 1 && args[0] === "--gate";
	if (args.length > 0 && !gate) {
		console.error("Usage: stages [--gate]");
		return 2;
	}
	const chosen = stages.filter((stage) => stage.gate || !gate);
	const report: string[] = [];
	const count = { passed: 0, failed: 0, "not run": 0 };
	for (const stage of chosen) {
		if (count.failed > 0) {
			report.push(line("not run", stage));
			continue;
		}
		console.log(`\n== ${stage.name}`);
		const startMs = performance.now();
		const outcome = run(stage.script);
		count[outcome]++;
		report.push(line(outcome, stage, (performance.now() - startMs) / 1000));
	}
	console.log(`\n${report.join("\n")}\n${count.passed} passed, ${count.failed} failed`);
	return count.failed;
}

function run(script: readonly string[]): Outcome {
	const { status } = spawnSync("npm", ["run", "-s", ...script], { stdio: "inherit" });
	return status === 0 ? "passed" : status === 3 ? "not run" : "failed";
}

function line(outcome: Outcome, stage: Stage, seconds?: number): string {
	const time = seconds === undefined ? "" : `${seconds.toFixed(1)} s`;
	return `${outcome.padEnd(8)}${time.padStart(9)}  ${stage.name}`;
}

process.exitCode = main(process.argv.slice(2));
