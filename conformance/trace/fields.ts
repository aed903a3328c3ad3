// Messages taken apart into named fields, so that they can be compared and rewritten one by one.
// What differs between any two runs is left out or made alike here: tags, times, the unames of
// the server's own files, the order of a directory's entries, the figures of ctl. It knows
// nothing of connections.

import { u16 } from "../../src/9p/bytes.ts";
import {
	decodeStat,
	type Fcall,
	messages,
	type Qid,
	QTDIR,
	Rattach,
	Rauth,
	Rcreate,
	Rerror,
	Ropen,
	Rread,
	Rstat,
	Rversion,
	Rwalk,
	Rwrite,
	type Stat,
} from "../../src/9p/fcall.gen.ts";
import { quoteBytes } from "../../src/9p/text.ts";

/** What the file is that a request was about. */
export interface FileInfo {
	path: string;
	dir: boolean;
}

export interface Field {
	name: string;
	value: string;
	/** This field is the path of a qid: only its identity counts. */
	qid?: Qid;
}

/**
 * The fields of a server's message that count, in a fixed order; the message's name is the first.
 */
export function fieldsOf(m: Fcall, file: FileInfo | undefined): Field[] {
	return [field("message", nameOf(m)), ...body(m, file)];
}

/** The message's name. */
export function nameOf(m: Fcall): string {
	return NAMES.get(m.type) ?? `type ${m.type}`;
}

const NAMES = new Map(messages.map((m) => [m.number, m.name]));

/** The entries in what a directory read returned; null if they are none. */
export function entriesOf(data: Uint8Array): Stat[] | null {
	const entries: Stat[] = [];
	let at = 0;
	while (at < data.length) {
		if (data.length - at < 2) return null;
		const end = at + 2 + u16(data, at);
		const stat = end > data.length ? null : decodeStat(data, at, end);
		if (stat === null || "why" in stat) return null;
		entries.push(stat);
		at = end;
	}
	return entries;
}

function body(m: Fcall, file: FileInfo | undefined): Field[] {
	switch (m.type) {
		case Rversion:
			return [field("msize", m.msize), field("version", m.version)];
		case Rerror:
			return [field("ename", m.ename)];
		case Rauth:
			return qidFields(m.aqid);
		case Rattach:
			return qidFields(m.qid);
		case Ropen:
		case Rcreate:
			return [...qidFields(m.qid), field("iounit", m.iounit)];
		case Rwalk:
			return [field("nwqid", m.wqid.length), ...m.wqid.flatMap(qidFields)];
		case Rwrite:
			return [field("count", m.count)];
		case Rstat:
			return statFields(m.stat, file?.path === "/" || file?.path === "/ctl");
		case Rread:
			return readFields(m.data, file);
		default:
			return [];
	}
}

function readFields(data: Uint8Array, file: FileInfo | undefined): Field[] {
	if (file?.path === "/ctl") {
		// Columns three to six count what happened in whole seconds (CT-2, CT-3).
		const text = Buffer.from(data).toString("latin1");
		return [field("text", text.replace(/\t\d+\t\d+\t\d+\t\d+$/gm, "\t*\t*\t*\t*"))];
	}
	const entries = file?.dir ? entriesOf(data) : null;
	if (entries === null) return [field("data", quoteBytes(data))];
	entries.sort((a, b) => (a.name < b.name ? -1 : 1));
	const ours = (s: Stat) => file?.path === "/" && s.name === "ctl";
	return [
		field("entries", entries.map((s) => s.name).join(" ")),
		...entries.flatMap((s) => statFields(s, ours(s))),
	];
}

// `ours`: the file belongs to whom the server runs as.
function statFields(s: Stat, ours: boolean): Field[] {
	return [
		field("name", s.name),
		field("type", s.type),
		field("dev", s.dev),
		...qidFields(s.qid),
		field("mode", `0${s.mode.toString(8)}`),
		field("length", s.length),
		...(ours ? [] : [field("uid", s.uid), field("gid", s.gid), field("muid", s.muid)]),
	];
}

function qidFields(qid: Qid): Field[] {
	return [
		field("qid.type", qid.type),
		field((qid.type & QTDIR) === 0 ? "vers" : "dir.vers", qid.vers),
		{ ...field("qid.path", qid.path.toString(16)), qid },
	];
}

function field(name: string, value: string | number | bigint): Field {
	return { name, value: String(value) };
}
