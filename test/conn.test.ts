// What ends requests, files, fids and connections, with reads, writes and rests at hand.

import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { type Fcall, ORCLOSE, ORDWR, OREAD, OWRITE } from "../src/9p/fcall.gen.ts";
import type { ServerOptions } from "../src/server.ts";
import {
	attach,
	clunk,
	flush,
	read,
	remove,
	resize,
	said,
	tcreate,
	topen,
	use,
	version,
	walk,
	write,
} from "./chans.ts";
import { checkLines } from "./lines.ts";
import { newServer, Wire } from "./wire.ts";

function pair(options: ServerOptions = {}, capacity = 0) {
	const server = newServer(options);
	const [a, b] = [Wire.attached(server), Wire.attached(server)];
	use(a, 1);
	use(b, 1);
	resize(server, "c", capacity);
	return { server, a, b };
}

/** Requests that remove the channel by a fid of their own. */
const removal = [walk(90, 0, 9, "c"), remove(91, 9)];

describe("removing a channel", () => {
	it("EN-1: refuses blocked writers and all later ones, which are not delivered", () => {
		const { a, b } = pair();
		a.send(write(1, 1, "x"), write(2, 1, "y"));
		expect(said(b.send(...removal))).toEqual(["90 walk", "91 remove"]);
		expect(said(a.replies())).toEqual([
			"1 error file has been removed",
			"2 error file has been removed",
		]);
		expect(said(a.send(write(3, 1, "z")))).toEqual(["3 error file has been removed"]);
		expect(said(b.send(read(4, 1)))).toEqual(["4 read "]);
	});

	it("EN-2: gives readers their rest, then what is queued, then 0 bytes", () => {
		const { a, b } = pair({}, 9);
		a.send(write(1, 1, "abcd"), write(2, 1, "next"), read(3, 1, 2));
		b.send(...removal);
		const reads = [read(4, 1), read(5, 1), read(6, 1), read(7, 1)];
		expect(said(a.send(...reads))).toEqual(["4 read cd", "5 read next", "6 read ", "7 read "]);
	});

	it("EN-2: ends blocked readers at once, those of the remover's connection too", () => {
		const { a, b } = pair();
		a.send(read(1, 1), read(2, 1));
		expect(said(b.send(read(3, 1), ...removal))).toEqual(["90 walk", "3 read ", "91 remove"]);
		expect(said(a.replies())).toEqual(["1 read ", "2 read "]);
	});

	it("EN-3: leaves its other fids only clunk", () => {
		const { server, a, b } = pair();
		a.send(walk(1, 0, 2, "c"), walk(2, 0, 3, "c"));
		b.send(...removal);
		const stat = server.tree.ctl.stat();
		const asks: Fcall[] = [
			topen(1, 2, OREAD),
			{ type: p9.Tstat, tag: 2, fid: 2 },
			{ type: p9.Twstat, tag: 3, fid: 2, stat },
			remove(4, 3),
		];
		const refused = asks.map((m) => `${m.tag} error file has been removed`);
		expect(said(a.send(...asks, clunk(5, 2)))).toEqual([...refused, "5 clunk"]);
	});

	it("EN-4: drops and counts what is queued when no fid open for reading is left", () => {
		const { server, a, b } = pair({}, 9);
		const writer = Wire.attached(server);
		use(writer, 1, "c", OWRITE);
		a.send(write(1, 1, "x"), write(2, 1, "y"), ...removal);
		a.send(clunk(3, 1));
		expect(server.stats.droppedMessages).toBe(0);
		expect(said(b.send(read(4, 1)))).toEqual(["4 read x"]);
		b.close();
		expect(server.stats.droppedMessages).toBe(1);
		expect(server.store.used).toBe(0);
	});

	it("EN-4: drops at once where nobody reads it, and lets others use the room", () => {
		const { server, a } = pair({ limits: { serverBytes: 600 } });
		const w = Wire.attached(server);
		use(w, 1, "full", OWRITE);
		resize(server, "full", 9);
		resize(server, "c", 9);
		w.send(write(1, 1, "a".repeat(40)), write(2, 1, "b".repeat(40)));
		expect(said(a.send(write(1, 1, "waits")))).toEqual([]);
		w.send(walk(90, 0, 9, "full"), remove(91, 9));
		expect(server.stats.droppedMessages).toBe(2);
		expect(said(a.replies())).toEqual(["1 wrote 5"]);
		checkLines(server, [a.conn, w.conn]);
	});

	it("EN-5: frees its name at once, for another channel", () => {
		const { a, b } = pair();
		a.send(read(1, 1));
		b.send(...removal);
		expect(said(b.send(walk(2, 0, 9), tcreate(3, 9, "c", ORDWR)))).toEqual(["2 walk", "3 create"]);
		b.send(write(4, 9, "new"));
		expect(said(a.replies())).toEqual(["1 read "]);
		use(a, 2);
		expect(said(a.send(read(5, 1), read(6, 2)))).toEqual(["5 read ", "6 read new"]);
	});

	it("EN-1, EN-2: happens by ORCLOSE as by Tremove", () => {
		const { a, b } = pair();
		b.send(walk(1, 0, 2, "c"), topen(2, 2, OREAD | ORCLOSE));
		a.send(read(1, 1));
		expect(said(b.send(clunk(3, 2)))).toEqual(["3 clunk"]);
		expect(said(a.replies())).toEqual(["1 read "]);
		expect(said(a.send(write(2, 1, "x")))).toEqual(["2 error file has been removed"]);
	});
});

