// The parts of the bench that compute and judge, without a server or a clock.

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { memoryChart, ratioChart } from "../bench/chart.ts";
import { Ledger } from "../bench/churn.ts";
import { sampleOf } from "../bench/load.ts";
import { countText, judge, type Samples, verdict, workloadText } from "../bench/results.ts";
import { flatness } from "../bench/soak.ts";
import {
	boundText,
	median,
	meets,
	numberText,
	ratios,
	secondsOf,
	summarize,
	summaryText,
} from "../bench/stats.ts";
import { table } from "../bench/table.ts";
import { type Workload, workloads } from "../bench/workloads.ts";
import { textOf } from "./files.ts";

describe("the ceiling", () => {
	it("is the one that the ratios are defined by, byte for byte", () => {
		// a change makes old results incomparable: it is a commit of its own, and only if faster
		const sum = createHash("sha256").update(textOf("bench/ceiling.mjs")).digest("hex");
		expect(sum).toBe("8e9ab7a6836464dc384bfb7c1bdd4b6c82dee48eb0f4d5c26ba9b2f7e354464b");
	});
});

describe("numbers", () => {
	it("have the middle of their values as median", () => {
		expect(median([3, 1, 2])).toBe(2);
		expect(median([10, 9, 1, 2])).toBe(5.5);
		expect(median([])).toBeNaN();
	});

	it("are summed up by median, least and most", () => {
		expect(summarize([5, 1, 9])).toEqual({ median: 5, min: 1, max: 9 });
		expect(summaryText({ median: 0.826, min: 0.8, max: 12345 })).toBe("0.83 (0.80–12,345)");
	});

	it("are compared round by round", () => {
		expect(ratios([2, 9, 5], [1, 3])).toEqual([2, 3]);
	});

	it("meet a bound at the bound", () => {
		const at = (value: number) => ({ median: value, min: 0, max: 99 });
		expect(meets({ atLeast: 0.8 }, at(0.8))).toBe(true);
		expect(meets({ atLeast: 0.8 }, at(0.79))).toBe(false);
		expect(meets({ atMost: 1.3 }, at(1.3))).toBe(true);
		expect(meets({ atMost: 1.3 }, at(1.31))).toBe(false);
		expect(meets({ atMost: 1.3 }, at(Number.NaN))).toBe(false);
		expect(() => meets({}, at(1))).toThrow("no bound");
	});

	it("are written with the digits that matter", () => {
		expect([0.826, 12.34, 812345, Number.NaN].map(numberText)).toEqual([
			...["0.83", "12.3", "812,345", "-"],
		]);
		expect(boundText({ atLeast: 0.8 })).toBe("≥ 0.80");
		expect(boundText({ atMost: 50 })).toBe("≤ 50.0");
	});

	it("read as times", () => {
		expect(["90s", "30m", "2h"].map(secondsOf)).toEqual([90, 1800, 7200]);
		expect(["", "30", "m", "0s", "1d"].map(secondsOf)).toEqual(Array(5).fill(undefined));
	});
});

describe("tables", () => {
	it("are flush left in the first column, right in the others", () => {
		const rows = [
			["", "µs"],
			["dchan", "1"],
			["N", "100"],
		];
		expect(table(rows)).toBe("        µs\ndchan    1\nN      100");
	});
});

