/**
 * One guest: a QEMU process with two serial ports, the first its console, the second the protocol.
 * It knows nothing of scenarios. KVM is never used: it exists on machines where it hangs.
 */
import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync, type WriteStream } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { child } from "./child.ts";
import { consoleTrouble, type GuestLine, lineCutter, parseLine, type Trouble } from "./protocol.ts";

const QEMU = "qemu-system-x86_64";

/** Whether QEMU is there. */
export function haveQemu(): boolean {
	return spawnSync(QEMU, ["--version"]).status === 0;
}

/** What became of a guest while one waited for its next line. */
export type GuestEvent =
	| { readonly kind: "line"; readonly line: GuestLine }
	| { readonly kind: "trouble"; readonly trouble: Trouble }
	| { readonly kind: "gone"; readonly why: string }
	| { readonly kind: "timeout" };

/** A running guest. Its console, and the protocol, are in the file `log`. */
export class Guest {
	readonly log: string;
	readonly #folder: string;
	readonly #qemu: ChildProcess;
	readonly #port: Server;
	readonly #file: WriteStream;
	readonly #events: GuestEvent[] = [];
	#peer: Socket | undefined;
	#wake: (() => void) | undefined;

	private constructor(folder: string, log: string, port: Server, args: readonly string[]) {
		this.#folder = folder;
		this.log = log;
		this.#port = port;
		this.#file = createWriteStream(log);
		port.on("connection", (socket) => {
			this.#peer = socket.setEncoding("utf8");
			socket.on(
				"data",
				lineCutter((s) => this.#protocol(s)),
			);
			socket.on("error", () => {});
		});
		this.#qemu = child(QEMU, args);
		for (const stream of [this.#qemu.stdout, this.#qemu.stderr]) {
			stream?.setEncoding("utf8").on(
				"data",
				lineCutter((s) => this.#console(s)),
			);
		}
		this.#qemu.on("error", (e) => this.#push({ kind: "gone", why: `${QEMU}: ${e.message}` }));
		this.#qemu.on("exit", (code, signal) => {
			this.#push({ kind: "gone", why: `QEMU ended: ${signal ?? `status ${code}`}` });
		});
	}

	/** Starts a guest from a kernel image (compressed or not) and the path of its initramfs. */
	static async boot(kernel: string, initrd: string, log: string): Promise<Guest> {
		const folder = mkdtempSync(join(tmpdir(), "dchan-guest-"));
		const path = join(folder, "port");
		const port = createServer().listen(path);
		await once(port, "listening");
		return new Guest(folder, log, port, [
			..."-accel tcg -cpu max -m 512 -display none -monitor none -no-reboot".split(" "),
			..."-nic user,model=virtio-net-pci -serial stdio".split(" "),
			...["-chardev", `socket,id=port,path=${path}`, "-serial", "chardev:port"],
			..."-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on".split(" "),
			...["-kernel", kernel, "-initrd", initrd],
			...["-append", "console=ttyS0 quiet panic=-1 oops=panic loglevel=4 nokaslr"],
		]);
	}

	/** Sends a line to the guest's init or script. */
	send(line: string): void {
		this.#file.write(`> ${line}\n`);
		this.#peer?.write(`${line}\n`);
	}

	/** The next thing to happen; `timeout` when nothing does before `deadlineMs` (as Date.now). */
	async next(deadlineMs: number): Promise<GuestEvent> {
		while (true) {
			const event = this.#events.shift();
			if (event !== undefined) return event;
			const left = deadlineMs - Date.now();
			if (left <= 0) return { kind: "timeout" };
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, left);
				this.#wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
	}

	/** Ends QEMU, whatever the guest is doing, and lets go of its files but the log. */
	async stop(): Promise<void> {
		if (this.#qemu.exitCode === null && this.#qemu.signalCode === null && this.#qemu.pid) {
			const ended = once(this.#qemu, "exit");
			this.#qemu.kill("SIGKILL");
			await ended;
		}
		this.#peer?.destroy();
		this.#port.close();
		await new Promise<void>((resolve) => this.#file.end(resolve));
		rmSync(this.#folder, { recursive: true, force: true });
	}

	#protocol(text: string): void {
		this.#file.write(`< ${text}\n`);
		this.#push({ kind: "line", line: parseLine(text) });
	}

	#console(text: string): void {
		this.#file.write(`${text}\n`);
		const trouble = consoleTrouble(text);
		if (trouble !== undefined) this.#push({ kind: "trouble", trouble });
	}

	#push(event: GuestEvent): void {
		this.#events.push(event);
		this.#wake?.();
	}
}
