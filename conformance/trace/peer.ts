// One socket to the server under test: sends frames, keeps the answers by tag until somebody
// takes them.

import net from "node:net";
import { decode, encode, type Fcall, sizeOf } from "../../src/9p/fcall.gen.ts";
import { Frames } from "../../src/9p/frame.ts";
import type { Address } from "../../src/dial.ts";

const FRAME_LIMIT = 64 << 20;

export class Peer {
	/** What the server did that no server may. */
	faults: string[] = [];
	closed = false;
	readonly frameLimit = FRAME_LIMIT;
	private readonly socket: net.Socket;
	private readonly answers = new Map<number, Fcall[]>();
	private readonly frames = new Frames();
	private wake: () => void = () => {};

	/** Connects; rejects with node's error. */
	static async dial(address: Address): Promise<Peer> {
		const socket = net.connect(
			address.net === "unix"
				? { path: address.path }
				: { port: address.port, host: address.host === "" ? "127.0.0.1" : address.host },
		);
		await new Promise<void>((resolve, reject) => {
			socket.once("connect", resolve);
			socket.once("error", reject);
		});
		return new Peer(socket);
	}

	private constructor(socket: net.Socket) {
		this.socket = socket;
		socket.setNoDelay(true);
		socket.on("data", (b) => {
			if (this.frames.feed(b, 0, b.length, this) < 0) {
				this.faults.push("a frame of impossible size");
				socket.destroy();
			}
			this.wake();
		});
		socket.on("error", () => {}); // "close" follows
		socket.on("close", () => {
			this.closed = true;
			this.wake();
		});
	}

	frame(buf: Buffer, from: number, to: number): boolean {
		const copy = Buffer.from(buf.subarray(from, to));
		const m = decode(copy, 0, copy.length);
		if (m.type === 0) this.faults.push(`?${copy.toString("hex")} ${m.why}`);
		else this.answers.set(m.tag, [...(this.answers.get(m.tag) ?? []), m]);
		return true;
	}

	send(m: Fcall): void {
		const buf = Buffer.alloc(sizeOf(m));
		encode(m, buf, 0);
		this.sendBytes(buf);
	}

	sendBytes(buf: Buffer): void {
		if (!this.socket.destroyed) this.socket.write(buf);
	}

	/** The answer with this tag, if it has come; it is not there afterwards. */
	taken(tag: number): Fcall | undefined {
		const waiting = this.answers.get(tag);
		const first = waiting?.shift();
		if (waiting?.length === 0) this.answers.delete(tag);
		return first;
	}

	/** Waits for the answer with this tag; undefined if it does not come in time or at all. */
	async take(tag: number, timeoutMs: number): Promise<Fcall | undefined> {
		const until = performance.now() + timeoutMs;
		while (!this.answers.has(tag) && !this.closed && performance.now() < until) {
			await this.change(until - performance.now());
		}
		return this.taken(tag);
	}

	/** Answers that nobody took. */
	left(): Fcall[] {
		return [...this.answers.values()].flat();
	}

	/** Ends the connection as a client does, and waits until the server has ended it too. */
	async close(timeoutMs: number): Promise<void> {
		const until = performance.now() + timeoutMs;
		this.socket.end();
		while (!this.closed && performance.now() < until) await this.change(until - performance.now());
		this.socket.destroy();
	}

	/** Ends the connection, and waits for nothing. */
	drop(): void {
		this.socket.destroy();
	}

	private async change(timeoutMs: number): Promise<void> {
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, timeoutMs);
			this.wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
		this.wake = () => {};
	}
}
