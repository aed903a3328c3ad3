// Every limit: what is possible at it, and what happens one past it.

import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { DMDIR, ORDWR, OWRITE } from "../src/9p/fcall.gen.ts";
import type { Limits } from "../src/stats.ts";
import { MESSAGE_OVERHEAD } from "../src/store.ts";
import { Talk } from "./talk.ts";
import { frame, newServer, Wire } from "./wire.ts";

const DIR = (DMDIR | 0o777) >>> 0;

/** A connection, and channels of capacity 100. */
function talk(limits: Partial<Limits>, ...channels: string[]): Talk {
	const c = new Talk(newServer({ limits }));
	c.mkchan(...channels);
	for (const path of channels) c.write(c.opened("/ctl", OWRITE), `${path} 100`);
	return c;
}

/** Writes n bytes; whether that was answered at once. */
function accepts(c: Talk, fid: number, n: number, fill = "x"): boolean {
	const tag = c.start({ type: p9.Twrite, fid, offset: 0n, data: Buffer.alloc(n, fill) });
	const replies = c.wire.replies();
	if (replies.length === 0) return false;
	expect(replies).toEqual([{ type: p9.Rwrite, tag, count: n }]);
	return true;
}

/** Reads; how many bytes came, and how many writes were answered because of it. */
function take(c: Talk, fid: number): [size: number, answered: number] {
	const tag = c.start({ type: p9.Tread, fid, offset: 0n, count: 8168 });
	const replies = c.wire.replies();
	const r = replies.find((m) => m.tag === tag);
	if (r?.type !== p9.Rread) throw new Error("no Rread");
	return [r.data.length, replies.filter((m) => m.type === p9.Rwrite).length];
}

