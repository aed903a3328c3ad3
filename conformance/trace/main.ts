// The trace tools: `record` between any client and any server, `show`, `replay` against any server.

import { openSync, readFileSync, realpathSync, writeSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type Address, formatDial, parseDial } from "../../src/dial.ts";
import { formatEntry, formatTrace, headerOf, parseTrace, type Trace } from "./format.ts";
import { pcapOf } from "./pcap.ts";
import { type Recording, record } from "./record.ts";
import { replay } from "./replay.ts";

const USAGE = `Usage: dchan trace record --listen ADDR --target ADDR [--out FILE] [--pcap FILE]
                    [--marks] [--note KEY=VALUE]...
       dchan trace show FILE [--pcap FILE]
       dchan trace replay FILE --target ADDR [--verbose]`;
const PCAP_PORT = 564;
const NOTE = /^([a-z][a-z0-9 -]*)=(\S.*)$/;

/** Something wrong with the command line or a file; said in one line. */
class Mistake extends Error {}

/** Runs `record`, `show` or `replay` with its arguments; resolves to the exit status. */
export async function traceMain(argv: string[]): Promise<number> {
	const [command, ...rest] = argv;
	try {
		switch (command) {
			case "record":
				return await recordMain(rest);
			case "show":
				return show(rest);
			case "replay":
				return await replayMain(rest);
			default:
				throw new Mistake(USAGE);
		}
	} catch (e) {
		if (!(e instanceof Mistake)) throw e;
		process.stderr.write(`${e.message}\n`);
		return 2;
	}
}

async function recordMain(argv: string[]): Promise<number> {
	const { values, positionals } = args(argv, {
		listen: { type: "string" },
		target: { type: "string" },
		out: { type: "string" },
		pcap: { type: "string" },
		marks: { type: "boolean" },
		note: { type: "string", multiple: true },
	});
	if (positionals.length > 0) throw new Mistake(USAGE);
	const [listen, target] = [address(values["listen"]), address(values["target"])];
	const header = ((values["note"] ?? []) as string[]).map((note) => {
		const m = NOTE.exec(note);
		if (m === null) throw new Mistake(`dchan: --note ${note}: it is KEY=VALUE`);
		return [m[1], m[2]] as [string, string];
	});
	header.push(["date", new Date().toISOString()]);
	header.push(["recorded", `dchan trace record --target ${formatDial(target)}`]);
	const out = create(values["out"]) ?? 1;
	const pcap = create(values["pcap"]);
	writeSync(out, formatTrace({ header, entries: [] }));
	const recording = await opened(
		record(listen, target, {
			entry: (e) => void writeSync(out, `${formatEntry(e)}\n`),
			...(pcap === null ? {} : { pcap: (bytes: Buffer) => void writeSync(pcap, bytes) }),
		}),
	);
	process.stderr.write(`listening on ${formatDial(recording.address)}\n`);
	if (values["marks"] === true) createInterface(process.stdin).on("line", recording.mark);
	await new Promise<void>((resolve) => {
		for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
	});
	await recording.close();
	process.stdin.destroy();
	return 0;
}

async function opened(recording: Promise<Recording>): Promise<Recording> {
	try {
		return await recording;
	} catch (e) {
		throw new Mistake(`dchan: can't listen: ${(e as Error).message}`);
	}
}

function create(file: unknown): number | null {
	if (typeof file !== "string") return null;
	try {
		return openSync(file, "w");
	} catch (e) {
		throw new Mistake(`dchan: ${(e as Error).message}`);
	}
}

function show(argv: string[]): number {
	const { values, positionals } = args(argv, { pcap: { type: "string" } });
	const trace = load(positionals);
	const pcap = create(values["pcap"]);
	if (pcap !== null) {
		writeSync(pcap, pcapOf(trace, PCAP_PORT));
		return 0;
	}
	for (const [key, value] of trace.header) process.stdout.write(`# ${key}: ${value}\n`);
	for (const e of trace.entries) process.stdout.write(`${e.line}\t${formatEntry(e)}\n`);
	return 0;
}

async function replayMain(argv: string[]): Promise<number> {
	const { values, positionals } = args(argv, {
		target: { type: "string" },
		verbose: { type: "boolean" },
	});
	const trace = load(positionals);
	const file = positionals[0] as string;
	if (headerOf(trace, "judge") === "client-only") {
		throw new Mistake(`dchan: ${file}: another kind of server was recorded; nothing to replay`);
	}
	const verbose = (line: number, side: string, conn: number, text: string) =>
		process.stdout.write(`${line}\t${conn} ${side} ${text}\n`);
	const differences = await replay(
		trace,
		address(values["target"]),
		values["verbose"] === true ? { verbose } : {},
	);
	for (const d of differences) {
		process.stdout.write(`${file}:${d.line}: ${d.why}\n`);
		if (d.expected !== "") process.stdout.write(`  expected ${d.expected}\n`);
		if (d.actual !== "") process.stdout.write(`  got      ${d.actual}\n`);
	}
	return differences.length === 0 ? 0 : 1;
}

type Options = Record<string, { type: "string" | "boolean"; multiple?: boolean }>;

function args(argv: string[], options: Options) {
	try {
		return parseArgs({ args: argv, options, allowPositionals: true });
	} catch {
		throw new Mistake(USAGE);
	}
}

function address(value: unknown): Address {
	if (typeof value !== "string") throw new Mistake(USAGE);
	const a = parseDial(value);
	if (typeof a === "string") throw new Mistake(`dchan: ${a}`);
	return a;
}

function load(positionals: string[]): Trace {
	const [file] = positionals;
	if (file === undefined || positionals.length > 1) throw new Mistake(USAGE);
	let text: string;
	try {
		text = readFileSync(file, "utf8");
	} catch (e) {
		throw new Mistake(`dchan: ${(e as Error).message}`);
	}
	const trace = parseTrace(text);
	if ("why" in trace) {
		throw new Mistake(`dchan: ${file}:${trace.line}:${trace.column}: ${trace.why}`);
	}
	return trace;
}

const invoked = process.argv[1];
if (invoked !== undefined && import.meta.url === pathToFileURL(realpathSync(invoked)).href) {
	process.exitCode = await traceMain(process.argv.slice(2));
}
