// Sockets and bytes: carries the bytes of connections between node:net and the server. What they
// mean it does not know. Output leaves in one write for all that one chunk of input brought about,
// from a buffer that is used again when the kernel took it at once; input comes through one buffer
// that all sockets share.

import net from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Client, type ClientOptions } from "./client.ts";
import type { Conn } from "./conn.ts";
import { type Address, formatDial } from "./dial.ts";
import type { Server } from "./server.ts";
import type { LinuxMode, Tracer } from "./session.ts";

export interface ListenOptions {
	/** Whether its clients are Linux kernels (LX-1). */
	linux?: LinuxMode;
	/** Makes what sees the messages of connection number `id`. */
	tracer?: (id: number) => Tracer;
	/** Hears that connection number `id` has ended. */
	closed?: (id: number) => void;
	/** Milliseconds of silence before TCP asks whether the peer is still there; 0 never asks. */
	keepAliveMs?: number;
	/**
	 * `data` reads by plain 'data' events instead of the shared buffer: slower, and public API only.
	 */
	input?: "onread" | "data";
}

export interface Listener {
	/** Where it listens; a port 0 has become a real one. */
	readonly address: Address;
	/** Stops listening and ends its connections. */
	close(): Promise<void>;
}

const IN = Buffer.allocUnsafeSlow(256 << 10);
const EMPTY = Buffer.alloc(0);
const BACKLOG = 4096;
const CUT_MS = 5000; // a broken connection has this long to take its last replies

/** Serves on `address`. Rejects with node's error when that can't be. */
export async function listen(
	server: Server,
	address: Address,
	options: ListenOptions = {},
): Promise<Listener> {
	const onread = options.input !== "data";
	const links = new Set<Link>();
	const how = { pauseOnConnect: onread, noDelay: true, allowHalfOpen: true };
	const listener = net.createServer(how, (raw) => {
		const link = new Link(server, onread ? adopt(raw) : null, raw, options);
		links.add(link);
		link.socket.on("close", () => links.delete(link));
	});
	await new Promise<void>((resolve, reject) => {
		listener.once("error", reject);
		listener.listen({ ...where(address), backlog: BACKLOG }, resolve);
	});
	const bound = listener.address();
	const real =
		address.net === "tcp" && bound !== null && typeof bound === "object"
			? { ...address, port: bound.port }
			: address;
	return {
		address: real,
		async close() {
			const closed = [new Promise((resolve) => listener.close(resolve))];
			for (const { socket } of links) {
				closed.push(new Promise((resolve) => socket.once("close", resolve)));
				socket.destroy();
			}
			await Promise.all(closed);
		},
	};
}

/** Measures how late the event loop is, for the server's snapshots. Returns what ends it. */
export function watchEventLoop(server: Server): () => void {
	const resolution = 10;
	const delay = monitorEventLoopDelay({ resolution });
	delay.enable();
	// The histogram holds the time between two timers, of which `resolution` is no delay.
	const ms = (ns: number) => Math.max(0, Math.round(ns / 1e4) / 100 - resolution);
	server.eventLoopDelay = () => ({
		p50: ms(delay.percentile(50)),
		p99: ms(delay.percentile(99)),
		max: ms(delay.max),
	});
	return () => {
		delay.disable();
		server.eventLoopDelay = null;
	};
}

/**
 * A client of the server at `address`. Rejects with an Error of one line when none can be reached
 * there.
 */
export async function dial(address: Address, options: ClientOptions = {}): Promise<Client> {
	const socket = net.connect({ ...where(address), noDelay: true } as net.NetConnectOpts);
	await new Promise<void>((resolve, reject) => {
		socket.once("connect", resolve);
		socket.once("error", (e: NodeJS.ErrnoException) => {
			const why = REASONS[e.code ?? ""] ?? e.code ?? e.message;
			reject(new Error(`can't connect to ${formatDial(address)}: ${why}`, { cause: e }));
		});
	});
	return Client.open((to) => {
		let why = "the server closed it";
		socket.on("data", (bytes) => to.receive(bytes));
		socket.on("error", (e) => {
			why = e.message;
		});
		socket.on("close", () => to.lost(why));
		return { send: (bytes) => socket.write(bytes), close: () => socket.destroy() };
	}, options);
}

