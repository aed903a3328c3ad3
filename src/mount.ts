// Mounting a posted service on Linux: by the kernel for root, by plan9port's 9pfuse for others.
// It runs the commands that do it and undo it, and never waits for them in a way that would keep
// the service, which is this process, from answering.

import { spawn } from "node:child_process";

export interface Mount {
	/** Unmounts. Rejects with an Error of one line. */
	unmount(): Promise<void>;
}

interface Outcome {
	/** Null when a signal ended it, or when it is not there at all. */
	status: number | null;
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
	const outcome = await run(command as string, args);
	if (outcome.status !== 0) {
		// It may have died after it had mounted.
		if (!outcome.missing) await run(undo as string, undoArgs);
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

function reason(outcome: Outcome, command: string): string {
	if (!outcome.missing) {
		return outcome.said.trim().split("\n")[0] || `${command} ended with status ${outcome.status}`;
	}
	if (command !== "9pfuse") return `${command} is not installed`;
	return "that takes root, or 9pfuse of plan9port, which is not installed";
}

function run(command: string, args: string[]): Promise<Outcome> {
	return new Promise((resolve) => {
		const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
		let said = "";
		child.stderr.on("data", (b: Buffer) => {
			said += b.toString();
		});
		child.once("error", () => resolve({ status: null, missing: true, said }));
		child.once("exit", (status) => resolve({ status, missing: false, said }));
	});
}
