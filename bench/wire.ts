// A client of few bytes and no opinion, for crowds: it writes frames and matches replies by tag.
// It has its own layouts on purpose, so that what measures the server shares no code with it.

import { connect, type Socket } from "node:net";

/** A request under way. `reply` is the body of its answer, or null when a flush took it back. */
export interface Call {
	readonly tag: number;
	readonly reply: Promise<Buffer | null>;
}

/** The requests that crowds need: intro(5) has them all. */
export const Twalk = 110;
export const Topen = 112;
export const Tcreate = 114;
export const Tread = 116;
export const Twrite = 118;
export const Tclunk = 120;
export const Tremove = 122;
export const OREAD = 0;
export const OWRITE = 1;
/** The fid of the root, attached by `dial`. */
export const rootFid = 1;

/** One connection. Everything fails with it. */
export class Wire {
	readonly msize: number;
	readonly #socket: Socket;
	readonly #waiting = new Map<number, Waiting>();
	readonly #freeTags: number[] = [];
	#lastTag = 0;
	#lastFid = rootFid;
	#rest: Buffer = Buffer.alloc(0);

	/** Connects, agrees on a version and attaches the root. */
	static async dial(port: number, msize = 65536): Promise<Wire> {
		const socket = connect(port, "127.0.0.1").setNoDelay(true);
		await new Promise((resolve, reject) => {
			socket.once("connect", resolve);
			socket.once("error", reject);
		});
		const wire = new Wire(socket, msize);
		await wire.#start(Tversion, NOTAG, u32(msize), text("9P2000")).reply;
		await wire.ask(Tattach, u32(rootFid), u32(NOFID), text("bench"), text(""));
		return wire;
	}

	private constructor(socket: Socket, msize: number) {
		this.msize = msize;
		this.#socket = socket;
		socket.on("data", (chunk) => this.#data(chunk));
		socket.on("error", () => {});
		socket.on("close", () => this.#lost());
	}

	/** Sends a request, its body in parts. The reply rejects with the Rerror's string. */
	start(type: number, ...body: readonly Uint8Array[]): Call {
		return this.#start(type, this.#freeTags.pop() ?? ++this.#lastTag, ...body);
	}

	/** Sends a request that nobody flushes and waits for its reply. */
	async ask(type: number, ...body: readonly Uint8Array[]): Promise<Buffer> {
		return (await this.start(type, ...body).reply) ?? Buffer.alloc(0);
	}

	/** Takes a request back; its own reply comes first, if it comes at all (flush(5)). */
	async flush(tag: number): Promise<void> {
		const waiting = this.#waiting.get(tag);
		if (waiting === undefined) return;
		// the tag is not free before Rflush, even if the reply came first
		waiting.flushed = true;
		await this.ask(Tflush, u16(tag));
		if (this.#waiting.delete(tag)) waiting.resolve(null);
		this.#freeTags.push(tag);
	}

	/** A new fid for a file in the root, opened. */
	async open(name: string, mode: number): Promise<number> {
		const fid = this.newFid();
		await this.ask(Twalk, u32(rootFid), u32(fid), u16(1), text(name));
		await this.ask(Topen, u32(fid), Uint8Array.of(mode));
		return fid;
	}

	/** Makes a channel in the root. */
	async create(name: string): Promise<void> {
		const fid = this.newFid();
		await Promise.all([
			this.ask(Twalk, u32(rootFid), u32(fid), u16(0)),
			this.ask(Tcreate, u32(fid), text(name), u32(0o666), Uint8Array.of(OREAD)),
			this.ask(Tclunk, u32(fid)),
		]);
	}

	newFid(): number {
		return ++this.#lastFid;
	}

	/** Drops the connection as a client that died would. */
	die(): void {
		this.#socket.resetAndDestroy();
	}

	#start(type: number, tag: number, ...body: readonly Uint8Array[]): Call {
		const size = 7 + body.reduce((sum, part) => sum + part.length, 0);
		const reply = new Promise<Buffer | null>((resolve, reject) => {
			this.#waiting.set(tag, { type, flushed: false, resolve, reject });
		});
		this.#socket.cork();
		this.#socket.write(Buffer.concat([u32(size), Uint8Array.of(type), u16(tag), ...body]));
		process.nextTick(() => this.#socket.uncork());
		return { tag, reply };
	}

	#data(chunk: Buffer): void {
		const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
		let at = 0;
		while (data.length - at >= 7) {
			const end = at + data.readUInt32LE(at);
			if (end > data.length) break;
			this.#reply(data.readUInt8(at + 4), data.readUInt16LE(at + 5), data.subarray(at + 7, end));
			at = end;
		}
		this.#rest = data.subarray(at);
	}

	#reply(type: number, tag: number, body: Buffer): void {
		const waiting = this.#waiting.get(tag);
		if (waiting === undefined) throw new Error(`a reply with tag ${tag}, which nobody waits for`);
		this.#waiting.delete(tag);
		if (!waiting.flushed && tag !== NOTAG) this.#freeTags.push(tag);
		if (type === waiting.type + 1) waiting.resolve(body);
		else if (type === Rerror) waiting.reject(new Error(body.toString("utf8", 2)));
		else waiting.reject(new Error(`type ${waiting.type} answered with type ${type}`));
	}

	#lost(): void {
		for (const { reject } of this.#waiting.values()) reject(new Error("connection lost"));
		this.#waiting.clear();
	}
}

export function u16(value: number): Buffer {
	const b = Buffer.allocUnsafe(2);
	b.writeUInt16LE(value);
	return b;
}

export function u32(value: number): Buffer {
	const b = Buffer.allocUnsafe(4);
	b.writeUInt32LE(value);
	return b;
}

export function u64(value: number): Buffer {
	const b = Buffer.allocUnsafe(8);
	b.writeBigUInt64LE(BigInt(value));
	return b;
}

/** A string as 9P writes it: its length in bytes first. */
export function text(value: string): Buffer {
	const b = Buffer.from(value);
	return Buffer.concat([u16(b.length), b]);
}

interface Waiting {
	readonly type: number;
	flushed: boolean;
	readonly resolve: (body: Buffer | null) => void;
	readonly reject: (error: Error) => void;
}

const Tversion = 100;
const Tattach = 104;
const Rerror = 107;
const Tflush = 108;
const NOTAG = 0xffff;
const NOFID = 0xffffffff;
