// Servers for the client to talk to without sockets: a real one in memory, and one that says only
// what a test makes it say.

import { u32 } from "../src/9p/bytes.ts";
import * as p9 from "../src/9p/fcall.gen.ts";
import {
	decode,
	type Fcall,
	NOTAG,
	OREAD,
	OWRITE,
	Rversion,
	type Tmessage,
	Tversion,
} from "../src/9p/fcall.gen.ts";
import type { Calls, Pipe } from "../src/calls.ts";
import { Client, type ClientOptions } from "../src/client.ts";
import type { Conn } from "../src/conn.ts";
import type { Server } from "../src/server.ts";
import { frame, MSIZE } from "./wire.ts";

/** A client of `server`, and the server's side of its connection. */
export async function clientOf(
	server: Server,
	options: ClientOptions = {},
): Promise<{ client: Client; conn: Conn }> {
	const conn = server.connect();
	const client = await Client.open((to) => pipeTo(server, conn, to), { msize: MSIZE, ...options });
	return { client, conn };
}

function pipeTo(server: Server, conn: Conn, to: Calls): Pipe {
	const take = () => {
		while (conn.out.size > 0) {
			const bytes = Buffer.from(conn.out.buf.subarray(0, conn.out.size));
			conn.sent(false);
			to.receive(bytes);
		}
		if (conn.broken !== null) to.lost("cut");
	};
	conn.onOutput = take;
	return {
		send(bytes) {
			conn.input(bytes as Buffer, 0, bytes.length);
			server.flush();
			if (conn.broken !== null) take();
		},
		close() {
			server.disconnect(conn);
			server.flush();
		},
	};
}

/** A server that answers nothing but Tversion by itself. */
export class Script {
	client!: Client;
	closed = false;
	/** Hears of each request. */
	onRequest: (m: Tmessage) => void = () => {};
	private got: Tmessage[] = [];
	private to!: Calls;

	static async open(options: ClientOptions = {}, version = "9P2000"): Promise<Script> {
		const script = new Script();
		script.onRequest = (m) => {
			if (m.type !== Tversion) return;
			script.reply({ type: Rversion, tag: NOTAG, msize: m.msize, version });
		};
		script.client = await Client.open((to) => script.pipe(to), { msize: MSIZE, ...options });
		script.requests();
		return script;
	}

	/** The requests since the last call. */
	requests(): Tmessage[] {
		const got = this.got;
		this.got = [];
		return got;
	}

	reply(...messages: Fcall[]): void {
		this.bytes(Buffer.concat(messages.map(frame)));
	}

	bytes(buf: Uint8Array): void {
		this.to.receive(buf);
	}

	pipe(to: Calls): Pipe {
		this.to = to;
		return {
			send: (bytes) => {
				if (u32(bytes, 0) !== bytes.length) throw new Error("one frame at a time, please");
				const m = decode(bytes, 0, bytes.length) as Tmessage;
				this.got.push(m);
				this.onRequest(m);
			},
			close: () => {
				this.closed = true;
			},
		};
	}
}

/** A Tread of fid 1. */
export function tread(count: number) {
	return { type: p9.Tread, fid: 1, offset: 0n, count } as const;
}

/** A Twrite to fid 1. */
export function twrite(data: string) {
	return { type: p9.Twrite, fid: 1, offset: 0n, data: Buffer.from(data) } as const;
}

/** What bytes say. */
export function text(data: Uint8Array | null): string {
	return data === null ? "nothing" : Buffer.from(data).toString();
}

/** A new channel, open for writing by one fid and for reading by another. */
export async function channel(client: Client) {
	const writer = await client.attach("glenda");
	const reader = await writer.walk("");
	await writer.create("pipeline", 0o666, OWRITE);
	const there = await reader.walk("pipeline");
	await there.open(OREAD);
	return { reader: there, writer };
}
