// Whatever clients do, no message is lost, doubled, joined or reordered, nothing waits beside
// what it waits for, and all memory comes back. Random traffic of several connections against
// ledger.ts.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fcall, ORDWR, OREAD, OWRITE } from "../src/9p/fcall.gen.ts";
import type { Server } from "../src/server.ts";
import {
	attach,
	clunk,
	flush,
	read,
	remove,
	tcreate,
	topen,
	version,
	walk,
	write,
} from "./chans.ts";
import { Book, Ledger } from "./ledger.ts";
import { checkLines } from "./lines.ts";
import { newServer, Wire } from "./wire.ts";

const SEATS = 3;
const NAMES = ["a", "b"];
const MODES = [OREAD, OWRITE, ORDWR];
const MOST_MESSAGES = 250; // a message's bytes are its number

type Op = readonly [kind: string, seat: number, x: number, y: number];

const op: fc.Arbitrary<Op> = fc.tuple(
	fc.oneof(
		{ weight: 30, arbitrary: fc.constant("read") },
		{ weight: 30, arbitrary: fc.constant("write") },
		{ weight: 8, arbitrary: fc.constant("flush") },
		{ weight: 8, arbitrary: fc.constant("open") },
		{ weight: 8, arbitrary: fc.constant("stall") },
		{ weight: 4, arbitrary: fc.constantFrom("burst", "clunk", "resize") },
		{ weight: 1, arbitrary: fc.constantFrom("remove", "version", "close", "break") },
	),
	fc.nat(SEATS - 1),
	fc.nat(30),
	fc.nat(30),
);

const limits = {
	unsent: 80,
	requests: 12,
	channelBytes: 40,
	serverBytes: 1100,
	connectionWriteBytes: 60,
	serverWriteBytes: 90,
	restBytes: 20,
};

// A connection with its book.
class Seat extends Wire {
	readonly book: Book;

	constructor(server: Server, linux: "always" | "never", book: Book) {
		super(server, { linux, trace: book.trace });
		this.book = book;
		this.send(version(), attach(1, 0));
	}

	override replies(): Fcall[] {
		const got = super.replies();
		this.book.took(got);
		return got;
	}

	/** Stalls, or takes what has come meanwhile. */
	turn(stalled: boolean): void {
		this.stalled = stalled;
		this.take();
		this.server.flush();
		this.replies();
	}
}

class Traffic {
	readonly server: Server;
	readonly ledger = new Ledger();
	private readonly seats: Seat[] = [];
	private readonly lingering: Seat[] = [];
	private tag = 100;
	private id = 0;
	private lost = 0;

	constructor(narrow: boolean) {
		this.server = newServer(narrow ? { limits } : {});
		for (let i = 0; i < SEATS; i++) this.connect(i);
		for (const [i, name] of NAMES.entries()) this.open(i, 1 + i, name, ORDWR);
	}

	play([kind, seat, x, y]: Op): void {
		const wire = this.at(seat);
		const fid = 1 + (x % 3);
		const name = NAMES[y % NAMES.length] as string;
		if (kind === "read") wire.send(read(this.tag++, fid, [1, 3, 8, 100][y % 4]));
		else if (kind === "write") wire.send(...this.message(fid, 1 + y));
		else if (kind === "flush") wire.send(flush(this.tag++, this.tag - 2 - x));
		else if (kind === "open") this.open(seat, fid, name, MODES[y % 3] as number);
		else if (kind === "clunk") wire.send(clunk(this.tag++, fid));
		else if (kind === "burst") this.burst(wire, fid, y);
		else if (kind === "stall") wire.turn(!wire.stalled);
		else if (kind === "resize") this.resize(name, x % 4);
		else if (kind === "remove") this.removeFile(wire, name);
		else if (kind === "version") wire.send(version(), attach(this.tag++, 0));
		else this.end(seat, kind === "break");
		for (const w of [...this.seats, ...this.lingering]) w.replies();
		checkLines(
			this.server,
			this.seats.map((w) => w.conn),
		);
	}

