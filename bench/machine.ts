// This machine: which programs it has, its cores, its ports, and the processes that we started.
// Nothing here knows what is measured. Only processes started here are ever ended, by their id.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, cpus, loadavg, release, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root; this file runs as dist/bench/machine.js. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Which of the two cores of a measurement: without a second core both are the same. */
export type Core = "server" | "load";

/** The full path of a program, or undefined. Looks where servers are put, too, not only in PATH. */
export function which(name: string): string | undefined {
	const path = process.env["PATH"] ?? "";
	const directories = [...path.split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
	return directories.map((dir) => join(dir, name)).find(isExecutable);
}

/** Starts a program on a core and keeps its id until it has ended. stderr goes to ours. */
export function start(core: Core, program: string, args: readonly string[]): ChildProcess {
	const taskset = which("taskset");
	// taskset becomes the program, so that the child's id is the program's
	const argv = taskset
		? [taskset, "-c", String(chooseCores()[core]), program, ...args]
		: [program, ...args];
	const child = spawn(argv[0] as string, argv.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
	if (running.size === 0) endWithUs();
	running.add(child);
	child.once("exit", () => running.delete(child));
	child.once("error", () => running.delete(child));
	return child;
}

/** Ends a process that `start` started: politely, then, after five seconds, not. */
export async function stop(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const ended = new Promise((resolve) => child.once("exit", resolve));
	const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
	child.kill("SIGTERM");
	await ended;
	clearTimeout(timer);
}

/** Runs a program on a core to its end: what it printed, or an error with its status. */
export function run(core: Core, program: string, args: readonly string[]): Promise<string> {
	return output(start(core, program, args), program);
}

/** What a started process prints until it ends; throws when its status is not 0. */
export function output(child: ChildProcess, name: string): Promise<string> {
	return new Promise((resolve, reject) => {
		let text = "";
		child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
			text += chunk;
		});
		child.once("error", reject);
		child.once("close", (status, signal) => {
			if (status === 0) resolve(text);
			else reject(new Error(`${name} ended with ${signal ?? status}: ${text.trim()}`));
		});
	});
}

/** A port of 127.0.0.1 that nobody listened on a moment ago. */
export function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once("error", reject);
		server.listen(0, "127.0.0.1", () => {
			const address = server.address();
			const port = typeof address === "object" && address !== null ? address.port : 0;
			server.close(() => resolve(port));
		});
	});
}

/** Resident memory of a process in KiB. */
export function residentKib(pid: number): number {
	const status = readFileSync(`/proc/${pid}/status`, "utf8");
	return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]);
}

/** A directory of our own that is gone when we are. */
export function scratch(): string {
	const dir = mkdtempSync(join(tmpdir(), "dchan-bench-"));
	process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
	return dir;
}

/** How many processes wanted a core in the last minute; near 0 is good for measuring. */
export function busyness(): number {
	return loadavg()[0] ?? 0;
}

/** What a reader of the results wants to know of the machine. */
export function describeMachine(): Record<string, string> {
	const version = (program: string, ...args: string[]): string => {
		const path = which(program);
		return path ? execFileSync(path, args, { encoding: "utf8" }).trim() : "missing";
	};
	const cores = chooseCores();
	return {
		date: new Date().toISOString(),
		cpu: `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores`,
		pinned: which("taskset") ? `server ${cores.server}, load ${cores.load}` : "no",
		kernel: release(),
		node: process.version,
		redis: version("redis-server", "--version").replace(/ sha=.*/, ""),
		nats: version("nats-server", "--version"),
	};
}

const running = new Set<ChildProcess>();
let endsWithUs = false;

/** Sees to it that what still runs when we end, ends too. */
function endWithUs(): void {
	if (endsWithUs) return;
	endsWithUs = true;
	process.once("exit", () => {
		for (const child of running) child.kill("SIGKILL");
	});
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

/** The first and the last core that we may run on: they are the least likely to be one's twins. */
function chooseCores(): Record<Core, number> {
	const status = readFileSync("/proc/self/status", "utf8");
	const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? "0";
	const ends = list.split(/[,-]/).map(Number);
	return { server: ends[0] ?? 0, load: ends.at(-1) ?? 0 };
}
