#!/usr/bin/env node
/**
 * `npm run kernel`: boots Linux kernels under QEMU and runs the client scenarios against a server.
 * Flags and printing; what is run is in run.ts.
 */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { exitOnSignals } from "./child.ts";
import { haveQemu } from "./guest.ts";
import { findKernel, type KernelImage, series } from "./image.ts";
import { findBusybox, findModules } from "./initramfs.ts";
import { recordedTarget } from "./recorded.ts";
import { failed, type Outcome, type Plan, runKernel } from "./run.ts";
import { loadScenarios, type Scenario } from "./scenario.ts";
import { ownTarget, runningTarget } from "./target.ts";

const usage =
	"Usage: kernel [--kernel 6.1|6.12|PATH]... [--modules DIR] [--target tcp!127.0.0.1!PORT]" +
	" [--only ID]... [--record DIR] [--list] [--keep-log] [--verbose]";

const packages =
	"install qemu-system-x86, linux-image-amd64 (6.1) or linux-image-6.12-amd64, busybox-static," +
	" xz-utils and zstd (Debian 12)";

/**
 * Runs the command with its arguments. The exit status: 0 all passed, 1 something failed, 2 bad
 * usage, 3 not run because QEMU, a kernel or a tool is missing (1 where `ci` is set).
 */
export async function kernelCommand(args: readonly string[], ci: boolean): Promise<number> {
	const flags = parseFlags(args);
	if (typeof flags === "string") {
		console.error(`${flags}\n${usage}`);
		return 2;
	}
	const scenarios = chosen(flags.only);
	if (typeof scenarios === "string") {
		console.error(scenarios);
		return 2;
	}
	if (flags.list) {
		for (const s of scenarios) console.log(`${s.id}\t${s.title} (${s.rules.join(" ")})`);
		return 0;
	}
	const plans: Plan[] = [];
	const busybox = findBusybox();
	const missing = [...(haveQemu() ? [] : ["QEMU"]), ...(busybox === undefined ? ["BusyBox"] : [])];
	for (const wanted of flags.kernels.length > 0 ? flags.kernels : series) {
		const kernel = findKernel(wanted);
		const modules = kernel && findModules(kernel, flags.modules);
		if (kernel === undefined || modules === undefined) missing.push(`kernel ${wanted}`);
		else plans.push(plan(kernel, busybox ?? "", modules, scenarios, flags));
	}
	if (missing.length > 0) {
		console.error(`kernel: no ${missing.join(", no ")}: ${packages}`);
		return ci ? 1 : 3;
	}
	exitOnSignals();
	const bad = await Promise.all(plans.map(runPlan));
	return bad.some((n) => n > 0) ? 1 : 0;
}

interface Flags {
	readonly kernels: readonly string[];
	readonly only: readonly string[];
	readonly modules: string | undefined;
	readonly port: number | undefined;
	readonly record: string | undefined;
	readonly list: boolean;
	readonly keepLog: boolean;
	readonly verbose: boolean;
}

function parseFlags(args: readonly string[]): Flags | string {
	try {
		const { values } = parseArgs({
			args: [...args],
			options: {
				kernel: { type: "string", multiple: true, default: [] },
				only: { type: "string", multiple: true, default: [] },
				modules: { type: "string" },
				target: { type: "string" },
				record: { type: "string" },
				list: { type: "boolean", default: false },
				"keep-log": { type: "boolean", default: false },
				verbose: { type: "boolean", default: false },
			},
		});
		const port = /^tcp!(?:127\.0\.0\.1|localhost|\*)!(\d+)$/.exec(values.target ?? "")?.[1];
		// The guest reaches the host's loopback only: see 10.0.2.2 in QEMU's user network.
		if (values.target !== undefined && port === undefined) {
			return `kernel: ${values.target}: the target must be tcp!127.0.0.1!PORT`;
		}
		return {
			kernels: values.kernel,
			only: values.only,
			modules: values.modules,
			port: port === undefined ? undefined : Number(port),
			record: values.record,
			list: values.list,
			keepLog: values["keep-log"],
			verbose: values.verbose,
		};
	} catch (e) {
		return `kernel: ${e instanceof Error ? e.message : e}`;
	}
}

function chosen(only: readonly string[]): readonly Scenario[] | string {
	const all = loadScenarios();
	const unknown = only.filter((id) => !all.some((s) => s.id === id));
	if (unknown.length > 0) return `kernel: no scenario ${unknown.join(", ")}; see --list`;
	return only.length === 0 ? all : all.filter((s) => only.includes(s.id));
}

function plan(
	kernel: KernelImage,
	busybox: string,
	modules: string,
	scenarios: readonly Scenario[],
	flags: Flags,
): Plan & { verbose: boolean } {
	const { port, record, keepLog, verbose } = flags;
	const target = async (scenario: Scenario, user: string) => {
		if (port !== undefined) return runningTarget(port);
		const own = await ownTarget();
		return record === undefined ? own : recordedTarget(own, record, kernel, scenario, user);
	};
	return { kernel, busybox, modules, scenarios, target, keepLog, verbose };
}

async function runPlan(plan: Plan & { verbose?: boolean }): Promise<number> {
	const { release } = plan.kernel;
	const outcomes: Outcome[] = [];
	const startMs = Date.now();
	await runKernel(plan, (outcome) => {
		outcomes.push(outcome);
		console.log(describe(release, outcome, plan.verbose ?? false));
	});
	const bad = outcomes.filter(failed).length;
	const checks = outcomes.reduce((n, o) => n + o.checks.length, 0);
	const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
	console.log(
		`${release}: ${outcomes.length} scenarios, ${checks} checks, ${bad} failed, ${seconds} s`,
	);
	return bad;
}

function describe(release: string, outcome: Outcome, verbose: boolean): string {
	const { scenario, user, checks, seconds } = outcome;
	const skipped = checks.every((c) => c.status === "skip");
	const word = failed(outcome) ? "FAIL" : skipped ? "skip" : "ok";
	const lines = [
		`${release}  ${word.padEnd(4)}  ${scenario.id} (${user}): ${scenario.title}` +
			`  [${checks.length} checks, ${seconds.toFixed(1)} s; ${scenario.rules.join(" ")}]`,
	];
	for (const check of checks) {
		if (check.status === "ok" && !verbose) continue;
		const label = check.status === "gone" ? "KNOWN LIMIT GONE" : check.status;
		lines.push(`        ${label}  ${check.id}  ${check.text}`);
	}
	for (const note of outcome.notes) lines.push(`        note  ${note}`);
	if (outcome.log !== undefined) lines.push(`        log   ${outcome.log}`);
	return lines.join("\n");
}

const self = fileURLToPath(import.meta.url);
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === self) {
	process.exitCode = await kernelCommand(process.argv.slice(2), (process.env["CI"] ?? "") !== "");
}