	/** Ends everything; what was accepted must then have been delivered or counted. */
	finish(): void {
		for (let i = 0; i < SEATS; i++) this.end(i, false);
		for (const wire of this.lingering) wire.close();
		this.drain();
		for (const wire of this.seats) wire.close();
		const entries = [...this.ledger.entries.values()];
		const missing = entries.filter((e) => e.status === "accepted" && e.got === 0);
		const { server } = this;
		const { stats, store, blockedBytes, snapshotBytes, bufferBytes, blockedRequests } = server;
		expect(missing.length).toBe(stats.droppedMessages);
		expect(entries.filter((e) => e.got > 0 && e.status !== "accepted")).toEqual([]);
		expect(stats.droppedRests).toBe(this.ledger.droppedRests);
		expect(stats.lostMessages).toBe(this.lost);
		expect({ used: store.used, blockedBytes, snapshotBytes, bufferBytes, blockedRequests }).toEqual(
			{
				used: 0,
				blockedBytes: 0,
				snapshotBytes: 0,
				bufferBytes: 0,
				blockedRequests: 0,
			},
		);
	}

	private at(seat: number): Seat {
		return this.seats[seat] as Seat;
	}

	// Seat 1 is Linux's; its reads are all at offset 0, so that none is a continuation or a re-read.
	private connect(seat: number): void {
		const linux = seat === 1 ? "always" : "never";
		this.seats[seat] = new Seat(this.server, linux, new Book(this.ledger));
	}

	private message(fid: number, size: number) {
		if (this.id === MOST_MESSAGES) return [];
		return [write(this.tag++, fid, String.fromCharCode(++this.id).repeat(size))];
	}

	private burst(wire: Wire, fid: number, n: number): void {
		const writes = Array.from({ length: n % 5 }, (_, i) =>
			this.message(fid, 1 + ((n * 7 + i) % 12)),
		);
		const reads = Array.from({ length: n % 7 }, (_, i) => read(this.tag++, 1 + (i % 3), 1 + n));
		wire.send(...reads, ...writes.flat());
	}

	private open(seat: number, fid: number, name: string, mode: number): void {
		const t = this.tag;
		this.tag += 5;
		// Whichever of the two ways works: it is there, or it is created.
		this.at(seat).send(
			clunk(t, fid),
			walk(t + 1, 0, fid, name),
			topen(t + 2, fid, mode),
			walk(t + 3, 0, fid),
			tcreate(t + 4, fid, name, mode),
		);
	}

	private resize(name: string, capacity: number): void {
		for (const { chan } of this.server.tree.channels().filter((c) => c.name === name)) {
			chan.resize(capacity);
		}
		this.server.flush();
	}

	private removeFile(wire: Wire, name: string): void {
		wire.send(walk(this.tag++, 0, 50, name), remove(this.tag++, 50));
	}

	// The connection ends, at once or after breaking the protocol, and another takes its seat.
	private end(seat: number, broken: boolean): void {
		const wire = this.at(seat);
		const { book } = wire;
		if (broken) {
			wire.turn(false);
			wire.bytes(Buffer.from([3, 0, 0, 0]));
			book.gone();
			this.lingering.push(wire);
		} else {
			book.gone();
			wire.close();
			this.lost += book.produced - book.taken;
		}
		this.connect(seat);
	}

	private drain(): void {
		for (const name of NAMES) {
			const wire = this.at(0);
			this.open(0, 1, name, ORDWR);
			for (let last = -1; last !== wire.book.produced; ) {
				last = wire.book.produced;
				const tag = this.tag++;
				wire.send(read(tag, 1, 100));
				wire.send(flush(this.tag++, tag));
			}
		}
	}
}

describe("traffic", () => {
	const ops = fc.array(op, { maxLength: 150, size: "max" });
	it.each([
		["narrow", true],
		["wide", false],
	])(
		"CH-1, CH-2, CH-7, CH-8, CH-9, CH-14, EN-1, EN-4, FL-1, FL-4, FL-6: conserved, limits %s",
		(_, narrow) => {
			fc.assert(
				fc.property(ops, (all) => {
					const traffic = new Traffic(narrow);
					for (const one of all) traffic.play(one);
					traffic.finish();
				}),
			);
		},
	);
});
