// The workloads, measured in interleaved rounds: in each round every system has one turn, so that
// whatever else the machine does hits all of them. Each workload has servers of its own.

import { type Generators, type Length, measure, type Sample } from "./load.ts";
import { judge, type WorkloadResult } from "./results.ts";
import { missing, type Server, serve } from "./servers.ts";
import type { System, Workload } from "./workloads.ts";

/** How often and how long each system is measured. */
export interface Plan extends Length {
	readonly rounds: number;
}

/** Measures dchan and the systems it is compared with, those that this machine has. */
export async function compare(
	generators: Generators,
	workload: Workload,
	plan: Plan,
): Promise<WorkloadResult> {
	const systems = (["dchan", ...workload.against] as const).filter((each) => !missing(each));
	const samples: Partial<Record<System, Sample[]>> = {};
	const servers: Server[] = [];
	try {
		for (const system of systems) servers.push(await serve(system));
		// a first turn that does not count: the code of both Node servers is compiled in it
		for (const server of servers) await measure(generators, server, workload, plan);
		for (let round = 0; round < plan.rounds; round++) {
			for (const server of servers) {
				const sample = await turn(generators, server, workload, plan);
				samples[server.system] = [...(samples[server.system] ?? []), sample];
			}
			// who came first comes last in the next round
			servers.push(...servers.splice(0, 1));
		}
	} finally {
		await Promise.all(servers.map((server) => server.stop()));
	}
	return judge(workload, samples);
}

async function turn(
	generators: Generators,
	server: Server,
	workload: Workload,
	length: Length,
): Promise<Sample> {
	try {
		return await measure(generators, server, workload, length);
	} catch (error) {
		throw new Error(`${workload.title}, ${server.system}: the check failed`, { cause: error });
	}
}
