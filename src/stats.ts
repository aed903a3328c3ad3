// What a server counts beyond ctl's six columns, and the limits it keeps. Plain data.

import type { SessionLimits } from "./session.ts";

/** Counters since the server began; all only grow. */
export interface Stats {
	/** Messages that a read took. */
	reads: number;
	/** Messages whose write was answered. */
	writes: number;
	/** Bytes of those messages. */
	readBytes: number;
	writeBytes: number;
	flushes: number;
	/** Rests of messages that ended with their fid (CH-9). */
	droppedRests: number;
	/** Messages queued in removed channels that nobody could read any more (EN-4). */
	droppedMessages: number;
	/** Messages answered whose answer never left our buffers (CH-7). */
	lostMessages: number;
	/** Requests answered Rerror. */
	refusals: number;
	/** Connections ever made. */
	connections: number;
}

/** What a server is doing now, beside its counters. */
export interface Snapshot extends Stats {
	openConnections: number;
	/** Files and directories that clients have created and not removed. */
	files: number;
	blockedRequests: number;
	/** Bytes of the messages of blocked writes. */
	blockedBytes: number;
	/** Bytes of queued messages, with what keeping them costs. */
	queuedBytes: number;
	snapshotBytes: number;
	bufferBytes: number;
	/** How late the event loop was, in milliseconds; null when nobody measures it. */
	eventLoopDelayMs: Delay | null;
}

/** Delays since measuring began, in milliseconds. */
export interface Delay {
	p50: number;
	p99: number;
	max: number;
}

/** Every limit there is. Bytes, unless the comment says otherwise. */
export interface Limits extends SessionLimits {
	/** Connections at once (LM-5). */
	connections: number;
	/** Files and directories together (LM-6). */
	files: number;
	/** Largest capacity of a channel, in messages (CT-9). */
	capacity: number;
	/** Messages queued in one channel (LM-1), and the largest message (LM-2). */
	channelBytes: number;
	/** Messages queued in all channels (LM-1). */
	serverBytes: number;
	/** Messages of one connection's blocked writes (LM-3). */
	connectionWriteBytes: number;
	/** Messages of all blocked writes (LM-3). */
	serverWriteBytes: number;
	/** What a connection keeps of messages read in part, before it is handed no others. */
	restBytes: number;
	/** Snapshots of ctl and directories, all fids together (CT-5). */
	snapshotBytes: number;
	/** Replies not yet taken and frames not yet whole, all connections together (LM-7). */
	bufferBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
	msize: 1 << 20,
	fids: 32768,
	requests: 16384,
	unsent: 1 << 20,
	connections: 16384,
	files: 262144,
	capacity: 1 << 20,
	channelBytes: 16 << 20,
	serverBytes: 256 << 20,
	connectionWriteBytes: 16 << 20,
	serverWriteBytes: 256 << 20,
	restBytes: 4 << 20,
	snapshotBytes: 64 << 20,
	bufferBytes: 256 << 20,
};

export function newStats(): Stats {
	return {
		reads: 0,
		writes: 0,
		readBytes: 0,
		writeBytes: 0,
		flushes: 0,
		droppedRests: 0,
		droppedMessages: 0,
		lostMessages: 0,
		refusals: 0,
		connections: 0,
	};
}
