/**
 * A server under test with a recorder before it: what the guest's kernel and the server say to
 * each other becomes a trace file, one for each scenario and user, which `dchan trace replay`
 * plays again.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Entry, formatTrace } from "../trace/format.ts";
import { record } from "../trace/record.ts";
import type { KernelImage } from "./image.ts";
import type { Scenario } from "./scenario.ts";
import type { Target } from "./target.ts";

/** The target, recorded; the trace is written into `folder` when the target is stopped for good. */
export async function recordedTarget(
	target: Target,
	folder: string,
	kernel: KernelImage,
	scenario: Scenario,
	user: string,
): Promise<Target> {
	const entries: Entry[] = [];
	const loopback = { net: "tcp", host: "127.0.0.1" } as const;
	const recording = await record(
		{ ...loopback, port: 0 },
		{ ...loopback, port: target.port },
		{ entry: (e) => entries.push(e) },
	);
	if (recording.address.net !== "tcp") throw new Error("the recorder listens on no port");
	const series = kernel.release.split(".").slice(0, 2).join(".");
	const header: [string, string][] = [
		["client", "Linux, v9fs"],
		["os", `Linux ${kernel.release} (Debian), in QEMU`],
		["commands", `conformance/kernel/scenarios/${scenario.id}.sh as ${user}`],
		["server", "dchan"],
		["date", new Date().toISOString().slice(0, 10)],
		["recorded", `npm run kernel -- --kernel ${series} --only ${scenario.id} --record DIR`],
	];
	return {
		...target,
		port: recording.address.port,
		async stop() {
			await target.stop();
			await recording.close();
			mkdirSync(folder, { recursive: true });
			const by = user === "root" ? "" : `-${user}`;
			const name = `linux-${series}-${scenario.id}${by}.trace`;
			writeFileSync(join(folder, name), formatTrace({ header, entries }));
		},
	};
}
