// A server in memory, and connections to it that speak decoded messages: what is sent is answered
// before `send` returns, or it is blocked.

import { u32 } from "../src/9p/bytes.ts";
import * as p9 from "../src/9p/fcall.gen.ts";
import { decode, encode, type Fcall, NOFID, NOTAG, sizeOf } from "../src/9p/fcall.gen.ts";
import type { Conn } from "../src/conn.ts";
import { type ConnOptions, createServer, type Server, type ServerOptions } from "../src/server.ts";

export const UNAME = "glenda";
export const MSIZE = 8192;

/** A server at second 1000 that belongs to UNAME. */
export function newServer(options: ServerOptions = {}): Server {
	return createServer({ uname: UNAME, now: 1000, ...options });
}

/** The bytes of a message. */
export function frame(m: Fcall): Buffer {
	const buf = Buffer.alloc(sizeOf(m));
	encode(m, buf, 0);
	return buf;
}

export class Wire {
	readonly server: Server;
	readonly conn: Conn;
	/** While true nothing is taken of what the server has to say. */
	stalled = false;
	private got: Fcall[] = [];

	constructor(server: Server, options: ConnOptions = {}) {
		this.server = server;
		this.conn = server.connect(options);
		this.conn.onOutput = () => this.take();
	}

	/** A connection with a session and fid 0 on the root. */
	static attached(server: Server, uname = UNAME, options: ConnOptions = {}): Wire {
		const wire = new Wire(server, options);
		wire.send({ type: p9.Tversion, tag: NOTAG, msize: MSIZE, version: "9P2000" });
		// Tag 1: a first attach with tag 0 and fid 0 would look like Linux (LX-1).
		wire.send({ type: p9.Tattach, tag: 1, fid: 0, afid: NOFID, uname, aname: "" });
		return wire;
	}

	/** Sends messages in one chunk; the replies there are now, to these and earlier ones. */
	send(...messages: Fcall[]): Fcall[] {
		return this.bytes(Buffer.concat(messages.map(frame)));
	}

	/** Sends raw bytes. */
	bytes(buf: Buffer): Fcall[] {
		this.conn.input(buf, 0, buf.length);
		this.server.flush();
		return this.replies();
	}

	/** Replies that have come since the last call. */
	replies(): Fcall[] {
		const got = this.got;
		this.got = [];
		return got;
	}

	/** Takes what waits, after `stalled`. */
	take(): void {
		while (!this.stalled && this.conn.out.size > 0) {
			const buf = Buffer.from(this.conn.out.buf.subarray(0, this.conn.out.size));
			this.conn.sent(false);
			for (let at = 0; at < buf.length; at += u32(buf, at)) {
				const m = decode(buf, at, at + u32(buf, at));
				if (m.type === 0) throw new Error(`the server sent nonsense: ${m.why}`);
				this.got.push(m);
			}
		}
	}

	/** The connection is lost. */
	close(): void {
		this.server.disconnect(this.conn);
		this.server.flush();
	}
}
