// What idle connections, blocked reads and empty channels cost in memory: the growth of a server's
// resident memory, divided by their number. Each is measured on a fresh server that has worked for
// a while before, so that the growth of its code and its buffers is not counted.

import { startCrowd } from "./crowd.ts";
import { type Generators, type Length, measure, p9Args } from "./load.ts";
import { residentKib, run } from "./machine.ts";
import { type Verdict, verdict } from "./results.ts";
import { missing, type Server, serve } from "./servers.ts";
import { memoryGoals, type System, steady } from "./workloads.ts";

/** How large the crowds are. */
export interface Crowds {
	readonly connections: number;
	readonly reads: number;
	readonly channels: number;
}

/** The crowds of the goals. 10,000 connections, because a process has 20,000 descriptors. */
export const crowds: Crowds = { connections: 10_000, reads: 100_000, channels: 100_000 };

/** The blocked reads of a crowd are spread over this many connections. */
export const readConnections = 200;

/** KiB for each of the three; `rounds` of them, because garbage makes them noisy. */
export async function memory(
	generators: Generators,
	size: Crowds,
	rounds: number,
): Promise<Verdict[]> {
	if (missing("dchan")) {
		return [verdict("memory", memoryGoals.idleConnectionOverN, [])];
	}
	const over: number[] = [];
	const reads: number[] = [];
	const channels: number[] = [];
	for (let round = 0; round < rounds; round++) {
		const n = await idleKib(generators, "N", size.connections, 0);
		const ours = await idleKib(generators, "dchan", size.connections, 0);
		over.push((ours - n) / size.connections);
		const idle = (ours / size.connections) * readConnections;
		const blocked = await idleKib(generators, "dchan", readConnections, size.reads);
		reads.push((blocked - idle) / size.reads);
		channels.push((await channelsKib(generators, size.channels)) / size.channels);
	}
	return [
		verdict("KiB per idle connection, over N's", memoryGoals.idleConnectionOverN, over),
		verdict("KiB per blocked read", memoryGoals.blockedRead, reads),
		verdict("KiB per empty channel", memoryGoals.emptyChannel, channels),
	];
}

/** p9load's arguments for a crowd of blocked reads beside its load. */
export function blockedArgs(reads: number): string[] {
	const each = Math.ceil(reads / readConnections);
	return ["--idle", String(readConnections), "--idle-reads", String(each)];
}

const short: Length = { warmupSeconds: 0.2, seconds: 0.3 };
const work: Length = { warmupSeconds: 0.5, seconds: 1 };

async function idleKib(
	generators: Generators,
	system: System,
	connections: number,
	reads: number,
): Promise<number> {
	return withServer(generators, system, async (server) => {
		const crowd = reads > 0 ? blockedArgs(reads) : ["--idle", String(connections)];
		const args = [...p9Args(server, steady, short), ...crowd];
		const line: Record<string, unknown> = JSON.parse(await run("load", generators.p9load, args));
		return Number(line["idle_kib"]);
	});
}

async function channelsKib(generators: Generators, channels: number): Promise<number> {
	return withServer(generators, "dchan", async (server) => {
		const before = residentKib(server.pid);
		await startCrowd("fill", server.port, channels).ended;
		return residentKib(server.pid) - before;
	});
}

async function withServer(
	generators: Generators,
	system: System,
	act: (server: Server) => Promise<number>,
): Promise<number> {
	const server = await serve(system);
	try {
		await measure(generators, server, steady, work);
		return await act(server);
	} finally {
		await server.stop();
	}
}
