// Sessions: versions, frames, tags. What breaks the protocol is refused before anybody looks at a
// fid.

import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { type Fcall, NOFID, NOTAG, Tattach, Tversion } from "../src/9p/fcall.gen.ts";
import { Talk } from "./talk.ts";
import { frame, MSIZE, newServer, Wire } from "./wire.ts";

const MIB = 1 << 20;

function version(v: string, msize = MSIZE, tag = NOTAG): Tversion {
	return { type: Tversion, tag, msize, version: v };
}

const attach: Fcall = { type: Tattach, tag: 1, fid: 0, afid: NOFID, uname: "bob", aname: "" };

/** A frame of `size` bytes, whatever it holds. */
function raw(type: number, tag: number, body: Uint8Array | number = 0): Buffer {
	const rest = typeof body === "number" ? new Uint8Array(body) : body;
	const buf = Buffer.concat([Buffer.alloc(7), rest]);
	buf.writeUInt32LE(buf.length, 0);
	buf[4] = type;
	buf.writeUInt16LE(tag, 5);
	return buf;
}

const error = (tag: number, ename: string) => ({ type: p9.Rerror, tag, ename });

/** A session with a read and a write blocked, tags 10 and 11, and a witness beside it. */
function blocked(): { wire: Wire; witness: Talk } {
	const server = newServer();
	const witness = new Talk(server);
	witness.mkchan("/r", "/w");
	const c = new Talk(server);
	const r = c.opened("/r", p9.OREAD);
	const w = c.opened("/w", p9.OWRITE);
	const data = Buffer.from("left");
	const { wire } = c;
	expect(wire.send({ type: p9.Tread, tag: 10, fid: r, offset: 0n, count: 9 })).toEqual([]);
	expect(wire.send({ type: p9.Twrite, tag: 11, fid: w, offset: 0n, data })).toEqual([]);
	return { wire, witness };
}

