/** Child processes that never outlive the runner, however it ends. */
import { type ChildProcess, spawn } from "node:child_process";

/** Starts a command, its output piped. Killed, at the latest, when this process exits. */
export function child(command: string, args: readonly string[]): ChildProcess {
	const started = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
	running.add(started);
	started.on("exit", () => running.delete(started));
	return started;
}

/** Exits when a signal asks for it, so that the children are killed. */
export function exitOnSignals(): void {
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
		process.once(signal, () => process.exit(1));
	}
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
	for (const started of running) started.kill("SIGKILL");
});
