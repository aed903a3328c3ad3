// What an answer changes at the fid of a Linux connection: the 0 it owes, the bytes it keeps, its
// run of zeros (LX). Other connections' fids never change by an answer (LX-5).

import {
	type Bytes,
	type Conn,
	connOf,
	type Fid,
	IOHDRSZ,
	type Read,
	type Run,
	type State,
	sum,
} from "./chanstate.ts";

/** Whether a read is the one the run is of (LX-8). */
export const sameRead = (run: Run | undefined, r: Read) =>
	run?.offset === r.offset && run.count === r.count;

/** The fid after an answer: what it owes (LX-2, LX-4), and its run of zeros (LX-8). */
export function got(s: State, conn: Conn, fid: Fid, r: Read, bytes: Bytes): Fid {
	if (!conn.linux) return fid; // LX-5
	const { offset, count } = r;
	if (bytes === "") {
		const zeros = sameRead(fid.run, r) ? (fid.run?.zeros ?? 0) + 1 : 1;
		return { ...fid, run: { offset, count, zeros } };
	}
	if (bytes.length === count) return { ...fid, run: undefined };
	const least = count - bytes.length;
	const most = count === conn.msize - IOHDRSZ ? count : least;
	const owed = [...fid.owed, { offset: offset + bytes.length, least, most }];
	return { ...fid, run: undefined, owed: owed.slice(-s.limits.owed) };
}

/** The fid after a new read: its bytes are kept for re-reads (LX-6), if there is room (LM-8). */
export function keep(s: State, fid: Fid, r: Read, bytes: Bytes): Fid {
	const linux = connOf(s, fid.conn)?.linux === true;
	if (!linux || !fid.rereads || r.count > s.limits.kept) return { ...fid, kept: undefined };
	const others = s.fids.filter((f) => f.conn === fid.conn && f.fid !== fid.fid);
	const all = others.map((f) => f.kept?.bytes ?? "");
	if (sum([...all, bytes]) > s.limits.rests) return { ...fid, kept: undefined };
	return { ...fid, kept: { offset: r.offset, bytes } };
}
