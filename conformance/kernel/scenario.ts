/**
 * Scenarios as data: guest scripts whose first comment lines say what they are. This file reads the
 * headers; the guest runs the rest.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One guest script. */
export interface Scenario {
	readonly id: string;
	readonly title: string;
	/** Ids of spec/README.md. */
	readonly rules: readonly string[];
	/** Who runs it: `root`, `user`, or both, one after the other. */
	readonly users: readonly string[];
	/** `busybox`: the guest's own tools. `host`: bash in the host's userland, by chroot. */
	readonly tools: "busybox" | "host";
	/** The kernel series it is for; empty means all. */
	readonly kernels: readonly string[];
	/** `-o` options beyond the README's, or `-`, one for each mount made before the script. */
	readonly mounts: readonly string[];
	/** Whether it needs a server that the runner itself starts and stops. */
	readonly control: boolean;
	/** Seconds after which it counts as hanging. */
	readonly limitS: number;
	readonly script: string;
}

/** A scenario of the text of a script. Throws, naming `id`, on a header it does not understand. */
export function parseScenario(id: string, script: string): Scenario {
	const header = new Map<string, string>();
	for (const line of script.split("\n")) {
		const [, key, value] = /^# (\w+): (.*)$/.exec(line) ?? [];
		if (key === undefined || value === undefined) break;
		if (!keys.has(key)) throw new Error(`scenario ${id}: unknown header line "${line}"`);
		header.set(key, value.trim());
	}
	const title = header.get("title");
	const tools = header.get("tools") ?? "busybox";
	const limitS = Number(header.get("limit") ?? "240");
	if (title === undefined) throw new Error(`scenario ${id}: no title`);
	if (tools !== "busybox" && tools !== "host") throw new Error(`scenario ${id}: tools ${tools}`);
	if (!(limitS > 0)) throw new Error(`scenario ${id}: limit ${header.get("limit")}`);
	return {
		id,
		title,
		rules: words(header.get("rules")),
		users: words(header.get("users") ?? "root"),
		tools,
		kernels: words(header.get("kernels")),
		mounts: words(header.get("mounts") ?? "- -").filter((s) => s !== "none"),
		control: header.get("control") === "yes",
		limitS,
		script,
	};
}

/** Whether the scenario is for a kernel of this release: `6.1` is no prefix of `6.12.3`. */
export function isFor(scenario: Scenario, release: string): boolean {
	return scenario.kernels.length === 0 || scenario.kernels.some((k) => release.startsWith(`${k}.`));
}

/** All scenarios of the project: BusyBox ones first, as the host's tools change how one mounts. */
export function loadScenarios(): readonly Scenario[] {
	const folder = guestFolder("scenarios");
	const names = readdirSync(folder)
		.filter((s) => s.endsWith(".sh"))
		.sort();
	const all = names.map((s) =>
		parseScenario(s.slice(0, -3), readFileSync(join(folder, s), "utf8")),
	);
	return [...all.filter((s) => s.tools === "busybox"), ...all.filter((s) => s.tools === "host")];
}

/** The folder of scripts, beside the compiled code or, before a build copied it, in the source. */
export function guestFolder(name: "guest" | "scenarios"): string {
	const built = fileURLToPath(new URL(`./${name}/`, import.meta.url));
	if (existsSync(built)) return built;
	return fileURLToPath(new URL(`../../../conformance/kernel/${name}/`, import.meta.url));
}

const keys = new Set(["title", "rules", "users", "tools", "kernels", "mounts", "control", "limit"]);

function words(text: string | undefined): readonly string[] {
	return (text ?? "").split(" ").filter((s) => s !== "");
}