describe("Tversion", () => {
	it.each([
		["9P2000", "9P2000"],
		["9P2000.", "9P2000"],
		["9P2000.u", "9P2000"],
		["9P2000.L", "9P2000"],
		["9P2000.something.else", "9P2000"],
		["", "unknown"],
		["unknown", "unknown"],
		["9P", "unknown"],
		["9P1999", "unknown"],
		["9P20001", "unknown"],
		["9P2000L", "unknown"],
		["9p2000", "unknown"],
		[" 9P2000", "unknown"],
		["9P2000 ", "unknown"],
		["9P2000\0", "unknown"],
	])("ER-7: %j is answered %s", (proposed, answer) => {
		const wire = new Wire(newServer());
		expect(wire.send(version(proposed))).toEqual([
			{ type: p9.Rversion, tag: NOTAG, msize: MSIZE, version: answer },
		]);
		const attached = answer === "9P2000" ? { type: p9.Rattach } : error(1, "Protocol error");
		expect(wire.send(attach)).toMatchObject([attached]);
	});

	it.each([
		[256, 256],
		[257, 257],
		[MIB - 1, MIB - 1],
		[MIB, MIB],
		[MIB + 1, MIB],
		[2 ** 32 - 1, MIB],
	])("ER-8: msize %i is answered %i", (proposed, msize) => {
		const wire = new Wire(newServer());
		expect(wire.send(version("9P2000", proposed))).toMatchObject([{ type: p9.Rversion, msize }]);
		expect(wire.send(attach)).toMatchObject([{ type: p9.Rattach }]);
	});

	it("ER-8: the server's msize can be set", () => {
		const wire = new Wire(newServer({ limits: { msize: 1000 } }));
		expect(wire.send(version("9P2000", 1001))).toMatchObject([{ msize: 1000 }]);
		expect(wire.send(version("9P2000", 999))).toMatchObject([{ msize: 999 }]);
	});

	it.each([0, 1, 24, 255])("ER-8: msize %i is refused, and leaves no session", (msize) => {
		const wire = new Wire(newServer());
		const refused = error(NOTAG, "Numerical result out of range");
		expect(wire.send(version("9P2000", msize))).toEqual([refused]);
		expect(wire.send(attach)).toEqual([error(1, "Protocol error")]);
		expect(wire.send(version("9P2000"))).toMatchObject([{ type: p9.Rversion }]);
		expect(wire.send(attach)).toMatchObject([{ type: p9.Rattach }]);
		// Nor does it leave one that was there.
		expect(wire.send(version("9P2000", msize))).toEqual([refused]);
		expect(wire.send({ type: p9.Tclunk, tag: 1, fid: 0 })).toEqual([error(1, "Protocol error")]);
		expect(wire.conn.broken).toBe(null);
	});

	it("ER-7: is answered with its own tag", () => {
		const wire = new Wire(newServer());
		expect(wire.send(version("9P2000", MSIZE, 5))).toMatchObject([{ type: p9.Rversion, tag: 5 }]);
	});

	it.each([
		["9P2000", MSIZE, { type: p9.Rversion, version: "9P2000" }],
		["9P2000.L", 256, { type: p9.Rversion, version: "9P2000" }],
		["9P1", MSIZE, { type: p9.Rversion, version: "unknown" }],
		["9P2000", 255, { type: p9.Rerror }],
	])("FL-5: %s of %i ends the session before it, silently", (v, msize, answer) => {
		const { wire, witness } = blocked();
		expect(wire.send(version(v, msize, 10))).toMatchObject([{ ...answer, tag: 10 }]);
		expect(wire.conn.msize > 0).toBe("version" in answer && answer.version !== "unknown");
		// No trace of what was blocked: a message passes the read by, and the write has left none.
		witness.start({
			type: p9.Twrite,
			fid: witness.opened("/r", p9.OWRITE),
			offset: 0n,
			data: Buffer.from("x"),
		});
		witness.start({ type: p9.Tread, fid: witness.opened("/w"), offset: 0n, count: 9 });
		expect(witness.wire.replies()).toEqual([]);
		expect(wire.replies()).toEqual([]);
		expect(witness.wire.server.snapshot()).toMatchObject({ blockedRequests: 2, blockedBytes: 1 });
		// And of the fids: all numbers are free.
		wire.send(version("9P2000"));
		expect(wire.send(attach)).toMatchObject([{ type: p9.Rattach }]);
		expect(wire.send({ type: p9.Tclunk, tag: 1, fid: 100 })).toEqual([
			error(1, "fid unknown or out of range"),
		]);
	});

	it("FL-5, LM-1: cancels writes behind one that is too large for the room there is", () => {
		const server = newServer({ limits: { channelBytes: 100 } });
		const witness = new Talk(server);
		witness.mkchan("/w");
		witness.write(witness.opened("/ctl", p9.OWRITE), "/w 9");
		const c = new Talk(server);
		const fid = c.opened("/w", p9.OWRITE);
		c.write(fid, Buffer.alloc(80, "a"));
		c.start({ type: p9.Twrite, fid, offset: 0n, data: Buffer.alloc(50, "b") });
		c.start({ type: p9.Twrite, fid, offset: 0n, data: Buffer.alloc(10, "c") });
		expect(c.wire.replies()).toEqual([]);
		expect(c.wire.send(version("9P2000"))).toMatchObject([{ type: p9.Rversion }]);
		const r = witness.opened("/w");
		expect(witness.text(r)).toBe("a".repeat(80));
		witness.start({ type: p9.Tread, fid: r, offset: 0n, count: 100 });
		expect(witness.wire.replies()).toEqual([]);
	});

	it.each([
		["no body", raw(Tversion, NOTAG)],
		["a string cut short", raw(Tversion, NOTAG, Buffer.from([0, 32, 0, 0, 9, 0, 57]))],
		["bytes after its end", raw(Tversion, NOTAG, Buffer.from([0, 32, 0, 0, 1, 0, 57, 0]))],
	])("ER-3: a malformed one closes the connection: %s", (_what, bytes) => {
		const wire = new Wire(newServer());
		expect(wire.bytes(bytes)).toEqual([]);
		expect(wire.conn.broken).toBe("a malformed Tversion");
		expect(wire.send(version("9P2000"))).toEqual([]);
		const later = Wire.attached(newServer());
		later.bytes(Buffer.concat([bytes, frame(version("9P2000"))]));
		expect(later.conn.broken).toBe("a malformed Tversion");
		expect(later.replies()).toEqual([]);
	});
});

