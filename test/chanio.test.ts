// Reads and writes of channels as their clients see them.

import { describe, expect, it } from "vitest";
import type { ServerOptions } from "../src/server.ts";
import { clunk, flush, read, resize, said, use, walk, write } from "./chans.ts";
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

describe("messages", () => {
	it("CH-1: are never joined, however large the read is", () => {
		const { a } = pair({}, 9);
		a.send(write(1, 1, "one"), write(2, 1, "two"));
		expect(said(a.send(read(3, 1), read(4, 1)))).toEqual(["3 read one", "4 read two"]);
	});

	it("CH-2: keep the order of writes and of reads that one connection pipelines", () => {
		const { a, b } = pair();
		const reads = said(b.send(read(5, 1), read(6, 1), read(7, 1)));
		expect(reads).toEqual([]);
		a.send(write(1, 1, "x"), write(2, 1, "y"), write(3, 1, "z"));
		expect(said(b.replies())).toEqual(["5 read x", "6 read y", "7 read z"]);
		a.send(write(1, 1, "x"), write(2, 1, "y"));
		expect(said(b.send(read(5, 1), read(6, 1)))).toEqual(["5 read x", "6 read y"]);
	});

	it("CH-3: go to waiting readers in the order of their reads, across connections", () => {
		const { a, b } = pair();
		a.send(read(1, 1));
		b.send(read(1, 1));
		a.send(read(2, 1), write(3, 1, "x"), write(4, 1, "y"), write(5, 1, "z"));
		expect(said(a.replies())).toEqual([]);
		expect(said(b.replies())).toEqual(["1 read y"]);
	});

	it("CH-4: come from waiting writers in the order of their writes, across connections", () => {
		const { a, b } = pair();
		a.send(write(1, 1, "x"));
		b.send(write(1, 1, "y"));
		a.send(write(2, 1, "z"));
		expect(said(b.send(read(5, 1), read(6, 1), read(7, 1)))).toEqual([
			"5 read x",
			"6 read y",
			"1 wrote 1",
			"7 read z",
		]);
		expect(said(a.replies())).toEqual(["1 wrote 1", "2 wrote 1"]);
	});

	it("CH-5, CH-6: are acknowledged when taken at capacity 0, when queued at capacity 1", () => {
		const { server, a, b } = pair();
		expect(said(a.send(write(1, 1, "x")))).toEqual([]);
		expect(said(b.send(read(1, 1)))).toEqual(["1 read x"]);
		expect(said(a.replies())).toEqual(["1 wrote 1"]);
		resize(server, "c", 1);
		expect(said(a.send(write(1, 1, "x"), write(2, 1, "y")))).toEqual(["1 wrote 1"]);
		b.send(read(1, 1));
		expect(said(a.replies())).toEqual(["2 wrote 1"]);
	});

	it("CH-10: reads and writes of count 0 are answered at once and touch no message", () => {
		const { a } = pair();
		expect(said(a.send(read(1, 1, 0), write(2, 1, "")))).toEqual(["1 read ", "2 wrote 0"]);
		a.send(write(3, 1, "x"));
		expect(said(a.send(read(4, 1, 0), read(5, 1)))).toEqual(["4 read ", "5 read x", "3 wrote 1"]);
		expect(a.server.stats).toMatchObject({ reads: 1, writes: 1 });
	});

	it("CH-11: pass from a fid to itself", () => {
		const { a } = pair();
		expect(said(a.send(read(1, 1), write(2, 1, "x")))).toEqual(["1 read x", "2 wrote 1"]);
	});

	it("CH-12, LX-5: offsets mean nothing, and nobody but Linux sees 0 bytes", () => {
		const { a } = pair({}, 9);
		a.send(write(1, 1, "one"), write(2, 1, "two"), write(3, 1, "three"));
		const reads = [read(4, 1, 100, 7), read(5, 1, 97, 10), read(6, 1, 50, 8)];
		expect(said(a.send(...reads))).toEqual(["4 read one", "5 read two", "6 read three"]);
	});

	it("CH-13: blocked requests delay no other request", () => {
		const { a } = pair();
		use(a, 2, "other");
		expect(said(a.send(read(1, 1), write(2, 2, "x"), walk(3, 0, 9), clunk(4, 9)))).toEqual([
			"3 walk",
			"4 clunk",
		]);
	});

	it("LM-2: larger than a byte limit are refused, but on a removed channel for that (EN-1)", () => {
		const { a, server } = pair({ limits: { channelBytes: 5 } });
		expect(said(a.send(write(1, 1, "123456")))).toEqual(["1 error Message too long"]);
		a.send(walk(2, 0, 9, "c"), { type: 122, tag: 3, fid: 9 });
		expect(said(a.send(write(1, 1, "123456")))).toEqual(["1 error file has been removed"]);
		const tight = pair({ limits: { serverBytes: 300 } }, 9);
		expect(said(tight.a.send(write(1, 1, "x".repeat(60))))).toEqual(["1 error Message too long"]);
		expect(server.blockedBytes).toBe(0);
	});

	it("LM-3: held by blocked writes are limited for each connection and in all", () => {
		const { server, a, b } = pair({ limits: { connectionWriteBytes: 6, serverWriteBytes: 8 } });
		expect(said(a.send(write(1, 1, "12345"), write(2, 1, "12")))).toEqual([
			"2 error No buffer space available",
		]);
		expect(said(b.send(write(1, 1, "1234"), write(2, 1, "123")))).toEqual([
			"1 error No buffer space available",
		]);
		expect(server.blockedBytes).toBe(8);
		b.send(read(3, 1), flush(4, 2));
		expect(server.blockedBytes).toBe(0);
	});
});

