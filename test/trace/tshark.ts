// What tshark makes of recorded bytes, and what it should make of them: one row of named columns
// for each message. A column that does not apply is empty; several values stand between
// semicolons. Of the bits of Tcreate's perm it shows only DMDIR and the permissions; entries that
// directory reads return stay bytes.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message } from "../../conformance/trace/format.ts";
import { bytesOf } from "../../conformance/trace/pcap.ts";
import type { Fcall, Qid, Stat } from "../../src/9p/fcall.gen.ts";
import * as p9 from "../../src/9p/fcall.gen.ts";

export type Row = Record<string, string>;

const TSHARK = "tshark";
/** Permission bits as stat(5) has them, by tshark's names. */
const PERMISSIONS: readonly (readonly [column: string, bit: number])[] = [
	["9p.dm.dir", p9.DMDIR],
	["9p.dm.append", p9.DMAPPEND],
	["9p.dm.exclusive", p9.DMEXCL],
	["9p.dm.mount", p9.DMMOUNT],
	["9p.dm.auth_file", p9.DMAUTH],
	["9p.dm.temp_file", p9.DMTMP],
	["9p.dm.read_owner", 0o400],
	["9p.dm.write_owner", 0o200],
	["9p.dm.exec_owner", 0o100],
	["9p.dm.read_group", 0o040],
	["9p.dm.write_group", 0o020],
	["9p.dm.exec_group", 0o010],
	["9p.dm.read_others", 0o004],
	["9p.dm.write_others", 0o002],
	["9p.dm.exec_others", 0o001],
];
const QID_TYPES: readonly (readonly [column: string, bit: number])[] = [
	["9p.qidtype.dir", p9.QTDIR],
	["9p.qidtype.append", p9.QTAPPEND],
	["9p.qidtype.exclusive", p9.QTEXCL],
	["9p.qidtype.mount", p9.QTMOUNT],
	["9p.qidtype.auth_file", p9.QTAUTH],
	["9p.qidtype.temp_file", p9.QTTMP],
];
const COLUMNS: readonly string[] = [
	...["msglen", "msgtype", "tag", "oldtag", "paramsz", "maxsize", "fid", "nqid", "mode"],
	...["mode.rwx", "mode.trunc", "mode.orclose", "iounit", "count", "offset", "perm"],
	...["qidpath", "qidvers", "qidtype", "statmode", "stattype", "atime", "mtime", "length", "dev"],
	...["wname", "version", "afid", "uname", "aname", "ename", "sdlen", "filename", "user", "group"],
	...["muid", "newfid", "nwalk", "extension", "enum", "uid", "gid"],
].map((name) => `9p.${name}`);

/** All that tshark is asked for. */
export const columns: readonly string[] = [
	...COLUMNS,
	...PERMISSIONS.map(([column]) => column),
	...QID_TYPES.map(([column]) => column),
	"data.data",
];

/** Whether there is a tshark. */
export function haveTshark(): boolean {
	return spawnSync(TSHARK, ["--version"]).status === 0;
}

/** What tshark decodes of packets to and from `port`. */
export function decoded(pcap: Buffer, port: number): Row[] {
	const dir = mkdtempSync(join(tmpdir(), "dchan-"));
	try {
		const file = join(dir, "trace.pcap");
		writeFileSync(file, pcap);
		const fields = columns.flatMap((column) => ["-e", column]);
		const how = ["-T", "fields", "-E", "separator=|", "-E", "aggregator=;", ...fields];
		const decodeAs = ["-n", "-d", `tcp.port==${port},9p`, "-Y", "9p"];
		const run = spawnSync(TSHARK, ["-r", file, ...decodeAs, ...how], {
			encoding: "utf8",
			maxBuffer: 1 << 28,
			env: { ...process.env, TZ: "UTC", LC_ALL: "C.UTF-8" },
		});
		if (run.status !== 0) throw new Error(run.stderr);
		return run.stdout.trimEnd().split("\n").map(rowOf);
	} finally {
		rmSync(dir, { recursive: true });
	}
}