describe("frames", () => {
	it.each([0, 1, 2, 3, 4, 5, 6])("ER-2: size %i closes the connection", (size) => {
		const wire = Wire.attached(newServer());
		const buf = raw(p9.Tclunk, 1, 4);
		buf.writeUInt32LE(size, 0);
		expect(wire.bytes(buf)).toEqual([]);
		expect(wire.conn.broken).not.toBe(null);
		expect(wire.send({ type: p9.Tclunk, tag: 1, fid: 0 })).toEqual([]);
	});

	it("ER-2: before Rversion the limit is 8192", () => {
		const at = new Wire(newServer());
		expect(at.bytes(raw(p9.Tattach, 3, 8185))).toEqual([error(3, "Protocol error")]);
		expect(at.conn.broken).toBe(null);
		const past = new Wire(newServer());
		expect(past.bytes(raw(p9.Tattach, 3, 8186))).toEqual([]);
		expect(past.conn.broken).not.toBe(null);
	});

	it.each([256, 5000, 20000])("ER-2: then it is msize, %i", (msize) => {
		for (const more of [0, 1]) {
			const wire = new Wire(newServer());
			const answer = wire.bytes(
				Buffer.concat([frame(version("9P2000", msize)), raw(p9.Tclunk, 3, msize - 7 + more)]),
			);
			expect(answer).toHaveLength(2 - more);
			expect(wire.conn.broken === null).toBe(more === 0);
		}
	});

	it("ER-2: and 8192 again when there is no session any more", () => {
		const wire = new Wire(newServer());
		wire.send(version("9P2000", 20000), version("9P1", 20000));
		wire.bytes(raw(p9.Tattach, 3, 8186));
		expect(wire.conn.broken).not.toBe(null);
	});

	it("ER-2: what came before in the same chunk is answered", () => {
		const wire = Wire.attached(newServer());
		const bad = raw(p9.Tclunk, 3, 4);
		bad.writeUInt32LE(6, 0);
		const clunk = frame({ type: p9.Tclunk, tag: 2, fid: 0 });
		expect(wire.bytes(Buffer.concat([clunk, bad, clunk]))).toEqual([{ type: p9.Rclunk, tag: 2 }]);
	});

	it("ER-3: a body that does not match its type gets Bad message, and nothing changes", () => {
		const witness = new Talk(newServer());
		const c = new Talk(witness.wire.server);
		const { wire } = c;
		for (const { number, name } of p9.messages) {
			if (!name.startsWith("T") || number === Tversion) continue;
			expect(wire.bytes(raw(number, 9)), name).toEqual([error(9, "Bad message")]);
			expect(wire.bytes(raw(number, 9, 3)), name).toEqual([error(9, "Bad message")]);
			expect(wire.bytes(raw(number, 9, Buffer.alloc(600, 0xff))), name).toEqual([
				error(9, "Bad message"),
			]);
		}
		expect(c.stat("/").name).toBe("/");
		expect(witness.stat("/").name).toBe("/");
	});

	it("ER-3: a Twrite whose count is not its size", () => {
		const c = new Talk(newServer());
		c.mkchan("/f");
		const fid = c.opened("/f", p9.OWRITE);
		const good = frame({ type: p9.Twrite, tag: 9, fid, offset: 0n, data: Buffer.from("abc") });
		for (const count of [0, 2, 4, 2 ** 32 - 1]) {
			const bad = Buffer.from(good);
			bad.writeUInt32LE(count, p9.Twrite_count);
			expect(c.wire.bytes(bad), `${count}`).toEqual([error(9, "Bad message")]);
		}
		expect(c.wire.bytes(good)).toEqual([]);
	});

	it("ER-3: more than 16 elements to walk, and a stat whose size is not its own", () => {
		const wire = Wire.attached(newServer());
		const walk = Buffer.alloc(10 + 17 * 2);
		walk.writeUInt32LE(1, 4);
		walk.writeUInt16LE(17, 8);
		expect(wire.bytes(raw(p9.Twalk, 9, walk))).toEqual([error(9, "Bad message")]);
		const wstat = Buffer.alloc(4 + 2 + 49);
		wstat.writeUInt16LE(49, 4);
		wstat.writeUInt16LE(46, 6);
		expect(wire.bytes(raw(p9.Twstat, 9, wstat))).toEqual([error(9, "Bad message")]);
		expect(wire.conn.broken).toBe(null);
	});
});
