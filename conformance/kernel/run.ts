/**
 * All scenarios on one kernel: a guest is booted once and again whenever it was lost; each scenario
 * has its own mounts and, when the server is ours, a server of its own. Says what happened as
 * values; printing is for main.ts.
 */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Guest } from "./guest.ts";
import { type KernelImage, uncompressed } from "./image.ts";
import { initramfs } from "./initramfs.ts";
import type { CheckStatus } from "./protocol.ts";
import { isFor, type Scenario } from "./scenario.ts";
import type { Target } from "./target.ts";

/** What to run, and on what. */
export interface Plan {
	readonly kernel: KernelImage;
	readonly busybox: string;
	readonly modules: string;
	readonly scenarios: readonly Scenario[];
	/** Called for each scenario; a running server may be returned each time. */
	readonly target: (scenario: Scenario, user: string) => Promise<Target>;
	readonly keepLog: boolean;
}

/** One check of a scenario; `fail` and `gone` are failures. */
export interface Check {
	readonly status: CheckStatus;
	readonly id: string;
	readonly text: string;
}

/** What one scenario, run by one user, came to. */
export interface Outcome {
	readonly scenario: Scenario;
	readonly user: string;
	readonly checks: readonly Check[];
	readonly notes: readonly string[];
	readonly seconds: number;
	/** The guest's console and protocol, and what the server said, if it was kept. */
	readonly log?: string;
}

/** No run goes on for longer. */
const RUN_LIMIT_MS = 90 * 60_000;
const BOOT_LIMIT_MS = 120_000;

/** Whether it holds a failure; a known limit that went away is one, so that it is noticed. */
export function failed(outcome: Outcome): boolean {
	return outcome.checks.some((c) => c.status === "fail" || c.status === "gone");
}

/** Runs the plan, telling each outcome as it comes. */
export async function runKernel(plan: Plan, tell: (outcome: Outcome) => void): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), `dchan-kernel-${plan.kernel.release}-`));
	const boots = new Boots(plan, folder);
	const endMs = Date.now() + RUN_LIMIT_MS;
	let keep = plan.keepLog;
	try {
		for (const scenario of plan.scenarios.filter((s) => isFor(s, plan.kernel.release))) {
			for (const user of scenario.users) {
				const outcome = await runOne(plan, boots, scenario, user, endMs);
				keep ||= failed(outcome);
				tell(outcome);
			}
		}
	} finally {
		await boots.stop();
		if (!keep) rmSync(folder, { recursive: true, force: true });
	}
}

/** The guest of a run: booted when there is none, dropped when it is of no further use. */
class Boots {
	readonly #plan: Plan;
	readonly #folder: string;
	#initrd: string | undefined;
	#count = 0;
	#guest: Guest | undefined;

	constructor(plan: Plan, folder: string) {
		this.#plan = plan;
		this.#folder = folder;
	}

	async guest(): Promise<Guest> {
		if (this.#guest !== undefined) return this.#guest;
		const { kernel, busybox, modules, scenarios } = this.#plan;
		if (this.#initrd === undefined) {
			this.#initrd = join(this.#folder, "initramfs.cpio");
			writeFileSync(this.#initrd, initramfs(kernel, busybox, modules, scenarios));
		}
		const elf = uncompressed(kernel);
		const guest = elf === undefined ? undefined : await this.#boot(elf);
		this.#guest = guest ?? (await this.#boot(kernel.path));
		if (this.#guest === undefined) throw new Error(`${kernel.path} does not boot: ${this.#log()}`);
		return this.#guest;
	}

	async stop(): Promise<void> {
		await this.#guest?.stop();
		this.#guest = undefined;
	}

	async #boot(image: string): Promise<Guest | undefined> {
		this.#count++;
		const guest = await Guest.boot(image, this.#initrd ?? "", this.#log());
		const deadlineMs = Date.now() + BOOT_LIMIT_MS;
		while (true) {
			const event = await guest.next(deadlineMs);
			if (event.kind === "line" && event.line.kind === "ready") return guest;
			if (event.kind !== "line") break;
		}
		await guest.stop();
		return undefined;
	}

	#log(): string {
		return join(this.#folder, `boot-${this.#count}.log`);
	}
}

async function runOne(
	plan: Plan,
	boots: Boots,
	scenario: Scenario,
	user: string,
	endMs: number,
): Promise<Outcome> {
	const startMs = Date.now();
	const checks: Check[] = [];
	const notes: string[] = [];
	const fail = (id: string, text: string) => checks.push({ status: "fail", id, text });
	const done = (log?: string): Outcome => {
		const seconds = (Date.now() - startMs) / 1000;
		const base = { scenario, user, checks, notes, seconds };
		return log === undefined ? base : { ...base, log };
	};
	if (startMs >= endMs) {
		fail("run", `not run: the run took longer than ${RUN_LIMIT_MS / 60_000} minutes`);
		return done();
	}
	const target = await plan.target(scenario, user);
	if (scenario.control && !target.controlled) {
		checks.push({ status: "skip", id: "control", text: "needs a server that we start and stop" });
		return done();
	}
	const guest = await boots.guest();
	const words = ["run", scenario.id, user, target.port, scenario.tools, ...scenario.mounts];
	guest.send(words.join(" "));
	const deadlineMs = Math.min(Date.now() + scenario.limitS * 1000, endMs);
	let lost = false;
	let ended = false;
	while (!ended && !lost) {
		const event = await guest.next(deadlineMs);
		if (event.kind === "timeout") {
			fail("hang", `no end within ${scenario.limitS} s`);
			lost = true;
		} else if (event.kind === "gone") {
			fail("guest", event.why);
			lost = true;
		} else if (event.kind === "trouble") {
			fail("console", event.trouble.what);
			lost = event.trouble.severity === "fatal";
		} else if (event.line.kind === "check") {
			checks.push(event.line);
		} else if (event.line.kind === "note") {
			notes.push(event.line.text);
		} else if (event.line.kind === "host") {
			guest.send(await control(target, event.line.request));
		} else if (event.line.kind === "end") {
			ended = true;
			lost = !event.line.clean;
		}
	}
	if (target.controlled && !target.running()) fail("server", "the server is not running any more");
	if (target.controlled) await target.stop();
	if (!checks.some((c) => c.status !== "skip")) fail("checks", "the scenario checked nothing");
	if (lost) await boots.stop();
	if (!checks.some((c) => c.status === "fail" || c.status === "gone")) return done();
	appendFileSync(guest.log, `--- ${scenario.id} ${user}: the server said\n${target.said()}---\n`);
	return done(guest.log);
}

async function control(target: Target, request: string): Promise<string> {
	if (!target.controlled) return "refused";
	if (request === "stop" || request === "restart") await target.stop();
	if (request === "start" || request === "restart") await target.start();
	return "done";
}