describe("Tflush", () => {
	it("FL-1: of a read: it has taken no message, and only the Rflush is answered", () => {
		const { a, b } = pair();
		expect(said(a.send(read(1, 1), flush(2, 1), write(3, 1, "x")))).toEqual(["2 flush"]);
		expect(said(b.send(read(1, 1)))).toEqual(["1 read x"]);
	});

	it("FL-1: of a write: it has left none, and its bytes are free", () => {
		const { server, a, b } = pair();
		expect(said(a.send(write(1, 1, "x"), write(2, 1, "y"), flush(3, 1)))).toEqual(["3 flush"]);
		expect(server.blockedBytes).toBe(1);
		expect(said(b.send(read(1, 1)))).toEqual(["1 read y"]);
		expect(said(a.replies())).toEqual(["2 wrote 1"]);
	});

	it("FL-1: makes the tag free, and a request with it is another one", () => {
		const { a, b } = pair();
		a.send(read(1, 1), flush(2, 1), write(1, 1, "x"), flush(2, 1), read(1, 1));
		expect(said(b.send(write(5, 1, "for a")))).toEqual(["5 wrote 5"]);
		expect(said(a.replies())).toEqual(["1 read for a"]);
	});

	it("FL-2: comes after the answer of what was carried out", () => {
		const { a } = pair({}, 1);
		expect(said(a.send(write(1, 1, "x"), flush(2, 1), read(3, 1), flush(4, 3)))).toEqual([
			"1 wrote 1",
			"2 flush",
			"3 read x",
			"4 flush",
		]);
	});

	it("FL-3: is always answered, in order", () => {
		const { a } = pair();
		const flushes = [flush(2, 1), flush(3, 1), flush(4, 77), flush(5, 5), flush(6, 2)];
		expect(said(a.send(read(1, 1), ...flushes))).toEqual([2, 3, 4, 5, 6].map((t) => `${t} flush`));
	});

	it("FL-1, LM-1: of a large write lets in those behind it", () => {
		const { server, a, b } = pair({ limits: { channelBytes: 10 } }, 9);
		a.send(write(1, 1, "12345678"), write(2, 1, "1234"));
		expect(said(b.send(write(1, 1, "12")))).toEqual([]);
		a.send(flush(3, 2));
		expect(said(b.replies())).toEqual(["1 wrote 2"]);
		checkLines(server, [a.conn, b.conn]);
	});
});

