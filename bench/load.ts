// The load generators: compiled here, run against a server for one workload, their one line of
// JSON made a sample. A generator ends with a status other than 0 when a message was lost, came
// twice or out of order, and then so does the bench.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root, run, scratch, which } from "./machine.ts";
import type { Server } from "./servers.ts";
import type { Workload } from "./workloads.ts";

/** What one run measured. CPU is user and system time of the server, per message. */
export interface Sample {
	readonly perSecond: number;
	/** From Twrite sent to Rread received, or the like; 99 of 100 messages were faster. */
	readonly p99Us: number;
	readonly cpuUs: number;
	/** How busy the generator was, 0 to 1; near 1 it is what was measured. */
	readonly loadCpu: number;
}

/** How long a run warms up and measures. */
export interface Length {
	readonly warmupSeconds: number;
	readonly seconds: number;
}

/** The paths of the compiled generators. */
export interface Generators {
	readonly p9load: string;
	readonly qload: string;
}

/** Compiles both generators into a directory that is gone when we are; throws without cc. */
export async function compileGenerators(): Promise<Generators> {
	const cc = which("cc");
	if (cc === undefined) throw new Error("cc is missing: apt install gcc libc6-dev");
	const dir = scratch();
	const from = join(root, "bench/load");
	const compile = async (name: string, part: RegExp): Promise<string> => {
		const sources = readdirSync(from).filter((file) => part.test(file));
		const paths = sources.map((file) => join(from, file));
		await run("load", cc, ["-O2", "-o", join(dir, name), ...paths]);
		return join(dir, name);
	};
	return {
		p9load: await compile("p9load", /^(load|p9.*)\.c$/),
		qload: await compile("qload", /^(load|q.*)\.c$/),
	};
}

/** One run of a workload against a server. */
export async function measure(
	generators: Generators,
	server: Server,
	workload: Workload,
	length: Length,
): Promise<Sample> {
	const core = workload.oneCore ? "server" : "load";
	switch (server.system) {
		case "N":
			return sampleOf(await run(core, generators.p9load, p9Args(server, workload, length)));
		case "dchan": {
			const args = [...p9Args(server, workload, length), ...capacityArgs(workload)];
			return sampleOf(await run(core, generators.p9load, args));
		}
		default:
			return sampleOf(await run(core, generators.qload, queueArgs(server, workload, length)));
	}
}

/** p9load's arguments for a workload on channels without capacity. */
export function p9Args(server: Server, workload: Workload, length: Length): string[] {
	const { pairs, depth, sizeBytes, connections } = workload;
	return [
		...["--addr", `127.0.0.1:${server.port}`, "--server-pid", String(server.pid), "--json"],
		...["--pairs", String(pairs), "--depth", String(depth), "--size", String(sizeBytes)],
		...["--warmup", String(length.warmupSeconds), "--seconds", String(length.seconds)],
		...(connections === undefined ? [] : ["--mux", String(connections)]),
	];
}

/** A sample from what a generator printed. */
export function sampleOf(text: string): Sample {
	const line: Record<string, unknown> = JSON.parse(text);
	const latency = line["e2e_us"] as { p99: number } | undefined;
	return {
		perSecond: Number(line["msg_per_s"]),
		p99Us: latency?.p99 ?? Number.NaN,
		cpuUs: Number(line["server_us_per_msg"]),
		loadCpu: Number(line["load_cpu"]),
	};
}

function capacityArgs(workload: Workload): string[] {
	if (workload.capacity === undefined) return [];
	return ["--mode", "buffered", "--buffer", String(workload.capacity)];
}

/** As many messages may be under way as in a channel: those that wait, and those in the queue. */
function queueArgs(server: Server, workload: Workload, length: Length): string[] {
	const { pairs, depth, sizeBytes, capacity = 0 } = workload;
	const load = [pairs, depth, sizeBytes, length.seconds, length.warmupSeconds, depth + capacity];
	return [server.system, ...[server.port, ...load, server.pid].map(String)];
}
