// The server as a whole: what all connections share, and what comes back when they are gone.

import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { OREAD, OWRITE, type Tread } from "../src/9p/fcall.gen.ts";
import type { Server } from "../src/server.ts";
import { watchEventLoop } from "../src/transport.ts";
import { clunk, flush, read, resize, said, topen, use, version, walk, write } from "./chans.ts";
import { checkLines } from "./lines.ts";
import { newServer, Wire } from "./wire.ts";

function budgets({ store, blockedBytes, snapshotBytes, bufferBytes, blockedRequests }: Server) {
	return { used: store.used, blockedBytes, snapshotBytes, bufferBytes, blockedRequests };
}

const NOTHING = { used: 0, blockedBytes: 0, snapshotBytes: 0, bufferBytes: 0, blockedRequests: 0 };

// A connection, and another whose unsent replies are most of what all may have until `free`.
function crowded() {
	const server = newServer({ limits: { bufferBytes: 60_000 } });
	const [a, hog] = [Wire.attached(server), Wire.attached(server)];
	use(hog, 1, "other");
	resize(server, "other", 99);
	for (const tag of [1, 2, 3, 4, 5, 6]) hog.send(write(tag, 1, "x".repeat(8000)));
	hog.stalled = true;
	hog.send(...[1, 2, 3, 4, 5, 6].map((tag) => read(tag, 1, 8000)));
	const free = () => {
		hog.stalled = false;
		hog.take();
	};
	return { a, free };
}

describe("Server", () => {
	it("FL-6, CH-9, CT-5: has all its memory back when its connections are gone", () => {
		const server = newServer();
		const [a, b] = [Wire.attached(server), Wire.attached(server)];
		use(a, 1);
		use(b, 1);
		resize(server, "c", 1);
		a.send(write(1, 1, "queued"), write(2, 1, "held"));
		b.send(read(1, 1, 1), walk(2, 0, 3, "ctl"), topen(3, 3, OREAD), read(4, 3));
		b.send(walk(5, 0, 4), topen(6, 4, OREAD), read(7, 4));
		a.send(write(4, 1, "more"));
		a.stalled = true;
		a.bytes(Buffer.alloc(3)); // part of a frame
		const busy = budgets(server);
		expect(Object.values(busy).every((n) => n > 0)).toBe(true);
		a.close();
		b.close();
		const last = Wire.attached(server);
		use(last, 1);
		expect(said(last.send(read(1, 1), read(2, 1), flush(3, 2)))).toEqual([
			"1 read held",
			"3 flush",
		]);
		last.close();
		expect(budgets(server)).toEqual(NOTHING);
		expect(server.snapshot()).toMatchObject({ openConnections: 0, files: 1 });
	});

	it("LM-5, LM-7: leaves nothing behind of connections that are turned away", () => {
		const server = newServer({ limits: { connections: 1 } });
		const first = new Wire(server);
		const before = server.bufferBytes;
		for (let i = 0; i < 3; i++) {
			const second = new Wire(server);
			second.take();
			expect(said(second.replies())).toEqual(["65535 error Too many open files in system"]);
			second.close();
		}
		expect(server.bufferBytes).toBe(before);
		first.close();
		expect(server.snapshot()).toMatchObject({ openConnections: 0, bufferBytes: 0, connections: 4 });
	});

	it("FL-6: a connection that ends twice ends once", () => {
		const server = newServer();
		const a = Wire.attached(server);
		a.close();
		server.disconnect(a.conn, 5);
		expect(server.stats.lostMessages).toBe(0);
		a.conn.flush();
		expect(budgets(server)).toEqual(NOTHING);
	});

	it("CH-3, CH-13: hands each event's output on at its end, to all it concerns", () => {
		const server = newServer();
		const wires = Array.from({ length: 4 }, () => Wire.attached(server));
		for (const wire of wires) use(wire, 1);
		const [writer, ...readers] = wires as [Wire, ...Wire[]];
		for (const wire of readers) wire.send(read(1, 1));
		writer.send(write(1, 1, "a"), write(2, 1, "b"), write(3, 1, "c"));
		expect(readers.map((wire) => said(wire.replies()))).toEqual([
			["1 read a"],
			["1 read b"],
			["1 read c"],
		]);
		expect(server.dirty).toEqual([]);
	});

	it("CH-2, LM-4: loses no request of a client that sends on while it takes nothing", () => {
		const server = newServer({ limits: { unsent: 100 } });
		const a = Wire.attached(server);
		use(a, 1);
		resize(server, "c", 99);
		a.stalled = true;
		const letters = "abcdefghijklmnopqrstuvwxyz";
		for (const [i, letter] of [...letters].entries()) {
			const frame = [write(i, 1, letter), read(100 + i, 1)];
			a.send(...frame);
		}
		expect(a.conn.stalled).toBe(true);
		a.stalled = false;
		a.take();
		const got = said(a.replies());
		const reads = got.filter((line) => line.includes("read"));
		expect(reads).toEqual([...letters].map((letter, i) => `${100 + i} read ${letter}`));
		expect(got).toHaveLength(2 * letters.length);
	});

	it("CH-2, LM-7: loses no request when others' buffers made it stall, and then are gone", () => {
		const { a, free } = crowded();
		use(a, 1);
		use(a, 2);
		resize(a.server, "c", 99);
		a.send(...["1", "2", "3", "4"].map((c, i) => write(i, 1, c.repeat(8000))));
		a.stalled = true;
		a.send(read(1, 1, 8000), read(2, 1, 8000), read(3, 1, 8000));
		a.send(read(4, 1, 4000), read(5, 1, 4000));
		expect(a.conn.stalled).toBe(true);
		free();
		expect(a.conn.stalled).toBe(false);
		a.send(read(6, 2, 8000), write(7, 1, "last"));
		a.stalled = false;
		a.take();
		const reads = a.replies().filter((m) => m.type === p9.Rread);
		expect(reads.map((m) => `${m.tag} ${m.data.length} ${m.data[0]}`)).toEqual([
			"1 8000 49",
			"2 8000 50",
			"3 8000 51",
			"4 4000 52",
			"5 4000 52",
			"6 4 108",
		]);
	});

	it("CH-8, LM-7: a rest that such a stall held up goes to the oldest reads first", () => {
		const { a, free } = crowded();
		use(a, 1);
		use(a, 2, "d");
		const writer = Wire.attached(a.server);
		use(writer, 1);
		use(writer, 2, "d");
		a.send(read(1, 2, 7900), read(2, 2, 7900), ...[3, 4, 5].map((tag) => read(tag, 1, 3000)));
		a.stalled = true;
		writer.send(write(1, 2, "d".repeat(7900)), write(2, 2, "d".repeat(7900)));
		writer.send(write(3, 1, "c".repeat(8000)));
		expect(a.conn.stalled).toBe(true);
		free();
		a.send(read(6, 1, 100));
		a.stalled = false;
		a.take();
		const got = a.replies().map((m) => m.type === p9.Rread && [m.tag, m.data.length]);
		expect(got.slice(2)).toEqual([
			[3, 3000],
			[4, 3000],
			[5, 2000],
		]);
	});

	it("FL-5, LM-5: takes a whole table of blocked requests back at once", () => {
		const server = newServer({ limits: { requests: 500 } });
		const a = Wire.attached(server);
		use(a, 1);
		const reads = Array.from({ length: 501 }, (_, tag): Tread => read(tag, 1) as Tread);
		expect(said(a.send(...reads))).toEqual(["500 error Resource temporarily unavailable"]);
		expect(server.blockedRequests).toBe(500);
		a.send(version());
		expect(server.blockedRequests).toBe(0);
	});
});

