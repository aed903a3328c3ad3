/**
 * The server that the scenarios talk to: one that already runs, or our own command as a child
 * process, fresh for each scenario.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { child } from "./child.ts";
import { lineCutter } from "./protocol.ts";

/** A server under test. The guest reaches it by the host's loopback address. */
export interface Target {
	readonly port: number;
	/** Whether `start` and `stop` can be asked for. */
	readonly controlled: boolean;
	start(): Promise<void>;
	stop(): Promise<void>;
	/** Whether it runs; of a server that is not ours, yes. */
	running(): boolean;
	/** What the server said on its standard error since it was first started. */
	said(): string;
}

/** A server that somebody else started, at this port of the loopback address. */
export function runningTarget(port: number): Target {
	const no = () => Promise.reject(new Error("this server is not ours to start and stop"));
	return { port, controlled: false, start: no, stop: no, running: () => true, said: () => "" };
}

/** Our own server on a port that the system picks; `start` after `stop` keeps that port. */
export async function ownTarget(): Promise<Target> {
	const command = fileURLToPath(new URL("../../src/cli.js", import.meta.url));
	let server: ChildProcess | undefined;
	let said = "";
	const run = async (port: number): Promise<number> => {
		const args = [command, "-d", "-a", `tcp!127.0.0.1!${port}`];
		const started = child(process.execPath, args);
		server = started;
		return await new Promise<number>((resolve, reject) => {
			const look = lineCutter((line) => {
				said += `${line}\n`;
				const listening = /^listening on tcp!.*!(\d+)$/.exec(line)?.[1];
				if (listening !== undefined) resolve(Number(listening));
			});
			started.stdout?.setEncoding("utf8").on("data", look);
			started.stderr?.setEncoding("utf8").on("data", look);
			started.on("error", reject);
			started.on("exit", (code, signal) => {
				said += `the server ended: ${signal ?? `status ${code}`}\n`;
				reject(new Error(`the server ended: ${signal ?? `status ${code}`}\n${said}`));
			});
		});
	};
	const port = await run(0);
	return {
		port,
		controlled: true,
		start: async () => {
			await run(port);
		},
		stop: async () => {
			if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
			const ended = once(server, "exit");
			server.kill("SIGKILL");
			await ended;
		},
		running: () => server !== undefined && server.exitCode === null && server.signalCode === null,
		said: () => said,
	};
}