describe("the end of a fid", () => {
	it("FL-4: interrupts its blocked requests, and only those, before the Rclunk", () => {
		const { server, a, b } = pair();
		use(a, 2, "d");
		a.send(read(1, 1), read(2, 1), write(3, 2, "x"));
		expect(said(a.send(clunk(4, 1)))).toEqual([
			"1 error Interrupted system call",
			"2 error Interrupted system call",
			"4 clunk",
		]);
		expect(said(b.send(write(1, 1, "y")))).toEqual([]);
		expect(server.blockedRequests).toBe(2);
	});

	it("FL-4: interrupts also before the answer to Tremove, refused or not", () => {
		const { a } = pair();
		expect(said(a.send(write(1, 1, "x"), remove(2, 1)))).toEqual([
			"1 error Interrupted system call",
			"2 remove",
		]);
		const { server } = pair();
		server.tree.root.setMode((p9.DMDIR | 0o555) >>> 0);
		const other = Wire.attached(server, "rob");
		other.send(walk(1, 0, 1, "c"), topen(2, 1, ORDWR));
		expect(said(other.send(read(3, 1), remove(4, 1)))).toEqual([
			"3 error Interrupted system call",
			"4 error permission denied",
		]);
	});

	it("FL-4: takes none of its writes for the room that another of them leaves", () => {
		const { server, a, b } = pair({ limits: { channelBytes: 10 } }, 9);
		b.send(write(1, 1, "12345678"));
		a.send(write(2, 1, "12345"), write(3, 1, "12"));
		expect(said(b.send(write(2, 1, "b")))).toEqual([]);
		expect(said(a.send(clunk(4, 1)))).toEqual([
			"2 error Interrupted system call",
			"3 error Interrupted system call",
			"4 clunk",
		]);
		expect(said(b.send(read(5, 1), read(6, 1)))).toEqual([
			"2 wrote 1",
			"5 read 12345678",
			"6 read b",
		]);
		expect([server.blockedBytes, server.store.used]).toEqual([0, 0]);
	});
});

describe("the end of a session", () => {
	/** a has a rest, blocked reads and writes, one of which would fit if the other went. */
	function busy() {
		const made = pair({ limits: { channelBytes: 10 } }, 9);
		const { a, b } = made;
		b.send(write(1, 1, "ab"), write(2, 1, "12345678"));
		use(a, 2, "d");
		a.send(read(2, 1, 1), write(3, 1, "12345"), write(4, 1, "12"), read(5, 2), read(6, 2));
		return made;
	}

	it("FL-5: a new Tversion cancels its requests and clunks its fids, without answers", () => {
		const { server, a, b } = busy();
		expect(said(a.send(version()))).toEqual(["65535 version"]);
		expect(said(a.send(attach(1, 0), read(2, 1)))).toEqual([
			"1 attach",
			"2 error fid unknown or out of range",
		]);
		expect(server.stats).toMatchObject({ droppedRests: 1, writes: 2 });
		expect(said(b.send(read(3, 1), read(4, 1)))).toEqual(["3 read 12345678"]);
		expect(server).toMatchObject({ blockedBytes: 0, blockedRequests: 1 });
		use(b, 2, "d");
		expect(said(b.send(write(5, 2, "z")))).toEqual([]); // nobody reads there any more
	});

	it("FL-6: so does a lost connection", () => {
		const { server, a, b } = busy();
		a.close();
		expect(said(a.replies())).not.toContain("4 wrote 2");
		expect(server.stats).toMatchObject({ droppedRests: 1, writes: 2 });
		expect(said(b.send(read(3, 1), read(4, 1)))).toEqual(["3 read 12345678"]);
		expect(server).toMatchObject({ blockedBytes: 0, blockedRequests: 1 });
	});

	it("FL-6, ER-2: and one that broke the protocol, before its socket is closed", () => {
		const { server, a, b } = busy();
		a.bytes(Buffer.from([6, 0, 0, 0]));
		expect(a.conn.broken).not.toBeNull();
		expect(server.stats).toMatchObject({ droppedRests: 1, writes: 2 });
		use(b, 2, "d");
		expect(said(b.send(write(5, 2, "z")))).toEqual([]);
		expect(said(b.send(read(6, 2)))).toEqual(["6 read z", "5 wrote 1"]);
	});

	it("CH-7: counts and logs messages that were answered and never left", () => {
		const lines: string[] = [];
		const { server, a, b } = pair({ log: (line) => lines.push(line) }, 9);
		a.stalled = true;
		b.send(write(1, 1, "x"), write(2, 1, "y"), write(3, 1, "z"));
		a.send(read(1, 1), read(2, 1), read(3, 1, 0));
		expect(server.stats.lostMessages).toBe(0);
		a.close();
		expect(server.stats.lostMessages).toBe(2);
		expect(lines.filter((line) => line.includes("lost"))).toHaveLength(1);
		server.disconnect(b.conn, 1); // the transport says that one was on its way
		expect(server.stats.lostMessages).toBe(3);
	});
});
