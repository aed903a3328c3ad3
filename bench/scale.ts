// Cost stays flat: messages per second with a crowd of idle connections, blocked reads or other
// channels beside the load, to those without, in the same round and on the same server; and how
// long reading a directory and ctl of many channels makes another client wait.

import { startCrowd } from "./crowd.ts";
import { type Generators, type Length, p9Args, sampleOf } from "./load.ts";
import { run } from "./machine.ts";
import { blockedArgs, type Crowds } from "./memory.ts";
import { type Verdict, verdict } from "./results.ts";
import { type Server, serve } from "./servers.ts";
import { scaleGoals, steady } from "./workloads.ts";

/** Each round has a fresh server. */
export async function scale(
	generators: Generators,
	size: Crowds,
	rounds: number,
	length: Length,
): Promise<Verdict[]> {
	const ratio = { idle: [] as number[], reads: [] as number[], channels: [] as number[] };
	const stalls: number[] = [];
	const quiet: number[] = [];
	for (let round = 0; round < rounds; round++) {
		const server = await serve("dchan");
		const rate = async (...crowd: string[]): Promise<number> => {
			const args = [...p9Args(server, steady, length), ...crowd];
			return sampleOf(await run("load", generators.p9load, args)).perSecond;
		};
		try {
			await rate();
			const alone = await rate();
			ratio.idle.push((await rate("--idle", String(size.connections))) / alone);
			ratio.reads.push((await rate(...blockedArgs(size.reads))) / alone);
			quiet.push(await longestWaitMs(generators, server));
			await startCrowd("fill", server.port, size.channels).ended;
			ratio.channels.push((await rate()) / alone);
			const lister = startCrowd("list", server.port, listSeconds + 1);
			stalls.push(await longestWaitMs(generators, server));
			await lister.ended;
		} finally {
			await server.stop();
		}
	}
	const { connections, reads, channels } = size;
	const { rate, stallMs } = scaleGoals;
	return [
		verdict(`rate with ${connections} idle connections`, rate, ratio.idle),
		verdict(`rate with ${reads} blocked reads`, rate, ratio.reads),
		verdict(`rate with ${channels} other channels`, rate, ratio.channels),
		verdict("longest wait of a ping, nobody else there, ms", stallMs, quiet),
		verdict(`longest wait while ${channels} are listed, ms`, stallMs, stalls),
	];
}

const listSeconds = 5;

/** The longest of all pings, one at a time, in ms. */
async function longestWaitMs(generators: Generators, server: Server): Promise<number> {
	const one = { ...steady, pairs: 1, depth: 1 };
	const length = { warmupSeconds: 0.5, seconds: listSeconds };
	const args = [...p9Args(server, one, length), "--mode", "ping"];
	const line: { rtt_us: { max: number } } = JSON.parse(await run("load", generators.p9load, args));
	return line.rtt_us.max / 1000;
}
