// What is measured against what, and the goals, as data. Only this file changes when a goal does.

import type { Bound } from "./stats.ts";

/**
 * The servers that can be measured: `N` is ceiling.mjs, a bare Node server; `jetstream` is
 * nats-server with a work queue in memory.
 */
export type System = "N" | "dchan" | "redis" | "nats" | "jetstream";

/** Our `measure` over that of `against` in the same round; the median over the rounds counts. */
export interface Goal extends Bound {
	readonly measure: "perSecond" | "p99Us";
	readonly against: System;
}

/** One kind of load. `depth` is the number of requests each writer and each reader has open. */
export interface Workload {
	readonly name: string;
	readonly title: string;
	readonly sizeBytes: number;
	readonly pairs: number;
	readonly depth: number;
	/** All pairs share this many connections; without it each end has one of its own. */
	readonly connections?: number;
	/** Capacity of the channels. Redis may hold as many; N knows rendezvous only, and does that. */
	readonly capacity?: number;
	/** Server and generator on one core: without it a machine's wake-up time hides the server. */
	readonly oneCore?: true;
	readonly against: readonly System[];
	readonly goals: readonly Goal[];
}

export const workloads: readonly Workload[] = [
	{
		name: "small",
		title: "64 B, 16 pairs, depth 32",
		sizeBytes: 64,
		pairs: 16,
		depth: 32,
		against: ["N", "redis", "nats", "jetstream"],
		goals: [
			{ measure: "perSecond", against: "N", atLeast: 0.8 },
			{ measure: "perSecond", against: "redis", atLeast: 1.6 },
			{ measure: "perSecond", against: "nats", atLeast: 0.75 },
			{ measure: "perSecond", against: "jetstream", atLeast: 8 },
			{ measure: "p99Us", against: "N", atMost: 1.3 },
		],
	},
	{
		name: "onepair",
		title: "64 B, 1 pair, depth 32",
		sizeBytes: 64,
		pairs: 1,
		depth: 32,
		against: ["N", "redis"],
		goals: [
			{ measure: "perSecond", against: "N", atLeast: 0.8 },
			{ measure: "perSecond", against: "redis", atLeast: 1.05 },
		],
	},
	{
		name: "large",
		title: "4 KiB, 16 pairs, depth 32",
		sizeBytes: 4096,
		pairs: 16,
		depth: 32,
		against: ["N", "redis", "nats"],
		goals: [
			{ measure: "perSecond", against: "N", atLeast: 0.8 },
			{ measure: "perSecond", against: "redis", atLeast: 2.2 },
			{ measure: "perSecond", against: "nats", atLeast: 1.6 },
		],
	},
	{
		name: "shallow",
		title: "64 B, 16 pairs, depth 1",
		sizeBytes: 64,
		pairs: 16,
		depth: 1,
		against: ["N", "redis"],
		goals: [
			{ measure: "perSecond", against: "N", atLeast: 0.9 },
			{ measure: "perSecond", against: "redis", atLeast: 0.8 },
		],
	},
	{
		name: "onecore",
		title: "64 B, 1 pair, depth 1, all on one core",
		sizeBytes: 64,
		pairs: 1,
		depth: 1,
		oneCore: true,
		against: ["N", "redis"],
		goals: [
			{ measure: "perSecond", against: "N", atLeast: 0.9 },
			{ measure: "perSecond", against: "redis", atLeast: 0.85 },
		],
	},
	{
		name: "mux",
		title: "64 B, 16 pairs over 2 connections, depth 8",
		sizeBytes: 64,
		pairs: 16,
		depth: 8,
		connections: 2,
		against: ["N"],
		goals: [{ measure: "perSecond", against: "N", atLeast: 0.8 }],
	},
	{
		name: "buffered",
		title: "64 B, 16 pairs, depth 32, channels of capacity 64",
		sizeBytes: 64,
		pairs: 16,
		depth: 32,
		capacity: 64,
		against: ["N", "redis"],
		goals: [
			{ measure: "perSecond", against: "N", atLeast: 0.75 },
			{ measure: "perSecond", against: "redis", atLeast: 1.4 },
		],
	},
];

/** The load under which memory, flat cost and soak are measured. */
export const steady = workloads[0] as Workload;

/** Goals of memory.ts, in KiB; that of an idle connection is what N takes, and this much more. */
export const memoryGoals = {
	idleConnectionOverN: { atMost: 6 },
	blockedRead: { atMost: 0.4 },
	emptyChannel: { atMost: 1 },
} as const satisfies Record<string, Bound>;

/** Goals of scale.ts: messages per second with a crowd to those without; stalls in ms. */
export const scaleGoals = {
	rate: { atLeast: 0.9 },
	stallMs: { atMost: 50 },
} as const satisfies Record<string, Bound>;

/** Goals of soak.ts: the resident memory of the last quarter to that of the second. */
export const soakGoals = {
	memory: { atMost: 1.1 },
} as const satisfies Record<string, Bound>;
