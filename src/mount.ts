// Mounting a posted service on Linux: by the kernel for root, by plan9port's 9pfuse for others.
// It runs the commands that do it and undo it, and never waits for them in a way that would keep
// the service, which is this process, from answering.

import { spawn } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import type { Socket } from "node:net";

const LAST_WORDS_MS = 1000; // how long a command that failed has for saying why

export interface Mount {
	/** Unmounts. Rejects with an Error of one line. */
	unmount(): Promise<void>;
}

interface Outcome {
	/** Its exit status, or the signal that ended it; null when it is not there at all. */
	status: number | string | null;
	missing: boolean;
	said: string;
}

/** Mounts the Unix socket `path` on `mountpoint`. Rejects with an Error of one line. */
export async function mount(path: string, mountpoint: string): Promise<Mount> {
	const asRoot = process.getuid?.() === 0;
	const [command, ...args] = asRoot
		? ["mount", "-t", "9p", "-o", "trans=unix,sync,cache=none,access=any", path, mountpoint]
		: ["9pfuse", `unix!${path}`, mountpoint];
	// Lazily: whoever still has files open there keeps what they have until they close them.
	const [undo, ...undoArgs] = asRoot
		? ["umount", "-l", mountpoint]
		: ["fusermount", "-u", "-z", mountpoint];
	const dir = resolved(mountpoint);
	const before = mountsOn(dir);
	const outcome = await run(command as string, args);
	if (outcome.status !== 0) {
		// It may have died after it had mounted. What was there before is not ours to unmount.
		if (mountsOn(dir) > before) await run(undo as string, undoArgs);
		throw new Error(`can't mount on ${mountpoint}: ${reason(outcome, command as string)}`);
	}
	return {
		async unmount() {
			const undone = await run(undo as string, undoArgs);
			if (undone.status === 0) return;
			throw new Error(`can't unmount ${mountpoint}: ${reason(undone, undo as string)}`);
		},
	};
}

// Asked before mounting: afterwards it would be us who had to answer.
function resolved(path: string): string {
	try {
		return realpathSync(path);
	} catch {
		return path;
	}
}

/** How many file systems are mounted on `dir`, as proc(5) tells; 0 where it does not. */
function mountsOn(dir: string): number {
	const octal = (c: string) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`;
	const escaped = dir.replace(/[ \t\n\\]/g, octal);
	try {
		const lines = readFileSync("/proc/self/mounts", "utf8").split("\n");
		return lines.filter((line) => line.split(" ")[1] === escaped).length;
	} catch {
		return 0;
	}
}

function reason(outcome: Outcome, command: string): string {
	if (!outcome.missing) {
		const ended = typeof outcome.status === "string" ? "by" : "with status";
		return outcome.said.trim().split("\n")[0] || `${command} ended ${ended} ${outcome.status}`;
	}
	if (command !== "9pfuse") return `${command} is not installed`;
	return "that takes root, or 9pfuse of plan9port, which is not installed";
}

function run(command: string, args: string[]): Promise<Outcome> {
	return new Promise((resolve) => {
		// In a session of its own: Ctrl-C is for us, who then unmount what it serves.
		const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
		let said = "";
		child.stderr.on("data", (b: Buffer) => {
			said += b.toString();
		});
		child.once("error", () => resolve({ status: null, missing: true, said }));
		child.once("exit", (code, signal) => {
			const status = code ?? signal;
			// What it leaves running has its standard error too, and must not keep us from ending.
			(child.stderr as Socket).unref();
			const end = () => resolve({ status, missing: false, said });
			if (status === 0) return end();
			child.once("close", end);
			setTimeout(end, LAST_WORDS_MS).unref();
		});
	});
}
