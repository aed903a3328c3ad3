// Types and tags: what may come when, under which tag, and what a Tflush does about it.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { type Fcall, NOFID, NOTAG } from "../src/9p/fcall.gen.ts";
import { message } from "./9p/arbitrary.ts";
import { Talk } from "./talk.ts";
import { frame, newServer, Wire } from "./wire.ts";

const T = new Map(p9.messages.filter((m) => m.name.startsWith("T")).map((m) => [m.number, m.name]));
const PROTOCOL = "Protocol error";

function error(tag: number, ename: string): Fcall {
	return { type: p9.Rerror, tag, ename };
}

function bare(type: number, tag: number): Buffer {
	return Buffer.from([7, 0, 0, 0, type, tag, 0]);
}

/** A connection with reads blocked under these tags, on fid 1 and channel /f. */
function blocked(...tags: number[]): Talk {
	const c = new Talk(newServer());
	c.mkchan("/f");
	c.walk(0, 1, "f");
	c.open(1, p9.ORDWR);
	for (const tag of tags) {
		expect(c.wire.send({ type: p9.Tread, tag, fid: 1, offset: 0n, count: 9 })).toEqual([]);
	}
	return c;
}

describe("types", () => {
	it("ER-4: all 256 without a body, in a session", () => {
		const witness = new Talk(newServer());
		for (let type = 0; type < 256; type++) {
			const wire = Wire.attached(witness.wire.server);
			const why = T.has(type) ? "Bad message" : "Function not implemented";
			const answer = type === p9.Tversion ? [] : [error(9, why)];
			expect(wire.bytes(bare(type, 9)), `${type}`).toEqual(answer);
			expect(wire.conn.broken === null, `${type}`).toBe(type !== p9.Tversion);
			if (wire.conn.broken === null) {
				const r = wire.send({ type: p9.Tclunk, tag: 9, fid: 0 });
				expect(r, `${type}`).toEqual([{ type: p9.Rclunk, tag: 9 }]);
			}
			wire.close();
		}
		expect(witness.stat("/ctl").name).toBe("ctl");
		expect(witness.wire.server.snapshot()).toMatchObject({ openConnections: 1 });
	});

	it("ER-4: all 256 without a body, before Tversion", () => {
		for (let type = 0; type < 256; type++) {
			if (type === p9.Tversion) continue;
			const wire = new Wire(newServer());
			const why = T.has(type) ? PROTOCOL : "Function not implemented";
			expect(wire.bytes(bare(type, 9)), `${type}`).toEqual([error(9, why)]);
			expect(wire.conn.broken).toBe(null);
		}
	});

	it("ER-4: any T-message before Tversion, any R-message at any time", () => {
		const server = newServer();
		const witness = new Talk(server);
		const fresh = new Wire(server);
		const attached = Wire.attached(server);
		fc.assert(
			fc.property(message(), (m) => {
				const isT = T.has(m.type);
				if (m.type === p9.Tversion || frame(m).length > 8192) return;
				const why = isT ? PROTOCOL : "Function not implemented";
				expect(fresh.send(m)).toEqual([error(m.tag, why)]);
				if (!isT) expect(attached.send(m)).toEqual([error(m.tag, why)]);
			}),
		);
		expect(witness.stat("/").qid.vers).toBe(0);
	});
});

describe("tags", () => {
	it("ER-5: one in use is refused, and the first request stays", () => {
		const c = blocked(7);
		const requests: Fcall[] = [
			{ type: p9.Tread, tag: 7, fid: 1, offset: 0n, count: 9 },
			{ type: p9.Twrite, tag: 7, fid: 1, offset: 0n, data: Buffer.from("no") },
			{ type: p9.Tclunk, tag: 7, fid: 1 },
			{ type: p9.Tstat, tag: 7, fid: 0 },
			{ type: p9.Tcreate, tag: 7, fid: 0, name: "g", perm: 0, mode: 0 },
			{ type: p9.Tattach, tag: 7, fid: 5, afid: NOFID, uname: "x", aname: "" },
			{ type: p9.Tauth, tag: 7, afid: 5, uname: "x", aname: "" },
		];
		for (const m of requests) {
			expect(c.wire.send(m), `${m.type}`).toEqual([error(7, PROTOCOL)]);
		}
		c.start({ type: p9.Twrite, fid: 1, offset: 0n, data: Buffer.from("yes") });
		const answers = c.wire.replies();
		expect(answers).toHaveLength(2);
		expect(answers.find((r) => r.tag === 7)).toMatchObject({ data: Buffer.from("yes") });
		// Then it is free again.
		expect(c.wire.send({ type: p9.Tclunk, tag: 7, fid: 1 })).toEqual([{ type: p9.Rclunk, tag: 7 }]);
	});

	it("ER-5: tags belong to their connection", () => {
		const c = blocked(7);
		const other = c.other("bob");
		expect(other.wire.send({ type: p9.Tclunk, tag: 7, fid: 0 })).toMatchObject([{ tag: 7 }]);
	});

	it("ER-5: NOTAG is for Tversion", () => {
		const c = blocked();
		const requests: Fcall[] = [
			{ type: p9.Tread, tag: NOTAG, fid: 1, offset: 0n, count: 9 },
			{ type: p9.Twrite, tag: NOTAG, fid: 1, offset: 0n, data: Buffer.from("no") },
			{ type: p9.Tclunk, tag: NOTAG, fid: 1 },
			{ type: p9.Tattach, tag: NOTAG, fid: 5, afid: NOFID, uname: "x", aname: "" },
			{ type: p9.Tauth, tag: NOTAG, afid: 5, uname: "x", aname: "" },
		];
		for (const m of requests) {
			expect(c.wire.send(m), `${m.type}`).toEqual([error(NOTAG, PROTOCOL)]);
		}
		expect(c.clunk(5)).toBe("fid unknown or out of range");
		expect(c.clunk(1)).toMatchObject({ type: p9.Rclunk });
	});

	it("ER-1: every Tauth is answered that there is none", () => {
		const c = new Talk(newServer());
		const ask = { type: p9.Tauth, uname: "bob", aname: "" } as const;
		for (const afid of [0, 5, NOFID]) {
			expect(c.ask({ ...ask, afid })).toBe("authentication not required");
		}
		expect(c.clunk(5)).toBe("fid unknown or out of range");
	});
});

