// Looks into channels: nothing may wait beside what it waits for.

import { IOHDRSZ } from "../src/9p/fcall.gen.ts";
import type { Conn } from "../src/conn.ts";
import type { Line, Linked } from "../src/line.ts";
import type { Request } from "../src/request.ts";
import type { Server } from "../src/server.ts";
import { MESSAGE_OVERHEAD, type Message } from "../src/store.ts";

/** A channel's lines, which are its own affair otherwise. */
export interface Inside {
	readonly capacity: number;
	readonly bytes: number;
	readonly queue: Line<Message>;
	readonly readers: Line<Request>;
	readonly writers: Line<Request>;
}

/** Members of a line, first to last. */
export function membersOf<T extends Linked>(line: Line<T>): T[] {
	const members: T[] = [];
	for (let x = line.first; x !== null; x = x.next as T | null) members.push(x);
	return members;
}

/** Throws if somebody waits without need, or a connection that takes nothing stands in line. */
export function checkLines(server: Server, conns: readonly Conn[]): void {
	for (const file of server.tree.channels()) {
		const chan = file.chan as unknown as Inside;
		const where = `/${file.name}`;
		const { queue, readers, writers, capacity, bytes } = chan;
		must(
			readers.length === 0 || (queue.length === 0 && writers.length === 0),
			`${where}: a reader waits beside a message`,
		);
		const w = writers.first;
		if (w !== null) {
			const full =
				queue.length >= capacity ||
				bytes + w.count > server.limits.channelBytes ||
				server.store.used + w.count + MESSAGE_OVERHEAD > server.limits.serverBytes;
			must(full, `${where}: a writer waits beside room`);
		}
		const held = membersOf(queue).reduce((sum, m) => sum + m.size, 0);
		must(held === bytes, `${where}: ${bytes} bytes counted, ${held} there`);
		for (const conn of conns) {
			const inLine = membersOf(readers).some((r) => r.by === conn);
			must(!(inLine && conn.stalled), `${where}: a stalled connection stands in line`);
		}
	}
	const sum = conns.reduce((n, conn) => n + inside(conn).blockedBytes, 0);
	must(sum === server.blockedBytes, `${sum} bytes held, ${server.blockedBytes} counted`);
	for (const conn of conns) checkParked(conn, server);
}

interface InsideConn {
	readonly parked: number;
	readonly blockedBytes: number;
	readonly restBytes: number;
	readonly tags: { all(): Request[] };
}

function inside(conn: Conn): InsideConn {
	return conn as unknown as InsideConn;
}

// A waiting read that stands in no line waits for its client, or for its client to read its rests
// (CH-14).
function checkParked(conn: Conn, server: Server): void {
	const { parked, restBytes, tags } = inside(conn);
	const reads = tags.all().filter((r) => r.reads);
	const why = conn.stalled ? 2 : restBytes > server.limits.restBytes ? 1 : 0;
	must(parked === why, `parked ${parked}, stalled ${conn.stalled}, ${restBytes} bytes of rests`);
	must(
		reads.every((r) => (r.line === null) === parked > 0),
		"a read out of line",
	);
	must(!reads.some((r) => r.fid.rest !== null) || conn.stalled, "a read waits beside its rest");
	must(conn.out.size <= server.limits.unsent + 2 * (conn.msize + IOHDRSZ), "too much output");
}

function must(truth: boolean, otherwise: string): asserts truth {
	if (!truth) throw new Error(otherwise);
}
