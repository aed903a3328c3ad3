// A client's end of a real socket, for what our own client never does: it sends any bytes, leaves
// replies unread, and hangs up as a test wants.

import net from "node:net";
import { decode, type Fcall, NOFID, NOTAG, Tattach, Tversion } from "../src/9p/fcall.gen.ts";
import { Frames } from "../src/9p/frame.ts";
import type { Address } from "../src/dial.ts";
import { frame } from "./wire.ts";

const FRAME_LIMIT = 1 << 20;

export class RawSocket {
	readonly socket: net.Socket;
	readonly replies: Fcall[] = [];
	/** Resolves when the server has ended, or the connection. */
	readonly ended: Promise<void>;
	private readonly frames = new Frames();
	private readonly waiting: (() => void)[] = [];

	private constructor(address: Address) {
		const where =
			address.net === "unix" ? { path: address.path } : { host: address.host, port: address.port };
		this.socket = net.connect({ ...where, allowHalfOpen: true });
		this.ended = new Promise((resolve) => {
			this.socket.once("end", resolve).once("close", () => resolve());
		});
		this.socket.on("error", () => {});
	}

	/** Connected; it reads nothing before `read`. */
	static async connect(address: Address): Promise<RawSocket> {
		const raw = new RawSocket(address);
		await new Promise((resolve) => raw.socket.once("connect", resolve));
		return raw;
	}

	/** Connected, with a session and fid 0 on the root. */
	static async attached(address: Address, msize = 8192): Promise<RawSocket> {
		const raw = await RawSocket.connect(address);
		raw.read();
		raw.send(...hello(msize));
		await raw.until(2);
		return raw;
	}

	/** Takes replies from now on. */
	read(): void {
		const sink = {
			frameLimit: FRAME_LIMIT,
			frame: (buf: Buffer, from: number, to: number) => {
				const m = decode(Buffer.from(buf.subarray(from, to)), 0, to - from);
				if (m.type === 0) throw new Error(`the server sent nonsense: ${m.why}`);
				this.replies.push(m);
				return true;
			},
		};
		this.socket.on("data", (bytes) => {
			this.frames.feed(bytes, 0, bytes.length, sink);
			for (const check of this.waiting) check();
		});
	}

	/** Takes no replies until told to `resume`. */
	pause(): void {
		this.socket.pause();
	}

	resume(): void {
		this.socket.resume();
	}

	send(...messages: Fcall[]): void {
		this.socket.write(Buffer.concat(messages.map(frame)));
	}

	/** Waits until there have been so many replies. */
	until(count: number): Promise<void> {
		return new Promise((resolve) => {
			const check = () => {
				if (this.replies.length >= count) resolve();
			};
			this.waiting.push(check);
			check();
		});
	}
}

/** What begins a session; fid 0 is then on the root. */
export function hello(msize: number): Fcall[] {
	return [
		{ type: Tversion, tag: NOTAG, msize, version: "9P2000" },
		{ type: Tattach, tag: 1, fid: 0, afid: NOFID, uname: "glenda", aname: "" },
	];
}

/** Waits until `is` is so, looking again and again. */
export async function until(is: () => boolean): Promise<void> {
	while (!is()) await new Promise((resolve) => setTimeout(resolve, 1));
}
