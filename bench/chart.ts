// Charts for the README, written as SVG by hand: bars of the ratios to N, and lines of memory over
// a soak. Pure: results in, text out. Colours and text suit light and dark pages.

import type { Moment, WorkloadResult } from "./results.ts";
import { median, numberText, ratios } from "./stats.ts";
import type { System } from "./workloads.ts";

/** Bars for each workload: messages per second as a ratio to N, medians of the rounds. */
export function ratioChart(workloads: readonly WorkloadResult[]): string {
	const bars = workloads.map((workload) => ({ title: workload.title, bars: barsOf(workload) }));
	const largest = Math.max(1, ...bars.flatMap((group) => group.bars.map((bar) => bar.ratio)));
	const scale = (ratio: number) => (ratio / largest) * plot;
	const parts: string[] = [];
	let y = 40;
	for (const group of bars) {
		parts.push(label(margin, y, group.title, 'font-weight="bold"'));
		y += 8;
		for (const { system, ratio } of group.bars) {
			const width = scale(ratio).toFixed(1);
			parts.push(
				label(left - 8, y + 12, nameOf(system), 'text-anchor="end"'),
				`<rect x="${left}" y="${y}" width="${width}" height="16" fill="${colours[system]}"/>`,
				label(left + scale(ratio) + 6, y + 12, numberText(ratio)),
			);
			y += 20;
		}
		y += 24;
	}
	const x = (left + scale(1)).toFixed(1);
	parts.push(
		`<line class="axis" stroke-dasharray="4 3" x1="${x}" x2="${x}" y1="26" y2="${y - 24}"/>`,
	);
	return svg("Messages per second, as a ratio to a bare Node server (N)", y, parts);
}

/** Resident memory and heap of the server over a soak. */
export function memoryChart(moments: readonly Moment[]): string {
	const height = 260;
	const bottom = height - 40;
	const seconds = Math.max(1, ...moments.map((moment) => moment.second));
	const largestMib = Math.max(1, ...moments.map((moment) => moment.residentKib / 1024)) * 1.1;
	const xOf = (second: number) => left + (second / seconds) * plot;
	const yOf = (kib: number) => bottom - (kib / 1024 / largestMib) * (bottom - 40);
	const line = (key: "residentKib" | "heapKib", colour: string) => {
		const points = moments.map(
			(each) => `${xOf(each.second).toFixed(1)},${yOf(each[key]).toFixed(1)}`,
		);
		const at = points.join(" ");
		return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${at}"/>`;
	};
	const last = moments.at(-1);
	const note = (name: string, kib: number) =>
		label(
			left + plot - 4,
			yOf(kib) - 6,
			`${name} ${numberText(kib / 1024)} MiB`,
			'text-anchor="end"',
		);
	const parts = [
		`<path class="axis" fill="none" d="M${left} 40V${bottom}H${left + plot}"/>`,
		label(left - 8, 46, `${numberText(largestMib)} MiB`, 'text-anchor="end"'),
		label(left - 8, bottom, "0", 'text-anchor="end"'),
		label(left + plot, bottom + 18, `${numberText(seconds / 60)} minutes`, 'text-anchor="end"'),
		line("residentKib", colours.dchan),
		line("heapKib", colours.N),
		...(last ? [note("resident", last.residentKib), note("heap", last.heapKib)] : []),
	];
	return svg("Memory of the server under full load, clients coming and going", height, parts);
}

const margin = 16;
const left = 110;
const plot = 520;
const colours: Readonly<Record<System, string>> = {
	N: "#8a8f98",
	dchan: "#2f7ed8",
	redis: "#c6423b",
	nats: "#3a9d5d",
	jetstream: "#8bc29f",
};

function barsOf(workload: WorkloadResult): { system: System; ratio: number }[] {
	const rates = (system: System) =>
		(workload.samples[system] ?? []).map((sample) => sample.perSecond);
	return (Object.keys(colours) as System[])
		.filter((system) => workload.samples[system] !== undefined)
		.map((system) => ({ system, ratio: median(ratios(rates(system), rates("N"))) }));
}

function nameOf(system: System): string {
	return system === "N" ? "N (bare Node)" : system;
}

function label(x: number, y: number, text: string, attributes = ""): string {
	return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped(text)}</text>`;
}

function escaped(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function svg(title: string, height: number, parts: readonly string[]): string {
	const width = left + plot + 70;
	const style =
		"text{font:12px sans-serif;fill:#24292f}.axis{stroke:#57606a}" +
		"@media(prefers-color-scheme:dark){text{fill:#d0d7de}.axis{stroke:#8b949e}}";
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
		`<title>${escaped(title)}</title><style>${style}</style>`,
		label(margin, 18, title, 'font-weight="bold"'),
		...parts,
		"</svg>\n",
	].join("\n");
}
