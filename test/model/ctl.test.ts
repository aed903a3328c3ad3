// The model of ctl and the server do the same: reads of snapshots, writes in pieces, rates by the
// second, and what there is not enough memory for.

import fc from "fast-check";
import { describe, it } from "vitest";
import {
	type CtlEvent,
	type CtlReply,
	type Fact,
	freshCtl,
	snapshotText,
	step,
} from "../../spec/ctl.ts";
import type { Fcall } from "../../src/9p/fcall.gen.ts";
import * as p9 from "../../src/9p/fcall.gen.ts";
import { attach, clunk, read, remove, tcreate, topen, version, walk, write } from "../chans.ts";
import { newServer, Wire } from "../wire.ts";
import { Journal } from "./journal.ts";

type Op = readonly [kind: string, x: number, y: number, z: number];

const NAMES = ["a", "b c", "it's", "d"];
const FIDS = [2, 3];
const MOST_CAPACITY = 20;
const PIECES = [
	"/a 3\n",
	"/a 1",
	"'/b c' 2\n",
	"\n",
	"'/it''s'\t4 x y\n/d 1\n",
	"# no\n/a",
	" 5",
	"/a 21\n",
	"/zz 1\n",
	"/ctl 1\n",
	"/dir 1\n",
	"a 1\n",
	"/a x\n",
	"",
	"'/a",
	"0\n",
];

class Table {
	private readonly server;
	private readonly journal = new Journal();
	private readonly wires: Wire[];
	private state;
	private facts: Fact[] = [];
	private now = 1000;
	private tag = 10;

	constructor(snapshotBytes: number) {
		this.server = newServer({ limits: { snapshotBytes, capacity: MOST_CAPACITY } });
		this.state = freshCtl({ snapshotBytes, mostCapacity: MOST_CAPACITY });
		// The first is Linux's, and the last one makes channels and uses them.
		this.wires = (["always", "never", "never"] as const).map((linux) => {
			const wire = new Wire(this.server, { linux, trace: this.journal.connection().tracer });
			wire.send(version(), attach(1, 0));
			return wire;
		});
		this.maker.send(walk(1, 0, 1), tcreate(1, 1, "dir", 0));
		this.maker.send(remove(1, 1), walk(1, 0, 1));
		const dir = {
			type: p9.Tcreate,
			tag: 1,
			fid: 1,
			name: "dir",
			perm: 0x80000000 + 0o777,
			mode: 0,
		};
		this.maker.send(dir as Fcall);
	}

	play([kind, x, y, z]: Op): void {
		this.journal.step();
		const conn = x % 2;
		const fid = FIDS[y % 2] as number;
		const open = this.state.fids.some((f) => f.conn === conn && f.fid === fid);
		if (kind === "tick") this.tick(1 + (x % 3));
		else if (kind === "create") this.create(NAMES[x % NAMES.length] as string);
		else if (kind === "pass") this.pass(this.facts[x % this.facts.length]);
		else if (kind === "end") this.end(conn);
		else if (!open) {
			(this.wires[conn] as Wire).send(walk(1, 0, fid, "ctl"), topen(1, fid, p9.ORDWR));
			this.model({ kind: "open", conn, fid, linux: conn === 0 });
		} else if (kind === "write") {
			const bytes = Array.from({ length: 1 + (x % 3) }, (_, i) => piece(y + z * i)).join("");
			this.both({ kind, conn, fid, bytes }, write(1, fid, bytes));
		} else if (kind === "clunk") this.both({ kind, conn, fid }, clunk(1, fid));
		else if (kind === "stat") this.both({ kind, conn, fid }, { type: p9.Tstat, tag: 1, fid });
		else this.reads(conn, fid, x, z);
	}

	private tick(seconds: number): void {
		this.now += seconds;
		this.server.tick(this.now);
	}

	private get maker(): Wire {
		return this.wires[2] as Wire;
	}

	// A few identical reads far behind the end, or one somewhere.
	private reads(conn: number, fid: number, x: number, z: number): void {
		const offset = [0, 0, 5, 70, 999][z % 5] as number;
		const count = [8192, 30, 0, 1][x % 4] as number;
		for (let n = z % 5 === 4 ? 1 + x * 3 : 1; n > 0; n--) {
			this.both({ kind: "read", conn, fid, offset, count }, read(1, fid, count, offset));
		}
	}

