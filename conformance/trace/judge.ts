// Whether an answer is the one expected: compares fields, gives qids of the server the identity
// of those in the recording, and applies the deviations that hold everywhere. Messages in,
// verdicts out.

import {
	encodeStat,
	type Fcall,
	format,
	type Qid,
	QTDIR,
	Rread,
	sizeOfStat,
} from "../../src/9p/fcall.gen.ts";
import { type Always, type Expected, matches } from "./deviation.ts";
import { entriesOf, type Field, type FileInfo, fieldsOf } from "./fields.ts";

export class Judge {
	private readonly always: readonly Always[];
	private readonly used = new Set<Always>();
	/** Qids of the recording to those of the server, and back, by identity. */
	private readonly theirs = new Map<string, string>();
	private readonly recorded = new Map<string, Qid>();

	constructor(always: readonly Always[]) {
		this.always = always;
	}

	/** Null if `got` is what was recorded, else how it differs. */
	compare(recorded: Fcall, got: Fcall, file: FileInfo | undefined): string | null {
		const changed = new Set<Always>();
		const want = fieldsOf(recorded, file).map((f) => this.rewrite(f, changed));
		const why = this.differ(want, fieldsOf(got, file));
		if (why === null) for (const rule of changed) this.used.add(rule);
		return why;
	}

	/** The same for what a deviation says; deviations that hold everywhere do not touch it. */
	compareExpected(expected: Expected, got: Fcall, file: FileInfo | undefined): string | null {
		if (expected.fcall !== null) {
			return this.differ(fieldsOf(expected.fcall, file), fieldsOf(got, file));
		}
		return matches(expected.text, this.text(got, file)) ? null : "it does not match the pattern";
	}

	/** A message of the server as the recording would have it. */
	text(got: Fcall, file: FileInfo | undefined): string {
		return format(this.translated(got, file));
	}

	/** Deviations that hold everywhere and were needed nowhere. */
	unused(): Always[] {
		return this.always.filter((rule) => !this.used.has(rule));
	}

	private rewrite(f: Field, changed: Set<Always>): Field {
		for (const rule of this.always) {
			if (rule.field !== f.name || (rule.old !== "*" && rule.old !== f.value)) continue;
			if (rule.new !== f.value) changed.add(rule);
			return { ...f, value: rule.new };
		}
		return f;
	}

	private differ(want: Field[], got: Field[]): string | null {
		const learned: [Qid, Qid][] = [];
		for (const [i, w] of want.entries()) {
			const g = got[i];
			if (g === undefined || g.name !== w.name) return `${w.name} ${w.value} is missing`;
			if (w.qid !== undefined && g.qid !== undefined) {
				const why = this.sameFile(w.qid, g.qid);
				if (why !== null) return why;
				learned.push([w.qid, g.qid]);
			} else if (w.value !== "*" && w.value !== g.value) {
				return `${w.name} is ${g.value}, not ${w.value}`;
			}
		}
		if (got.length > want.length) return `${got[want.length]?.name} is too much`;
		for (const [w, g] of learned) {
			this.theirs.set(identity(w), identity(g));
			this.recorded.set(identity(g), w);
		}
		return null;
	}

	private sameFile(want: Qid, got: Qid): string | null {
		const known = this.theirs.get(identity(want));
		if (known !== undefined && known !== identity(got)) return "qid.path is another file's";
		const back = this.recorded.get(identity(got));
		if (back !== undefined && identity(back) !== identity(want)) {
			return "qid.path is that of another file";
		}
		return null;
	}

	private translated(m: Fcall, file: FileInfo | undefined): Fcall {
		const qid = (q: Qid): Qid => ({ ...q, path: this.recorded.get(identity(q))?.path ?? q.path });
		if ("qid" in m) return { ...m, qid: qid(m.qid) };
		if ("wqid" in m) return { ...m, wqid: m.wqid.map(qid) };
		if ("stat" in m) return { ...m, stat: { ...m.stat, qid: qid(m.stat.qid) } };
		const entries = m.type === Rread && file?.dir ? entriesOf(m.data) : null;
		if (entries === null) return m;
		const stats = entries.map((s) => ({ ...s, qid: qid(s.qid) }));
		const data = Buffer.alloc(stats.reduce((n, s) => n + sizeOfStat(s), 0));
		stats.reduce((at, s) => encodeStat(s, data, at), 0);
		return { ...m, data } as Fcall;
	}
}

// The original gives its root and ctl the same path; that one is a directory tells them apart.
function identity(qid: Qid): string {
	return `${qid.type & QTDIR} ${qid.path}`;
}