/** What it should decode of a message. */
export function wanted(message: Message): Row {
	const row: Row = {};
	const put = (column: string, value: string | number | bigint | undefined) => {
		if (value === undefined || value === "") return;
		row[column] = row[column] === undefined ? String(value) : `${row[column]};${value}`;
	};
	const m = message.fcall;
	put("9p.msglen", bytesOf(message).length);
	if (m !== null) fields(m, (name, value) => put(name.includes(".") ? name : `9p.${name}`, value));
	return row;
}

type Put = (name: string, value: string | number | bigint | undefined) => void;

function fields(m: Fcall, put: Put): void {
	put("msgtype", m.type);
	put("tag", m.tag);
	if ("oldtag" in m) put("oldtag", m.oldtag);
	if ("msize" in m) put("maxsize", m.msize);
	for (const name of ["fid", "newfid", "afid", "iounit", "offset", "count"] as const) {
		if (name in m) put(name, (m as unknown as Record<string, number>)[name]);
	}
	for (const name of ["version", "uname", "aname", "ename"] as const) {
		if (name in m) text(put, name, (m as unknown as Record<string, string>)[name] ?? "");
	}
	if (m.type === p9.Tcreate) {
		text(put, "filename", m.name);
		put("perm", m.perm);
		bits(
			put,
			m.perm,
			PERMISSIONS.filter(([, bit]) => bit === p9.DMDIR || bit < 0o1000),
		);
	}
	if (m.type === p9.Topen || m.type === p9.Tcreate) {
		put("mode", `0x${m.mode.toString(16).padStart(2, "0")}`);
		put("9p.mode.rwx", m.mode & 3);
		put("9p.mode.trunc", m.mode & p9.OTRUNC ? 1 : 0);
		put("9p.mode.orclose", m.mode & p9.ORCLOSE ? 1 : 0);
	}
	if ("wname" in m) put("nwalk", m.wname.length);
	if ("wname" in m) for (const name of m.wname) text(put, "wname", name);
	if ("wqid" in m) put("nqid", m.wqid.length);
	if ("wqid" in m) for (const qid of m.wqid) ofQid(put, qid);
	if ("qid" in m) ofQid(put, m.qid);
	if ("data" in m) {
		put("count", m.data.length);
		put("data.data", Buffer.from(m.data).toString("hex"));
	}
	if ("stat" in m) ofStat(put, m.stat);
}

function ofStat(put: Put, s: Stat): void {
	const size = p9.sizeOfStat(s);
	put("paramsz", size);
	put("sdlen", size - 2);
	put("stattype", s.type);
	put("dev", s.dev);
	ofQid(put, s.qid);
	put("statmode", s.mode);
	bits(put, s.mode, PERMISSIONS);
	put("atime", s.atime);
	put("mtime", s.mtime);
	put("length", s.length);
	text(put, "filename", s.name);
	text(put, "user", s.uid);
	text(put, "group", s.gid);
	text(put, "muid", s.muid);
}

function ofQid(put: Put, qid: Qid): void {
	put("qidtype", `0x${qid.type.toString(16).padStart(2, "0")}`);
	put("qidvers", qid.vers);
	put("qidpath", qid.path);
	bits(put, qid.type, QID_TYPES);
}

function bits(put: Put, v: number, names: readonly (readonly [string, number])[]): void {
	for (const [name, bit] of names) put(name, (v & bit) === 0 ? 0 : 1);
}

function text(put: Put, name: string, s: string): void {
	put("paramsz", Buffer.byteLength(s));
	put(name, s);
}

function rowOf(line: string): Row {
	const row: Row = {};
	for (const [i, value] of line.split("|").entries()) {
		const column = columns[i] ?? "too many";
		const time = column === "9p.atime" || column === "9p.mtime";
		// Times come as `Nov 23, 2026 07:39:36.000000000 UTC`.
		const plain = time && value !== "" ? Date.parse(value.replace(/\.\d+/, "")) / 1000 : value;
		if (value !== "") row[column] = String(plain);
	}
	return row;
}
