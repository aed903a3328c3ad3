// How each measured server is started and found ready. All listen on 127.0.0.1, on ports that
// the system picked, and keep nothing on disk that outlives the run.

import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort, root, scratch, start, stop, which } from "./machine.ts";
import type { System } from "./workloads.ts";

/** A running server. Whoever started it stops it. */
export interface Server {
	readonly system: System;
	readonly port: number;
	readonly pid: number;
	stop(): Promise<void>;
}

/** Why a system can't be measured here, or undefined when it can. */
export function missing(system: System): string | undefined {
	switch (system) {
		case "N":
			return undefined;
		case "dchan":
			return existsSync(cli) ? undefined : "dchan is not built: npm run build";
		case "redis":
			return which("redis-server")
				? undefined
				: "redis-server is missing: apt install redis-server";
		case "nats":
		case "jetstream":
			return which("nats-server") ? undefined : "nats-server is missing: apt install nats-server";
	}
}

/** Starts a server on the server's core; it takes connections when this returns. */
export async function serve(system: System, nodeArgs: readonly string[] = []): Promise<Server> {
	if (system === "dchan") return serveDchan(nodeArgs);
	const port = await freePort();
	const [program, ...args] = command(system, port);
	return ready(system, port, start("server", program as string, args));
}

const cli = join(root, "dist/src/cli.js");
let directory: string | undefined;

function command(system: Exclude<System, "dchan">, port: number): string[] {
	const local = ["127.0.0.1", String(port)] as const;
	switch (system) {
		case "N":
			return [process.execPath, join(root, "bench/ceiling.mjs"), String(port)];
		case "redis":
			return [
				...[which("redis-server") ?? "", "--bind", local[0], "--port", local[1]],
				...["--save", "", "--appendonly", "no", "--dir", fresh(), "--loglevel", "warning"],
			];
		case "nats":
			return [which("nats-server") ?? "", "-a", local[0], "-p", local[1], "-l", "/dev/null"];
		case "jetstream":
			return [...command("nats", port), "-js", "-sd", fresh()];
	}
}

/** Our own server picks its port itself and says which. */
async function serveDchan(nodeArgs: readonly string[]): Promise<Server> {
	const args = [...nodeArgs, cli, "-a", "tcp!127.0.0.1!0"];
	const child = start("server", process.execPath, args);
	const port = await new Promise<number>((resolve, reject) => {
		let text = "";
		child.once("exit", (status) => reject(new Error(`dchan ended with ${status}: ${text}`)));
		child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
			text += chunk;
			const said = /listening on tcp!127\.0\.0\.1!(\d+)/.exec(text);
			if (said) resolve(Number(said[1]));
		});
	});
	return running("dchan", port, child);
}

async function ready(system: System, port: number, child: ChildProcess): Promise<Server> {
	child.stdout?.resume();
	for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
		if (await accepts(port)) return running(system, port, child);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	await stop(child);
	throw new Error(`${system} did not listen on port ${port} within ten seconds`);
}

function running(system: System, port: number, child: ChildProcess): Server {
	return { system, port, pid: child.pid as number, stop: () => stop(child) };
}

function accepts(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => resolve(true));
		socket.once("error", () => resolve(false));
		socket.once("connect", () => socket.destroy());
	});
}

function fresh(): string {
	directory ??= scratch();
	return mkdtempSync(join(directory, "server-"));
}