describe("bytes in channels", () => {
	it("LM-1: at the limit of a channel a write waits until there is room", () => {
		const c = talk({ channelBytes: 100 }, "/f");
		const fid = c.opened("/f", ORDWR);
		expect([accepts(c, fid, 40), accepts(c, fid, 60)]).toEqual([true, true]);
		expect(accepts(c, fid, 1)).toBe(false);
		// Others wait behind it, whatever their size (CH-4).
		expect(accepts(c, fid, 50)).toBe(false);
		expect(take(c, fid)).toEqual([40, 1]);
		expect(take(c, fid)).toEqual([60, 1]);
		expect(take(c, fid)).toEqual([1, 0]);
		expect(take(c, fid)).toEqual([50, 0]);
	});

	it("LM-1: one past the limit waits", () => {
		const c = talk({ channelBytes: 100 }, "/f", "/g");
		const fid = c.opened("/f", ORDWR);
		expect([accepts(c, fid, 40), accepts(c, fid, 61)]).toEqual([true, false]);
		// Another channel has its own room.
		expect(accepts(c, c.opened("/g", OWRITE), 100)).toBe(true);
	});

	it("LM-1: at the limit of the server writes to any channel wait until there is room", () => {
		const cost = 50 + MESSAGE_OVERHEAD;
		const c = talk({ serverBytes: 2 * cost }, "/f", "/g", "/h");
		const [f, g, h] = ["/f", "/g", "/h"].map((path) => c.opened(path, ORDWR)) as [
			number,
			number,
			number,
		];
		expect([accepts(c, f, 50), accepts(c, g, 50)]).toEqual([true, true]);
		expect([accepts(c, h, 1), accepts(c, f, 2), accepts(c, g, 3)]).toEqual([false, false, false]);
		// Room made anywhere lets them in; no more than there is.
		expect(take(c, f)).toEqual([50, 1]);
		expect(c.wire.server.store.used).toBeLessThanOrEqual(2 * cost);
		const rest = [f, g, g, f, h].map((fid) => {
			const tag = c.start({ type: p9.Tread, fid, offset: 0n, count: 99 });
			const r = c.wire.replies().find((m) => m.tag === tag);
			return r?.type === p9.Rread ? r.data.length : 0;
		});
		expect(rest.filter((n) => n > 0).sort()).toEqual([1, 2, 3, 50]);
		expect(c.wire.server.store.used).toBe(0);
	});

	it("LM-1: a write that finds a reader needs no room", () => {
		const c = talk({ channelBytes: 100, serverBytes: 100 + MESSAGE_OVERHEAD }, "/f", "/g");
		accepts(c, c.opened("/f", OWRITE), 100);
		const g = c.opened("/g", ORDWR);
		c.start({ type: p9.Tread, fid: g, offset: 0n, count: 99 });
		c.start({ type: p9.Twrite, fid: g, offset: 0n, data: Buffer.alloc(50) });
		expect(c.wire.replies()).toHaveLength(2);
	});

	it("LM-1: room is made by removal, by a flush before, and by the end of a connection", () => {
		const c = talk({ channelBytes: 100, serverBytes: 100 + MESSAGE_OVERHEAD }, "/f", "/g");
		const f = c.opened("/f", OWRITE);
		const g = c.opened("/g", OWRITE);
		accepts(c, f, 60);
		expect(accepts(c, g, 60)).toBe(false);
		c.start({ type: p9.Tremove, fid: c.at("/f") });
		expect(c.wire.replies().map((r) => r.type)).toEqual([p9.Rwrite, p9.Rremove]);
		const tag = c.start({ type: p9.Twrite, fid: g, offset: 0n, data: Buffer.alloc(60) });
		const other = c.other("bob");
		expect(accepts(other, other.opened("/g", OWRITE), 1)).toBe(false);
		c.ask({ type: p9.Tflush, oldtag: tag });
		// Still no room for it in the server: the first message takes 60 and its overhead.
		expect(other.wire.replies()).toEqual([]);
		c.text(c.opened("/g"));
		expect(other.wire.replies()).toHaveLength(1);
	});

	it("LM-2: a message larger than the limit gets Message too long", () => {
		const c = talk({ channelBytes: 100 }, "/f");
		const fid = c.opened("/f", ORDWR);
		expect(c.write(fid, Buffer.alloc(101))).toBe("Message too long");
		expect(accepts(c, fid, 100)).toBe(true);
		expect(take(c, fid)).toEqual([100, 0]);
		// Also where a reader waits.
		c.start({ type: p9.Tread, fid, offset: 0n, count: 999 });
		expect(c.write(fid, Buffer.alloc(101))).toBe("Message too long");
	});

	it("LM-3: bytes of blocked writes are limited for a connection", () => {
		const c = new Talk(newServer({ limits: { connectionWriteBytes: 100 } }));
		c.mkchan("/f", "/g");
		const [f, g] = [c.opened("/f", ORDWR), c.opened("/g", ORDWR)];
		expect([accepts(c, f, 60), accepts(c, g, 40)]).toEqual([false, false]);
		expect(c.write(f, "x")).toBe("No buffer space available");
		const other = c.other("bob");
		expect(accepts(other, other.opened("/f", OWRITE), 100)).toBe(false);
		// What was refused has left nothing; room comes back with an answer.
		expect(take(c, f)).toEqual([60, 1]);
		expect(c.wire.server.blockedBytes).toBe(140);
		expect(accepts(c, f, 60)).toBe(false);
		expect(c.write(g, "x")).toBe("No buffer space available");
	});

	it("LM-3: and with a flush, a clunk and a removal", () => {
		const c = new Talk(newServer({ limits: { connectionWriteBytes: 100 } }));
		c.mkchan("/f");
		const write = (fid: number) => {
			return c.start({ type: p9.Twrite, fid, offset: 0n, data: Buffer.alloc(100) });
		};
		const fid = c.opened("/f", OWRITE);
		c.ask({ type: p9.Tflush, oldtag: write(fid) });
		write(fid);
		expect(c.wire.replies()).toEqual([]);
		c.start({ type: p9.Tclunk, fid });
		expect(c.wire.replies()).toHaveLength(2);
		write(c.opened("/f", OWRITE));
		expect(c.wire.replies()).toEqual([]);
		c.start({ type: p9.Tremove, fid: c.at("/f") });
		expect(c.wire.replies()).toMatchObject([{ ename: "file has been removed" }, {}]);
		expect(c.wire.server.blockedBytes).toBe(0);
	});

	it("LM-3: they are limited for all connections together", () => {
		const one = new Talk(newServer({ limits: { serverWriteBytes: 100 } }));
		one.mkchan("/f");
		const two = one.other("bob");
		expect(accepts(one, one.opened("/f", OWRITE), 60)).toBe(false);
		const fid = two.opened("/f", OWRITE);
		expect(two.write(fid, Buffer.alloc(41))).toBe("No buffer space available");
		expect(accepts(two, fid, 40)).toBe(false);
		expect(two.write(fid, "x")).toBe("No buffer space available");
		one.wire.close();
		expect(two.wire.server.blockedBytes).toBe(40);
		expect(accepts(two, fid, 60)).toBe(false);
	});
});