describe("the goals", () => {
	it("are each about a system that the workload measures", () => {
		for (const { name, goals, against } of workloads) {
			expect(goals.length, name).toBeGreaterThan(0);
			for (const goal of goals) expect(against, name).toContain(goal.against);
		}
	});

	it("are judged by the median of the rounds' ratios", () => {
		const samples = samplesOf({ N: [100, 100, 1000], dchan: [90, 70, 790], redis: [50, 50, 50] });
		const [toN, toRedis] = judge(workload, samples).verdicts;
		expect(toN).toMatchObject({ met: false, measured: { median: 0.79, min: 0.7, max: 0.9 } });
		expect(toRedis).toMatchObject({ met: true, measured: { median: 1.8 } });
	});

	it("are not met by what was not measured", () => {
		const result = judge(workload, samplesOf({ N: [100], dchan: [100] }));
		expect(result.verdicts[1]).toEqual({
			...{ what: "dchan to redis, messages/s", bound: { atLeast: 1.6 }, met: false },
		});
		expect(countText(result.verdicts)).toBe("1 goals met, 0 missed, 1 not measured");
		expect(workloadText(result)).toContain("unknown dchan to redis");
	});

	it("say of each workload who was how fast, and which goals are met", () => {
		const text = workloadText(judge(workload, samplesOf({ N: [100], dchan: [85] })));
		expect(text.split("\n")).toEqual([
			"a title",
			"             messages/s              to N  CPU µs/message  p99 µs  load CPU",
			"N         100 (100–100)  1.00 (1.00–1.00)            0.50    10.0      0.90",
			"dchan  85.0 (85.0–85.0)  0.85 (0.85–0.85)            0.50    10.0      0.90",
			"  met     dchan to N, messages/s ≥ 0.80: 0.85 (0.85–0.85)",
			"  unknown dchan to redis, messages/s ≥ 1.60: not measured",
		]);
	});

	it("of memory over time look at the second and the last quarter", () => {
		const moments = [1, 2, 2, 3, 9, 9, 3, 3].map((residentKib, second) => ({
			...{ second, residentKib, heapKib: 1, delayP99Ms: 0 },
		}));
		expect(flatness(moments)).toEqual([1.2]);
		expect(flatness(moments.slice(0, 3))).toEqual([]);
		expect(verdict("flat", { atMost: 1.1 }, flatness(moments)).met).toBe(false);
	});
});

describe("a generator's line", () => {
	it("becomes a sample", () => {
		const line =
			'{"msg_per_s":5,"server_us_per_msg":0.5,"load_cpu":0.9,"e2e_us":{"p50":1,"p99":7.5}}';
		expect(sampleOf(line)).toEqual({ perSecond: 5, cpuUs: 0.5, loadCpu: 0.9, p99Us: 7.5 });
	});
});

describe("the ledger of a soak", () => {
	it("counts what was answered and what was flushed", () => {
		const ledger = new Ledger();
		ledger.answered(70_000);
		ledger.arrived(70_000);
		ledger.flushed(3);
		ledger.arrived(5);
		expect(ledger.check()).toEqual({ answered: 1, flushed: 1 });
	});

	it("tells of a message that came twice, never came, or came though flushed", () => {
		const ledger = new Ledger();
		ledger.arrived(1);
		expect(() => ledger.arrived(1)).toThrow("came twice");
		const lost = new Ledger();
		lost.answered(2);
		expect(() => lost.check()).toThrow("message 2 was answered and never came");
		const ghost = new Ledger();
		ghost.flushed(3);
		ghost.arrived(3);
		expect(() => ghost.check()).toThrow("message 3 came though flushed");
	});
});

describe("charts", () => {
	it("have a bar for each system, as long as its ratio to N", () => {
		const svg = ratioChart([judge(workload, samplesOf({ N: [100], dchan: [50] }))]);
		expect([...svg.matchAll(/<rect .*? width="([\d.]+)"/g)].map((match) => match[1])).toEqual([
			...["520.0", "260.0"],
		]);
		expect(svg).toContain(">0.50</text>");
	});

	it("have a line for the resident memory and one for the heap", () => {
		const svg = memoryChart([
			{ second: 0, residentKib: 2048, heapKib: 1024, delayP99Ms: 0 },
			{ second: 60, residentKib: 2048, heapKib: 512, delayP99Ms: 0 },
		]);
		expect(svg.match(/<polyline/g)).toHaveLength(2);
		expect(svg).toContain("resident 2.00 MiB");
		expect(svg).toContain("1.00 minutes");
	});
});

const workload: Workload = {
	...{ name: "name", title: "a title", sizeBytes: 64, pairs: 1, depth: 1 },
	against: ["N", "redis"],
	goals: [
		{ measure: "perSecond", against: "N", atLeast: 0.8 },
		{ measure: "perSecond", against: "redis", atLeast: 1.6 },
	],
};

function samplesOf(rates: Record<string, readonly number[]>): Samples {
	const sample = { p99Us: 10, cpuUs: 0.5, loadCpu: 0.9 };
	return Object.fromEntries(
		Object.entries(rates).map(([system, each]) => [
			system,
			each.map((perSecond) => ({ perSecond, ...sample })),
		]),
	);
}