describe("the rest of a message", () => {
	it("CH-8: stays with its fid", () => {
		const { a, b } = pair({}, 9);
		a.send(write(1, 1, "abcdef"), write(2, 1, "next"));
		expect(said(a.send(read(3, 1, 2)))).toEqual(["3 read ab"]);
		expect(said(b.send(read(3, 1)))).toEqual(["3 read next"]);
		expect(said(a.send(read(3, 1, 3), read(4, 1, 3), read(5, 1, 3)))).toEqual([
			"3 read cde",
			"4 read f",
		]);
	});

	it("CH-8: goes to the fid's waiting reads, oldest first, which leave the queue", () => {
		const { server, a, b } = pair();
		a.send(read(1, 1, 2));
		b.send(read(1, 1));
		a.send(read(2, 1, 3), read(3, 1, 9), read(4, 1, 9));
		b.send(write(2, 1, "abcdefg"));
		expect(said(a.replies())).toEqual(["1 read ab", "2 read cde", "3 read fg"]);
		expect(said(b.replies())).toEqual([]);
		expect(said(a.send(write(5, 1, "x"), write(6, 1, "y")))).toEqual([
			"5 wrote 1",
			"4 read y",
			"6 wrote 1",
		]);
		expect(said(b.replies())).toEqual(["1 read x"]);
		checkLines(server, [a.conn, b.conn]);
	});

	it("CH-8: is not for another fid of the same connection", () => {
		const { a } = pair({}, 9);
		use(a, 2);
		a.send(write(1, 1, "abc"));
		expect(said(a.send(read(2, 1, 1), read(3, 2), read(4, 1)))).toEqual(["2 read a", "4 read bc"]);
	});

	it("CH-9: is dropped, counted and logged when its fid ends", () => {
		const lines: string[] = [];
		const { server, a } = pair({ log: (line) => lines.push(line) }, 9);
		a.send(write(1, 1, "abc"), read(2, 1, 1));
		expect(server.stats.droppedRests).toBe(0);
		a.send(clunk(3, 1));
		expect(server.stats.droppedRests).toBe(1);
		expect(lines.filter((line) => line.includes("rest"))).toHaveLength(1);
	});
});

