// The model of the tree and the server do the same: names, permissions, Twstat and directory reads,
// right and wrong, by several connections and unames.

import fc from "fast-check";
import { describe, it } from "vitest";
import { entriesOf } from "../../conformance/trace/fields.ts";
import { step } from "../../spec/tree.ts";
import {
	CTL,
	type File,
	freshTree,
	isDir,
	qidType,
	ROOT,
	type TreeEvent,
	type TreeReply,
} from "../../spec/treestate.ts";
import type { Fcall, Qid, Stat } from "../../src/9p/fcall.gen.ts";
import * as p9 from "../../src/9p/fcall.gen.ts";
import { newServer, Wire } from "../wire.ts";
import { Journal } from "./journal.ts";
import { NOW, type TreeOp, treeEventOf, treeMessages, treeWeights } from "./treeevent.ts";

const CONNS = 2;
const FILES = 8;

class Forest {
	private readonly server = newServer({ limits: { files: FILES }, now: NOW });
	private readonly journal = new Journal();
	private readonly wires: Wire[] = [];
	private state = freshTree("glenda", FILES);

	constructor() {
		for (let conn = 0; conn < CONNS; conn++) {
			const { tracer } = this.journal.connection();
			this.wires.push(new Wire(this.server, { trace: tracer }));
			this.play({ kind: "end", conn });
			this.play({ kind: "attach", conn, fid: 0, uname: ["glenda", "rob"][conn] ?? "", aname: "" });
		}
	}

	play(event: TreeEvent): void {
		const e = this.placed(event);
		if (e === undefined) return;
		this.journal.step();
		const { state, reply } = step(this.state, e);
		this.state = state;
		const [m] = (this.wires[e.conn] as Wire).send(...treeMessages(e));
		const [wanted, got] = [wantedOf(e, reply), gotOf(e, m)];
		if (wanted === got) return;
		const trace = this.journal.text([["client", "operations of fast-check, shrunk"]]);
		throw new Error(`${e.kind}\n  model:  ${wanted}\n  server: ${got}\n\n${trace}`);
	}

	/** A directory is read where read(5) allows, or next to it; what is no directory, not at all. */
	private placed(e: TreeEvent): TreeEvent | undefined {
		if (e.kind !== "readdir") return e;
		const fid = this.state.fids.find((f) => f.conn === e.conn && f.fid === e.fid);
		const file = this.state.files.find((f) => f.path === fid?.path);
		if (fid?.mode !== undefined && file && !isDir(file)) return undefined;
		const { reading } = fid ?? {};
		if (!reading) return e;
		const { offset, bytes } = reading;
		const at = [0, offset + bytes, offset + bytes, offset, offset + 1][(e.count % 7) % 5];
		return { ...e, offset: at ?? 0 };
	}
}

function wantedOf(e: TreeEvent, r: TreeReply): string {
	if (r.kind === "error") return r.ename;
	if (r.kind === "ok") return "ok";
	if (r.kind === "qids") return r.files.map(qidOf).join(" ");
	const entries = r.files.map((f) =>
		[
			qidOf(f),
			f.name,
			f.mode,
			f.uid,
			f.gid,
			...(changing(f) ? [] : [f.muid, f.atime, f.mtime]),
		].join(),
	);
	return e.kind === "stat" ? entries.join(" ") : `${r.bytes}: ${entries.join(" ")}`;
}

function gotOf(e: TreeEvent, m: Fcall | undefined): string {
	switch (m?.type) {
		case undefined:
			return "nothing";
		case p9.Rerror:
			return m.ename;
		case p9.Rattach:
		case p9.Ropen:
		case p9.Rcreate:
			return realQid(m.qid);
		case p9.Rwalk:
			return m.wqid.map(realQid).join(" ");
		case p9.Rstat:
			return realStat(m.stat);
		case p9.Rread:
			return `${m.data.length}: ${(entriesOf(m.data) ?? []).map(realStat).join(" ")}`;
		default:
			return e.kind === "walk" ? "another reply" : "ok";
	}
}

/** Its times and who changed it last change with its entries, of which the model does not tell. */
const changing = (f: { path: number; mode: number }) =>
	f.mode >= 0x80000000 || f.path === ROOT || f.path === CTL;
const qidOf = (f: File) => `${f.path}.${f.vers}.${qidType(f)}`;
const realQid = (q: Qid) => `${q.path}.${q.vers}.${q.type}`;
const realStat = (s: Stat) => {
	const late = changing({ path: Number(s.qid.path), mode: s.mode });
	return [
		realQid(s.qid),
		s.name,
		s.mode,
		s.uid,
		s.gid,
		...(late ? [] : [s.muid, s.atime, s.mtime]),
	].join();
};

describe("model of the tree and server", () => {
	const kinds = Object.entries(treeWeights).map(([kind, weight]) => ({
		weight,
		arbitrary: fc.constant(kind as keyof typeof treeWeights),
	}));
	const n = fc.nat(30);
	const op: fc.Arbitrary<TreeOp> = fc.tuple(fc.oneof(...kinds), fc.nat(CONNS - 1), n, n, n, n);

	it("TR-4, TR-6, TR-9, TR-17, TR-18, TR-22, TR-24, TR-29, EN-3, EN-5, ER-6, LM-6: agree", () => {
		fc.assert(
			fc.property(fc.array(op, { maxLength: 120, size: "max" }), (ops) => {
				const forest = new Forest();
				for (const o of ops) forest.play(treeEventOf(o));
			}),
		);
	});
});
