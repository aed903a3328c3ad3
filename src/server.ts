// A server of channels, without sockets and without a clock: it makes connections, hands their
// output on at the end of each event, and is told the time.

import { Enfile } from "./9p/errors.ts";
import { Conn } from "./conn.ts";
import type { Flushable, Host } from "./host.ts";
import { RequestPool } from "./request.ts";
import type { LinuxMode, Tracer } from "./session.ts";
import { DEFAULT_LIMITS, type Delay, type Limits, newStats, type Snapshot } from "./stats.ts";
import { Store } from "./store.ts";
import { Tree } from "./tree.ts";

export interface ServerOptions {
	/** Who owns the root and ctl. */
	uname?: string;
	/** Seconds since the epoch, to begin with; `tick` tells the time later. */
	now?: number;
	limits?: Partial<Limits>;
	/** Hears one line for each thing worth knowing (`-d`). */
	log?: (line: string) => void;
}

export interface ConnOptions {
	linux?: LinuxMode;
	trace?: Tracer;
}

export class Server implements Host {
	readonly limits: Limits;
	readonly stats = newStats();
	readonly requests = new RequestPool();
	readonly store: Store;
	readonly tree: Tree;
	readonly dirty: Flushable[] = [];
	readonly log: ((line: string) => void) | null;
	now: number;
	blockedBytes = 0;
	snapshotBytes = 0;
	bufferBytes = 0;
	blockedRequests = 0;
	/** Measures the event loop, for `snapshot`; whoever has a clock sets it. */
	eventLoopDelay: (() => Delay) | null = null;
	private readonly conns = new Set<Conn>();

	constructor(options: ServerOptions = {}) {
		this.limits = { ...DEFAULT_LIMITS, ...options.limits };
		this.now = options.now ?? 0;
		this.log = options.log ?? null;
		this.store = new Store(this.limits.serverBytes);
		this.tree = new Tree(options.uname ?? "none", this.now, this.store, this.limits);
	}

	/** A new connection; one too many is turned away, and broken from the start (LM-5). */
	connect(options: ConnOptions = {}): Conn {
		const id = this.stats.connections++;
		const conn = new Conn(this, id, options.linux ?? "auto", options.trace ?? null);
		this.log?.(`connection ${id} is open`);
		if (this.conns.size >= this.limits.connections) conn.turnAway(Enfile);
		else this.conns.add(conn);
		return conn;
	}

	/** The connection is gone; `unsent` messages were handed over to send but never left. */
	disconnect(conn: Conn, unsent = 0): void {
		if (this.conns.delete(conn)) this.log?.(`connection ${conn.id} is gone`);
		conn.close(unsent);
	}

	/** Seconds since the epoch, told once a second. */
	tick(now: number): void {
		if (now !== this.now && this.bufferBytes > this.limits.bufferBytes) {
			for (const conn of this.conns) conn.trim();
		}
		this.now = now;
	}

	/** Hands all output on. Whoever brings an event calls it once, at the event's end. */
	flush(): void {
		// Room made by one flush may bring output to connections that come later in the list.
		for (let i = 0; i < this.dirty.length; i++) this.dirty[i]?.flush();
		this.dirty.length = 0;
	}

	/** What there is now and what has been, for people and for metrics. */
	snapshot(): Snapshot {
		return {
			...this.stats,
			openConnections: this.conns.size,
			files: this.tree.size,
			blockedRequests: this.blockedRequests,
			blockedBytes: this.blockedBytes,
			queuedBytes: this.store.used,
			snapshotBytes: this.snapshotBytes,
			bufferBytes: this.bufferBytes,
			eventLoopDelayMs: this.eventLoopDelay?.() ?? null,
		};
	}
}

/** A server whose tree holds only `ctl`. */
export function createServer(options: ServerOptions = {}): Server {
	return new Server(options);
}
