// The command as a process of its own: built once for a test file, and ended with it.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll } from "vitest";
import { type Address, parseDial } from "../src/dial.ts";
import type { Snapshot } from "../src/stats.ts";
import { until } from "./sockets.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A running server. */
export interface Program {
	readonly child: ChildProcess;
	readonly address: Address;
	/** What it said on standard error. */
	said(): string;
	/** What it counts. */
	snapshot(): Promise<Snapshot>;
	/** Sends a signal; resolves to the exit status and the signal that ended it. */
	kill(signal: NodeJS.Signals): Promise<unknown[]>;
	/** Its memory, bytes. */
	memory(): number;
}

/** Builds the command, for the first who asks; the path of its cli.js. */
async function built(): Promise<string> {
	building ??= build();
	return join(await building, "dist/src/cli.js");
}

/** Starts a server; resolves when it listens. */
export async function program(args: readonly string[]): Promise<Program> {
	const child = spawn(process.execPath, [await built(), ...args]);
	children.push(child);
	const exit = once(child, "exit");
	let out = "";
	let err = "";
	child.stdout.on("data", (text) => {
		out += text;
	});
	child.stderr.on("data", (text) => {
		err += text;
	});
	await until(() => out.includes("mount with") || child.exitCode !== null);
	const address = parseDial(/^listening on (\S+)$/m.exec(out)?.[1] ?? "");
	if (typeof address === "string") throw new Error(`${address}: ${err}`);
	return {
		child,
		address,
		said: () => err,
		async snapshot() {
			const from = err.length;
			child.kill("SIGUSR1");
			await until(() => err.indexOf("}}\n", from) >= 0);
			return JSON.parse(err.slice(from, err.indexOf("}}\n", from) + 2));
		},
		kill(signal) {
			child.kill(signal);
			return exit;
		},
		memory() {
			const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
			return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
		},
	};
}

let building: Promise<string> | undefined;
const children: ChildProcess[] = [];

afterAll(async () => {
	for (const child of children) child.kill("SIGKILL");
	if (building !== undefined) rmSync(await building, { recursive: true });
});

async function build(): Promise<string> {
	const folder = mkdtempSync(join(tmpdir(), "dchan-built-"));
	cpSync(join(root, "package.json"), join(folder, "package.json"));
	const compilerOptions = { rootDir: root, outDir: join(folder, "dist"), types: [] };
	const config = { extends: join(root, "tsconfig.json"), compilerOptions };
	const include = [join(root, "src")];
	writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ ...config, include }));
	const tsc = join(root, "node_modules/typescript/bin/tsc");
	await promisify(execFile)(process.execPath, [tsc, "--noCheck", "-p", folder]);
	return folder;
}