it("a snapshot says how late the event loop was, while somebody measures it", () => {
	const server = newServer();
	expect(server.snapshot().eventLoopDelayMs).toBe(null);
	const end = watchEventLoop(server);
	expect(Object.keys(server.snapshot().eventLoopDelayMs ?? {})).toEqual(["p50", "p99", "max"]);
	end();
	expect(server.snapshot().eventLoopDelayMs).toBe(null);
});

describe("rests above their limit", () => {
	it("CH-14, LM-8: keep other fids' reads waiting until they are read or dropped", () => {
		const server = newServer({ limits: { restBytes: 3 } });
		const [a, b] = [Wire.attached(server), Wire.attached(server)];
		use(a, 1);
		use(b, 1);
		resize(server, "c", 9);
		use(a, 2);
		use(a, 3, "d", OWRITE);
		use(a, 4, "d", OREAD);
		a.send(write(1, 1, "abcdef"), read(2, 1, 1), read(3, 2), write(4, 3, "z"), read(5, 4));
		expect(said(b.send(write(1, 1, "x")))).toEqual(["1 wrote 1"]);
		expect(said(a.replies())).toEqual([]);
		expect(said(a.send(read(6, 1, 3)))).toEqual(["6 read bcd"]);
		expect(said(a.send(read(7, 1)))).toEqual(["7 read ef", "3 read x", "5 read z", "4 wrote 1"]);
		checkLines(server, [a.conn, b.conn]);
		a.send(write(8, 1, "abcdef"), read(9, 1, 1), read(10, 2));
		b.send(write(1, 1, "y"));
		expect(said(a.send(clunk(11, 1)))).toEqual(["11 clunk", "10 read y"]);
	});
});
