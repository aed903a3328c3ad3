// What all connections' buffers may take together, and what becomes of each when that is too much.

import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { Talk } from "./talk.ts";
import { frame, newServer, Wire } from "./wire.ts";

const STAT = frame({ type: p9.Tstat, tag: 5, fid: 0 });
const SMALL = 16 << 10;

/** A connection of msize 64 KiB to a server whose buffers may take `bufferBytes`. */
function connect(server = newServer({ limits: { bufferBytes: 100_000 } })): Wire {
	const wire = new Wire(server);
	wire.send({ type: p9.Tversion, tag: p9.NOTAG, msize: 65536, version: "9P2000" });
	wire.send({ type: p9.Tattach, tag: 1, fid: 0, afid: p9.NOFID, uname: "bob", aname: "" });
	return wire;
}

/** Leaves so many bytes of replies with a connection. */
function fill(wire: Wire, bytes: number): void {
	wire.stalled = true;
	while (wire.conn.out.size < bytes && !wire.conn.stalled) wire.bytes(STAT);
}

/** The first bytes of a frame of 60,000. */
function unfinished(have: number): Buffer {
	const buf = Buffer.alloc(have);
	buf.writeUInt32LE(60_000, 0);
	buf[4] = p9.Twrite;
	return buf;
}

const begun = new Set<Wire>();

/** More of a frame of 60,000, but not all of it: its beginning, or a little. */
function unfinishedMore(wire: Wire): Buffer {
	const first = !begun.has(wire);
	begun.add(wire);
	return first ? unfinished(SMALL + 1) : Buffer.alloc(100);
}

describe("buffers of all connections", () => {
	it("LM-7: below the limit replies wait and frames grow", () => {
		const wire = connect();
		fill(wire, 40_000);
		expect(wire.conn.stalled).toBe(false);
		const other = connect(wire.server);
		other.bytes(unfinished(20_000));
		expect(other.conn.broken).toBe(null);
		expect(other.bytes(Buffer.alloc(40_000))).toHaveLength(1);
	});

	it("LM-7: beyond it a connection is left unread with little unsent", () => {
		const one = connect();
		const two = connect(one.server);
		fill(one, 60_000);
		fill(two, 30_000);
		// More than the limit in all, so neither is read with more than a little unsent.
		expect(one.server.bufferBytes).toBeGreaterThan(one.server.limits.bufferBytes - 40_000);
		fill(two, 200_000);
		expect(two.conn.stalled).toBe(true);
		expect(one.conn.stalled).toBe(true);
		expect(two.conn.out.size).toBeLessThan(70_000);
		const three = connect(one.server);
		fill(three, 200_000);
		expect(three.conn.out.size).toBeGreaterThan(SMALL);
		expect(three.conn.out.size).toBeLessThan(SMALL + 100);
		// Its client takes what there is, and it goes on.
		three.stalled = false;
		three.take();
		three.replies();
		expect(three.bytes(STAT)).toMatchObject([{ type: p9.Rstat }]);
		// So do the others once there is room again.
		one.stalled = false;
		one.take();
		two.stalled = false;
		two.take();
		one.replies();
		expect(one.bytes(STAT)).toMatchObject([{ type: p9.Rstat }]);
	});

	it("LM-7: one whose unfinished frame is more than little is closed, and only that", () => {
		const one = connect();
		fill(one, 200_000);
		while (one.server.bufferBytes <= 100_000) fill(connect(one.server), 30_000);
		const little = connect(one.server);
		little.bytes(unfinished(SMALL));
		expect(little.conn.broken).toBe(null);
		const much = connect(one.server);
		much.bytes(unfinished(SMALL + 1));
		expect(much.conn.broken).not.toBe(null);
		expect(one.conn.broken).toBe(null);
		const whole = connect(one.server);
		const write = { type: p9.Twrite, tag: 5, fid: 0, offset: 0n, data: Buffer.alloc(60_000) };
		expect(whole.send(write as p9.Fcall)).toMatchObject([{ ename: "bad use of fid" }]);
	});

	it("LM-7: no more are closed than it takes", () => {
		const slow = connect();
		const all = [slow];
		while (all.every((w) => w.conn.broken === null)) {
			all.push(connect(slow.server));
			for (const w of all) if (w.conn.broken === null) w.bytes(unfinishedMore(w));
		}
		expect(all.filter((w) => w.conn.broken !== null)).toHaveLength(1);
	});

	it("LM-7: what the transport could not send yet counts until it has left", () => {
		const one = connect();
		const before = one.server.bufferBytes;
		fill(one, 60_000);
		one.conn.sent(true);
		expect(one.server.bufferBytes).toBeGreaterThan(before + 60_000);
		fill(one, 40_000);
		// Both together are more than the limit.
		expect(one.conn.stalled).toBe(true);
		expect(one.conn.out.size).toBeLessThan(40_000);
		one.conn.returned();
		expect(one.server.bufferBytes).toBeLessThan(before + 66_000);
		expect(one.conn.stalled).toBe(false);
		one.conn.sent(true);
		one.close();
		one.conn.returned();
		expect(one.server.bufferBytes).toBe(0);
	});

	it("LM-7: what a connection had is free when it ends", () => {
		const one = connect();
		fill(one, 60_000);
		connect(one.server).bytes(unfinished(500));
		const three = new Talk(one.server);
		expect(one.server.snapshot().bufferBytes).toBeGreaterThan(60_000);
		for (const wire of [one, three.wire]) wire.close();
		expect(one.server.bufferBytes).toBeLessThan(3000);
	});

	it("LM-7: what idle connections keep for later is given up within a second", () => {
		const { server } = connect();
		const idle = Array.from({ length: 6 }, () => {
			const wire = connect(server);
			fill(wire, 12_000);
			wire.stalled = false;
			wire.take();
			wire.replies();
			return wire;
		});
		for (let i = 0; i < 10; i++) connect(server);
		expect(server.bufferBytes).toBeGreaterThan(100_000);
		server.tick(server.now + 1);
		expect(server.bufferBytes).toBeLessThan(10_000);
		const late = connect(server);
		late.bytes(unfinished(20_000));
		expect(late.conn.broken).toBe(null);
		for (const wire of idle) expect(wire.bytes(STAT)).toHaveLength(1);
	});
});