describe("a connection that does not take its replies", () => {
	const limits = { unsent: 200 };

	/** a is stalled with reads 1 and 2 waiting, and so much unsent output that it must be parked. */
	function stalled(options: ServerOptions = { limits }) {
		const { server, a, b } = pair(options);
		a.send(read(1, 1), read(2, 1));
		a.stalled = true;
		for (let i = 0; !a.conn.stalled; i++) a.send(walk(100 + i, 0, 1000 + i));
		return { server, a, b };
	}

	function resume(a: Wire): string[] {
		a.stalled = false;
		a.take();
		a.server.flush();
		return said(a.replies()).filter((line) => !line.endsWith("walk"));
	}

	it("CH-14: is handed no message, others are", () => {
		const { server, a, b } = stalled();
		b.send(read(7, 1));
		b.send(write(8, 1, "x"));
		expect(said(b.replies())).toEqual([]);
		checkLines(server, [a.conn, b.conn]);
		expect(server.stats).toMatchObject({ reads: 1, lostMessages: 0 });
		a.close();
		expect(server.stats.lostMessages).toBe(0);
	});

	it("CH-14: loses no message to a stall that another's event brought", () => {
		const { server, a, b } = pair({ limits });
		use(a, 2, "d");
		a.send(...Array.from({ length: 10 }, (_, i) => write(10 + i, 2, "filler")), read(1, 1));
		use(b, 2, "d");
		a.stalled = true;
		// Ten Rwrites of 11 bytes and one Rread of 111 bytes are more than 200.
		b.send(...Array.from({ length: 10 }, (_, i) => read(10 + i, 2)));
		a.send(read(2, 2), write(3, 2, "y".repeat(100)));
		expect(a.conn.stalled).toBe(true);
		b.send(write(30, 1, "for b"));
		expect(said(b.send(read(31, 1)))).toEqual(["31 read for b", "30 wrote 5"]);
		checkLines(server, [a.conn, b.conn]);
	});

	it("CH-14: joins the lines again, in its order, at the end", () => {
		const { server, a, b } = stalled();
		b.send(read(7, 1));
		expect(resume(a)).toEqual([]);
		b.send(write(8, 1, "x"), write(9, 1, "y"), write(10, 1, "z"));
		expect(said(b.replies())).toEqual([]);
		expect(said(a.replies())).toEqual(["1 read y", "2 read z"]);
		checkLines(server, [a.conn, b.conn]);
	});

	it("CH-14: takes what came meanwhile when it is back", () => {
		const { a, b } = stalled();
		expect(said(b.send(write(8, 1, "x"), write(9, 1, "y")))).toEqual([]);
		expect(resume(a)).toEqual(["1 read x", "2 read y"]);
		expect(said(b.replies())).toEqual(["8 wrote 1", "9 wrote 1"]);
	});

	it("CH-14, FL-1: has its parked reads flushed when it is back", () => {
		const { a, b } = stalled();
		a.send(flush(5, 1));
		b.send(write(8, 1, "x"));
		// Taking up its replies comes first, and with it read 1: the Tflush waits behind them.
		expect(resume(a)).toEqual(["1 read x", "5 flush"]);
	});

	it("CH-14, EN-2: sees the end of a removed channel when it is back", () => {
		const { a, b } = stalled();
		b.send(walk(1, 0, 9, "c"), { type: 122, tag: 2, fid: 9 });
		expect(resume(a)).toEqual(["1 read ", "2 read "]);
	});

	it("CH-8, CH-14, LM-8: gets a large rest in order when it is back, above its limit", () => {
		const { server, a, b } = pair({ limits: { unsent: 200, restBytes: 50 } });
		for (let tag = 1; tag <= 8; tag++) a.send(read(tag, 1, 100));
		a.stalled = true;
		b.send(
			write(
				1,
				1,
				"abcdefgh".replace(/./g, (c) => c.repeat(100)),
			),
		);
		expect(a.conn.stalled).toBe(true);
		const got = resume(a);
		expect(got).toEqual([..."abcdefgh"].map((c, i) => `${i + 1} read ${c.repeat(100)}`));
		checkLines(server, [a.conn, b.conn]);
	});

	it("CH-8, CH-14, LM-8: gets a rest when it is back, though it has too many by then", () => {
		const { a, b } = pair({ limits: { unsent: 200, restBytes: 400 } });
		for (const w of [a, b]) use(w, 2, "d");
		a.send(read(1, 2, 1), ...[2, 3, 4, 5].map((tag) => read(tag, 1, 100)));
		a.stalled = true;
		b.send(write(1, 1, "c".repeat(400)), write(2, 2, "d".repeat(300)));
		expect(resume(a).map((line) => line.slice(0, 8))).toEqual([
			"2 read c",
			"3 read c",
			"1 read d",
			"4 read c",
			"5 read c",
		]);
	});

	it("CH-14: keeps its requests in order however much it sends, and loses none", () => {
		const { a, b } = stalled();
		for (let i = 0; i < 5; i++) a.send(write(50 + i, 1, `${i}`));
		expect(resume(a)).toEqual(["1 read 0", "50 wrote 1", "2 read 1", "51 wrote 1"]);
		expect(said(b.send(read(1, 1), read(2, 1), read(3, 1)))).toEqual([
			"1 read 2",
			"2 read 3",
			"3 read 4",
		]);
	});
});