describe("Tflush", () => {
	const flush = (tag: number, oldtag: number): Fcall => ({ type: p9.Tflush, tag, oldtag });
	const flushed = (tag: number) => ({ type: p9.Rflush, tag });

	it("FL-3: of an unknown tag, of its own, of NOTAG, and of another Tflush", () => {
		const { wire } = blocked();
		const chunk = [flush(1, 99), flush(2, 2), flush(3, NOTAG), flush(4, 3), flush(4, 4)];
		expect(wire.send(...chunk)).toEqual([1, 2, 3, 4, 4].map(flushed));
	});

	it("FL-1, FL-3: several for one tag are answered in order, and nothing else is", () => {
		const { wire } = blocked(7, 8);
		expect(wire.send(flush(3, 7), flush(1, 7), flush(2, 7))).toEqual([3, 1, 2].map(flushed));
		expect(
			wire.send({ type: p9.Twrite, tag: 7, fid: 1, offset: 0n, data: Buffer.from("x") }),
		).toEqual([
			expect.objectContaining({ type: p9.Rread, tag: 8 }),
			{ type: p9.Rwrite, tag: 7, count: 1 },
		]);
	});

	it("FL-3: its own tag, though that is in use: the request stays", () => {
		const { wire } = blocked(7);
		expect(wire.send(flush(7, 7))).toEqual([flushed(7)]);
		expect(wire.send(flush(1, 7), { type: p9.Tclunk, tag: 7, fid: 1 })).toEqual([
			flushed(1),
			{ type: p9.Rclunk, tag: 7 },
		]);
	});

	it("FL-2: what was answered already is answered before", () => {
		const { wire } = blocked(7);
		const data = Buffer.from("x");
		const replies = wire.send({ type: p9.Twrite, tag: 1, fid: 1, offset: 0n, data }, flush(2, 7));
		expect(replies.map((r) => r.type)).toEqual([p9.Rread, p9.Rwrite, p9.Rflush]);
		const after = wire.send({ type: p9.Twrite, tag: 1, fid: 1, offset: 0n, data }, flush(2, 1), {
			type: p9.Tread,
			tag: 7,
			fid: 1,
			offset: 0n,
			count: 9,
		});
		expect(after).toEqual([flushed(2)]);
	});

	it("FL-4: requests of a clunked fid are interrupted before the Rclunk", () => {
		for (const type of [p9.Tclunk, p9.Tremove] as const) {
			const c = blocked(7, 8);
			const replies = c.wire.send({ type, tag: 9, fid: 1 });
			expect(replies).toEqual([
				error(7, "Interrupted system call"),
				error(8, "Interrupted system call"),
				{ type: type + 1, tag: 9 },
			]);
		}
	});

	it("FL-4, LM-1: also a write behind one that is too large for the room there is", () => {
		const c = new Talk(newServer({ limits: { channelBytes: 100 } }));
		c.mkchan("/f");
		c.write(c.opened("/ctl", p9.OWRITE), "/f 9");
		const fid = c.opened("/f", p9.OWRITE);
		c.write(fid, Buffer.alloc(80, "a"));
		const write = (tag: number, size: number): Fcall => {
			return { type: p9.Twrite, tag, fid, offset: 0n, data: Buffer.alloc(size) };
		};
		expect(c.wire.send(write(7, 50), write(8, 10))).toEqual([]);
		expect(c.wire.send({ type: p9.Tclunk, tag: 9, fid })).toEqual([
			error(7, "Interrupted system call"),
			error(8, "Interrupted system call"),
			{ type: p9.Rclunk, tag: 9 },
		]);
	});
});