	private model(e: CtlEvent): CtlReply {
		const facts = { channels: this.facts, dirs: ["/", "/dir"], now: this.now * 1000 };
		const { state, reply, resizes } = step(this.state, e, facts);
		this.state = state;
		for (const { path, capacity } of resizes) {
			this.facts = this.facts.map((f) => (f.path === path ? { ...f, capacity } : f));
		}
		return reply;
	}

	private both(e: CtlEvent, m: Fcall): void {
		const [real] = (this.wires[e.conn] as Wire).send(m);
		this.same(e.kind, said(this.model(e)), saidOf(real));
	}

	private end(conn: number): void {
		(this.wires[conn] as Wire).send(version(), attach(1, 0));
		this.model({ kind: "end", conn });
		this.look();
	}

	private create(name: string): void {
		if (this.facts.some((f) => f.path === `/${name}`)) return;
		this.maker.send(walk(1, 0, 9), tcreate(1, 9, name, p9.ORDWR), clunk(1, 9));
		this.facts.push({ path: `/${name}`, capacity: 0, rx: [], tx: [] });
	}

	/** A message goes through a channel. */
	private pass(fact: Fact | undefined): void {
		if (fact === undefined) return;
		this.maker.send(walk(1, 0, 9, fact.path.slice(1)), topen(1, 9, p9.ORDWR));
		this.maker.send(read(this.tag++, 9), write(this.tag++, 9, "m"), clunk(1, 9));
		const ms = this.now * 1000;
		const passed = { ...fact, rx: [...fact.rx, ms], tx: [...fact.tx, ms] };
		this.facts = this.facts.map((f) => (f === fact ? passed : f));
	}

	// What all of it comes to now, by a fid of its own.
	private look(): void {
		const [, , got, gone] = this.maker.send(
			walk(1, 0, 9, "ctl"),
			topen(1, 9, p9.OREAD),
			read(1, 9, 8000),
			clunk(1, 9),
		);
		if (got?.type === p9.Rerror || gone === undefined) return;
		const wanted = snapshotText({ channels: this.facts, dirs: [], now: this.now * 1000 });
		this.same("all of ctl", JSON.stringify(wanted), saidOf(got));
	}

	private same(what: string, wanted: string, got: string): void {
		if (wanted === got) return;
		const trace = this.journal.text([["client", "operations of fast-check, shrunk"]]);
		throw new Error(`${what}\n  model:  ${wanted}\n  server: ${got}\n\n${trace}`);
	}
}

const piece = (at: number) => PIECES[at % PIECES.length] as string;

function said(r: CtlReply): string {
	if (r.kind === "data") return JSON.stringify(r.bytes);
	return r.kind === "count" ? `wrote ${r.count}` : r.kind === "error" ? r.ename : "ok";
}

function saidOf(m: Fcall | undefined): string {
	if (m?.type === p9.Rread) return JSON.stringify(Buffer.from(m.data).toString("latin1"));
	if (m?.type === p9.Rwrite) return `wrote ${m.count}`;
	return m?.type === p9.Rerror ? m.ename : m === undefined ? "nothing" : "ok";
}

describe("model of ctl and server", () => {
	const kinds = ["read", "read", "write", "write", "write", "tick", "pass", "pass", "create"];
	const rare = ["clunk", "stat", "end"];
	const n = fc.nat(30);
	const op: fc.Arbitrary<Op> = fc.tuple(fc.constantFrom(...kinds, ...kinds, ...rare), n, n, n);

	it.each([1 << 20, 150])(
		"CT-1, CT-2, CT-3, CT-4, CT-5, CT-7, CT-8, CT-9, LX-8: agree, %i bytes of snapshots",
		(bytes) => {
			fc.assert(
				fc.property(fc.array(op, { maxLength: 80, size: "max" }), (ops) => {
					const table = new Table(bytes);
					for (const o of ops) table.play(o);
				}),
			);
		},
	);
});
