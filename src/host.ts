// What the connections of one server share. Types only.

import type { RequestPool } from "./request.ts";
import type { Limits, Stats } from "./stats.ts";
import type { Store } from "./store.ts";
import type { Tree } from "./tree.ts";

/** One that may have output to hand over. */
export interface Flushable {
	flush(): void;
}

export interface Host {
	readonly tree: Tree;
	readonly store: Store;
	readonly requests: RequestPool;
	readonly limits: Limits;
	readonly stats: Stats;
	/** Seconds since the epoch. */
	readonly now: number;
	/** Connections with output, once each. */
	readonly dirty: Flushable[];
	/** Bytes of all blocked writes (LM-3). */
	blockedBytes: number;
	/** Bytes of all snapshots (CT-5). */
	snapshotBytes: number;
	/** Bytes of all connections' buffers (LM-7). */
	bufferBytes: number;
	/** Requests that wait. */
	blockedRequests: number;
	/** Says what the server does, for `-d`; null when nobody listens. */
	readonly log: ((line: string) => void) | null;
}
