// One run of the simulation: a server and its clients in one process, on virtual time, over a
// network that does what networks do. Everything that happens is drawn from one seed.

import type { StepFunction } from "../../spec/exploreworld.ts";
import { decode, type Fcall } from "../../src/9p/fcall.gen.ts";
import type { Conn } from "../../src/conn.ts";
import type { Server } from "../../src/server.ts";
import { Journal } from "../model/journal.ts";
import { OWNER } from "../model/world.ts";
import { newServer } from "../wire.ts";
import { Client, type Tally } from "./client.ts";
import { Judge } from "./judge.ts";
import { Clock, Pipe } from "./network.ts";
import { Random } from "./random.ts";

/** Less than the answer to a Tstat of the root. */
const UNSENT = 550;
const STALLED = 2;
export const LEAST_CLIENTS = 3;
export const LEAST_OPERATIONS = 200;
/** What a run is to meet with; each in a tenth of all runs at least. */
export const faults = [
	"split",
	"join",
	"drop",
	"stall",
	"renegotiate",
	"flush",
	"clunk",
	"remove",
	"resize",
] as const;

export interface Result {
	readonly seed: number;
	readonly clients: number;
	readonly operations: number;
	/** How often each fault, and each operation, happened. */
	readonly tally: Tally;
	/** Of all bytes that the server read and wrote, in order. */
	readonly digest: number;
	readonly error: string | null;
	/** The trace, if one was kept. */
	readonly trace: string | null;
}

/** Runs a seed; with `keep` its trace is kept. */
export function run(seed: number, keep = false, model?: StepFunction): Result {
	const sim = new Simulation(seed, keep, model);
	let error: string | null = null;
	try {
		sim.play();
	} catch (e) {
		error = e instanceof Error ? e.message : String(e);
	}
	return sim.result(error);
}

interface Seat {
	readonly conn: Conn;
	readonly client: Client;
	readonly up: Pipe;
	readonly down: Pipe;
	closed: () => void;
}

class Simulation {
	private readonly seed: number;
	private readonly random: Random;
	private readonly clock = new Clock();
	private readonly server: Server;
	private readonly judge: Judge;
	private readonly journal: Journal | null;
	private readonly tally: Tally = {};
	private readonly seats: (Seat | null)[];
	private readonly operations: number;
	private serial = 0;
	private digest = 0x811c9dc5;

	constructor(seed: number, keep: boolean, model?: StepFunction) {
		this.seed = seed;
		this.random = new Random(seed);
		this.journal = keep ? new Journal() : null;
		const { random } = this;
		const tight = random.once(3);
		const [channelBytes, connectionWriteBytes, serverWriteBytes] = [8, 14, 25];
		const limits = tight ? { channelBytes, connectionWriteBytes, serverWriteBytes } : {};
		this.server = newServer({ uname: OWNER, limits: { unsent: UNSENT, ...limits } });
		const held = { connHeld: connectionWriteBytes, serverHeld: serverWriteBytes };
		this.judge = new Judge(tight ? { channelBytes, ...held } : {}, model);
		this.operations = LEAST_OPERATIONS + random.below(100);
		this.seats = Array.from({ length: LEAST_CLIENTS + random.below(3) }, () => null);
	}

	play(): void {
		for (const i of this.seats.keys()) this.sit(i);
		while (this.count() < this.operations && this.clock.next());
		for (const i of this.seats.keys()) this.drop(i);
		const { reads, writes, droppedRests, droppedMessages } = this.server.stats;
		const real = { reads, writes, droppedRests, droppedMessages };
		const [wanted, got] = [JSON.stringify(this.judge.counts), JSON.stringify(real)];
		if (wanted !== got) throw new Error(`counted: model: ${wanted}, server: ${got}`);
		const { blockedBytes, snapshotBytes, bufferBytes, blockedRequests } = this.server;
		const left = [blockedBytes, snapshotBytes, bufferBytes, blockedRequests];
		if (left.some((n) => n !== 0)) throw new Error(`left over at the end: ${left}`);
	}

	result(error: string | null): Result {
		const { seed, tally, digest } = this;
		const header: [string, string][] = [
			["client", "simulated ones"],
			["seed", String(seed)],
			["again", `npm run sim -- --runs 1 --seed ${seed}`],
		];
		const trace = this.journal?.text(header) ?? null;
		const operations = this.count();
		return { seed, clients: this.seats.length, operations, tally, digest, error, trace };
	}