describe("numbers", () => {
	it("LM-4: a connection with all its requests blocked is still read", () => {
		const limits = { requests: 3, connectionWriteBytes: 20 };
		const c = new Talk(newServer({ limits }));
		c.mkchan("/f", "/g");
		const f = c.opened("/f");
		const g = c.opened("/g", OWRITE);
		const first = c.start({ type: p9.Tread, fid: f, offset: 0n, count: 9 });
		c.start({ type: p9.Tread, fid: f, offset: 0n, count: 9 });
		c.start({ type: p9.Twrite, fid: g, offset: 0n, data: Buffer.alloc(20) });
		for (let i = 0; i < 100; i++) {
			expect(c.read(f)).toBe("Resource temporarily unavailable");
			expect(c.write(g, "x")).toBe("Resource temporarily unavailable");
		}
		expect(c.ask({ type: p9.Tflush, oldtag: first })).toMatchObject({ type: p9.Rflush });
		expect(c.wire.conn.stalled).toBe(false);
	});

	it("LM-4: it is not read while it does not take its replies, and then all is answered", () => {
		const c = new Talk(newServer({ limits: { unsent: 10_000 } }));
		const { wire } = c;
		wire.stalled = true;
		const stat = frame({ type: p9.Tstat, tag: 5, fid: 0 });
		const flush = frame({ type: p9.Tflush, tag: 6, oldtag: 5 });
		wire.bytes(Buffer.concat([...Array(1000).fill(stat), flush]));
		expect(wire.conn.stalled).toBe(true);
		expect(wire.conn.out.size).toBeGreaterThan(10_000);
		expect(wire.conn.out.size).toBeLessThan(10_000 + 100);
		wire.stalled = false;
		wire.take();
		const types = wire.replies().map((r) => r.type);
		expect(types).toEqual([...Array(1000).fill(p9.Rstat), p9.Rflush]);
	});

	it("LM-5: one connection too many is turned away and closed", () => {
		const server = newServer({ limits: { connections: 2 } });
		const [one] = [Wire.attached(server), Wire.attached(server)];
		const three = new Wire(server);
		expect(three.conn.broken).not.toBe(null);
		three.take();
		expect(three.replies()).toEqual([
			{ type: p9.Rerror, tag: p9.NOTAG, ename: "Too many open files in system" },
		]);
		const version = { type: p9.Tversion, tag: p9.NOTAG, msize: 8192, version: "9P2000" } as const;
		expect(three.send(version)).toEqual([]);
		three.close();
		expect(server.snapshot()).toMatchObject({ openConnections: 2, connections: 3 });
		one.close();
		expect(new Wire(server).send(version)).toMatchObject([{ type: p9.Rversion }]);
	});

	it("LM-5, LM-7: those turned away leave nothing that counts", () => {
		const server = newServer({ limits: { connections: 1 } });
		const one = Wire.attached(server);
		const before = server.bufferBytes;
		for (let i = 0; i < 10; i++) {
			const more = new Wire(server);
			more.take();
			more.close();
		}
		expect(server.bufferBytes).toBe(before);
		one.close();
		expect(server.bufferBytes).toBe(0);
	});

	it("LM-5: fids of a connection are limited", () => {
		const server = newServer({ limits: { fids: 3 } });
		const c = new Talk(server);
		c.walk(0, 1);
		c.walk(0, 2);
		expect(c.walk(0, 3)).toBe("Too many open files");
		expect(c.attach(3, "bob")).toBe("Too many open files");
		// A fid that moves is none more.
		expect(c.walk(2, 2, "ctl")).toMatchObject({ type: p9.Rwalk });
		expect(c.other("bob").walk(0, 1)).toMatchObject({ type: p9.Rwalk });
		c.clunk(1);
		expect(c.attach(3, "bob")).toMatchObject({ type: p9.Rattach });
		expect(c.walk(0, 1)).toBe("Too many open files");
	});

	it("LM-5: outstanding requests of a connection are limited", () => {
		const c = new Talk(newServer({ limits: { requests: 2 } }));
		c.mkchan("/f");
		const fid = c.opened("/f", ORDWR);
		const read = () => c.start({ type: p9.Tread, fid, offset: 0n, count: 9 });
		const [first] = [read(), read()];
		expect(c.wire.replies()).toEqual([]);
		expect(c.read(fid)).toBe("Resource temporarily unavailable");
		expect(c.stat("/f").name).toBe("f");
		c.ask({ type: p9.Tflush, oldtag: first });
		read();
		expect(c.wire.replies()).toEqual([]);
		expect(c.read(fid)).toBe("Resource temporarily unavailable");
		expect(c.wire.server.snapshot()).toMatchObject({ blockedRequests: 2 });
	});

	it("LM-6: channels and directories are limited together", () => {
		const c = new Talk(newServer({ limits: { files: 3 } }));
		c.mkdir("/d");
		c.mkchan("/d/a", "/b");
		expect(c.create(c.at("/"), "c", 0o666)).toBe("No space left on device");
		expect(c.create(c.at("/d"), "c", DIR)).toBe("No space left on device");
		const other = c.other("bob");
		expect(other.create(0, "c", 0o666)).toBe("No space left on device");
		c.unlink("/b");
		expect(other.create(0, "c", 0o666)).toMatchObject({ type: p9.Rcreate });
		expect(c.create(c.at("/"), "e", 0o666)).toBe("No space left on device");
	});
});
