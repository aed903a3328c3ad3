// Loaded into a server before its own code (node --import): writes its memory and the delay of its
// event loop to the file named in DCHAN_BENCH_DELAY, a line of JSON a second. The server is none
// the wiser, and this file knows nothing of it.

import { appendFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const path = process.env["DCHAN_BENCH_DELAY"];
const resolution = 10;
const delay = monitorEventLoopDelay({ resolution });
const startMs = performance.now();

/** The histogram holds the time between two ticks; what is over the interval is delay. */
function overMs(ns: number): number {
	return Math.max(0, ns / 1e6 - resolution);
}

if (path !== undefined) {
	delay.enable();
	const timer = setInterval(() => {
		const { rss, heapUsed } = process.memoryUsage();
		const moment = {
			second: Math.round((performance.now() - startMs) / 1000),
			residentKib: Math.round(rss / 1024),
			heapKib: Math.round(heapUsed / 1024),
			delayP99Ms: overMs(delay.percentile(99)),
		};
		appendFileSync(path, `${JSON.stringify(moment)}\n`);
	}, 1000);
	timer.unref();
}