	/** Operations of clients so far: what is no trick of the network. */
	private count(): number {
		let n = 0;
		for (const [kind, times] of Object.entries(this.tally)) if (kind !== "drop") n += times;
		return n - (this.tally["split"] ?? 0) - (this.tally["join"] ?? 0);
	}

	private note(kind: string): void {
		this.tally[kind] = (this.tally[kind] ?? 0) + 1;
	}

	/** A client connects, and keeps doing things. */
	private sit(i: number): void {
		const { random, clock, server } = this;
		const conn: Conn = server.connect({
			trace: (direction, buf, from, to) => this.traced(conn.id, direction, buf, from, to),
		});
		const { tracer, closed } = this.journal?.connection() ?? { tracer: null, closed: () => {} };
		if (tracer !== null) this.tracers.set(conn.id, tracer);
		const up = new Pipe(clock, random, (bytes) => this.input(conn, bytes));
		const down = new Pipe(clock, random, (bytes) => this.seats[i]?.client.receive(bytes));
		const serial = () => this.serial++ % 256;
		const client = new Client(random, random.once(2), this.tally, serial, (b) => up.send(b));
		const seat: Seat = { conn, client, up, down, closed };
		this.seats[i] = seat;
		conn.onOutput = () => this.take(seat);
		const act = () => {
			if (this.seats[i] !== seat) return;
			const { stalled } = client;
			if (random.once(150)) this.drop(i);
			else {
				client.act();
				if (client.stalled && !stalled)
					clock.after(200 + random.below(4000), () => this.resume(seat));
			}
			clock.after(1 + random.below(200), act);
		};
		clock.after(random.below(100), act);
	}

	private readonly tracers = new Map<number, ReturnType<Journal["connection"]>["tracer"]>();

	private traced(
		id: number,
		direction: "T" | "R",
		buf: Uint8Array,
		from: number,
		to: number,
	): void {
		for (let i = from; i < to; i++) {
			this.digest = Math.imul(this.digest ^ (buf[i] as number) ^ id, 0x01000193);
		}
		this.tracers.get(id)?.(direction, buf, from, to);
		const m = decode(buf as Buffer, from, to) as Fcall;
		if (direction === "T") this.judge.asked(id, m);
		else this.judge.answered(id, m);
	}

	/** Bytes reach the server. */
	private input(conn: Conn, bytes: Buffer): void {
		this.journal?.step();
		this.server.tick(1000 + Math.floor(this.clock.now / 1e6));
		conn.input(bytes, 0, bytes.length);
		this.done();
	}

	/** The end of an event at the server: who takes no replies leaves the lines (CH-14). */
	private done(): void {
		this.server.flush();
		this.judge.finish();
		for (const seat of this.seats) {
			const { id, parked } = (seat?.conn ?? { id: -1, parked: 0 }) as unknown as Inside;
			if (parked !== STALLED || this.judge.stalled(id)) continue;
			this.judge.happens({ kind: "stall", conn: id });
		}
		this.judge.finish();
	}

	private take({ conn, client, down }: Seat): void {
		while (!client.stalled && conn.out.size > 0) {
			const bytes = Buffer.from(conn.out.buf.subarray(0, conn.out.size));
			if (this.judge.stalled(conn.id)) this.judge.happens({ kind: "resume", conn: conn.id });
			conn.sent(false);
			down.send(bytes);
		}
	}

	private resume(seat: Seat): void {
		if (!this.seats.includes(seat)) return;
		this.journal?.step();
		seat.client.stalled = false;
		this.take(seat);
		this.done();
	}

	/** A connection is lost, with what was on its way; its client comes back later. */
	private drop(i: number): void {
		const seat = this.seats[i];
		if (!seat) return;
		const { conn, up, down } = seat;
		this.note("drop");
		const last = up.drop();
		down.drop();
		if (last.length > 0) this.input(conn, last);
		this.tally["split"] = (this.tally["split"] ?? 0) + up.splits + down.splits;
		this.tally["join"] = (this.tally["join"] ?? 0) + up.joins + down.joins;
		this.seats[i] = null;
		seat.closed();
		this.judge.happens({ kind: "disconnect", conn: conn.id });
		this.server.disconnect(conn);
		this.done();
		this.clock.after(this.random.below(500), () => this.sit(i));
	}
}

interface Inside {
	readonly id: number;
	readonly parked: number;
}