const REASONS: Readonly<Record<string, string>> = {
	ECONNREFUSED: "nobody listens there",
	ENOENT: "no such socket",
	EACCES: "permission denied",
	ENOTFOUND: "no such host",
};

function where(address: Address): net.ListenOptions {
	if (address.net === "unix") return { path: address.path };
	const { host, port } = address;
	return host === "" ? { port } : { host, port };
}

// One connection's socket.
class Link {
	readonly socket: net.Socket;
	private readonly server: Server;
	private readonly conn: Conn;
	/** A write is under way that the kernel has not taken whole. */
	private writing = false;
	/** Messages in that write. */
	private unsent = 0;
	private paused = false;
	/** The client has sent its last (FIN). */
	private finished = false;

	constructor(server: Server, handle: object | null, raw: net.Socket, options: ListenOptions) {
		this.server = server;
		const { linux, tracer } = options;
		this.conn = server.connect({
			...(linux === undefined ? {} : { linux }),
			...(tracer === undefined ? {} : { trace: tracer(server.stats.connections) }),
		});
		this.conn.onOutput = () => this.send();
		if (handle === null) {
			this.socket = raw;
			raw.on("data", (b) => this.input(b.length, b));
		} else {
			const onread = {
				buffer: IN,
				callback: (n: number, b: Uint8Array) => this.input(n, b as Buffer),
			};
			const how = { handle, onread, allowHalfOpen: true };
			this.socket = new net.Socket(how as net.SocketConstructorOpts);
			this.socket.setNoDelay(true);
		}
		const { socket, conn } = this;
		if (options.keepAliveMs) socket.setKeepAlive(true, options.keepAliveMs);
		socket.on("error", (e) => server.log?.(`connection ${conn.id}: ${e.message}`));
		socket.on("end", () => {
			this.finished = true;
			this.send();
			server.flush();
		});
		socket.on("close", () => {
			server.disconnect(conn, this.unsent);
			server.flush();
			options.closed?.(conn.id);
		});
		if (conn.broken !== null) this.send();
		else if (handle !== null) socket.read(0);
	}

	// False asks node to stop reading.
	private input(n: number, b: Buffer): boolean {
		const { conn, server } = this;
		server.tick(Math.floor(Date.now() / 1000));
		conn.input(b, 0, n);
		server.flush();
		if (conn.broken !== null) this.send();
		this.paused = conn.stalled || conn.broken !== null;
		if (this.paused) this.socket.pause();
		return !this.paused;
	}

	private send(): void {
		const { conn, socket } = this;
		const { out } = conn;
		if (this.writing || socket.destroyed) return;
		if (out.size > 0) {
			const messages = out.messages;
			socket.write(out.buf.subarray(0, out.size));
			this.writing = socket.writableLength > 0;
			if (this.writing) {
				this.unsent = messages;
				// After an error they never left, and are counted at the close (CH-7).
				socket.write(EMPTY, (error) => error || this.written());
			}
			conn.sent(this.writing);
		}
		if (conn.broken !== null) {
			this.server.log?.(`connection ${conn.id} is cut: ${conn.broken}`);
			socket.setTimeout(CUT_MS, () => socket.destroy());
			socket.destroySoon();
		} else if (this.paused && !conn.stalled) {
			this.paused = false;
			socket.resume();
		} else if (this.finished && !this.writing && out.size === 0) {
			// It has had all replies there are; what is blocked still is cancelled (FL-6).
			this.server.disconnect(conn);
			socket.end();
		}
	}

	private written(): void {
		this.writing = false;
		this.unsent = 0;
		this.conn.returned();
		this.send();
		this.server.flush();
	}
}

// Takes over the handle of an accepted socket: node:net lets only the maker of a socket read into a
// buffer of its own. Null where that does not work; then 'data' events do.
function adopt(raw: net.Socket): object | null {
	const holder = raw as unknown as { _handle: object | null };
	const handle = holder._handle;
	if (handle === null || handle === undefined) {
		raw.resume();
		return null;
	}
	holder._handle = null;
	raw.destroy(); // else its server would count it as open for ever, and never close
	return handle;
}
