// Names, permissions and directories, as a pure function: the rules TR and EN-3, EN-5, ER-6 of
// README.md made executable. It must not know what channels do (only that they came and went), the
// wire, the clock, or anything of src. Where the rules leave open which of two errors is first, the
// order is: fid, kind of file, mode, removed, permissions asked for, name, permission, state.

import {
	CTL,
	childOf,
	childrenOf,
	DMAPPEND,
	DMDIR,
	DMEXCL,
	DMTMP,
	dmdir,
	EXEC,
	type File,
	fileOf,
	isDir,
	isName,
	may,
	NOFID,
	OEXEC,
	ORCLOSE,
	ORDWR,
	OTRUNC,
	OWRITE,
	READ,
	ROOT,
	setFile,
	statSize,
	type Tree,
	type TreeEvent,
	type TreeFid,
	type TreeReply,
	type TreeStep,
	WRITE,
} from "./treestate.ts";
import { wstat } from "./treewstat.ts";

/** The model: the tree after an event, the reply, and the channels that came and went. */
export function step(t: Tree, e: TreeEvent): TreeStep {
	const [state, reply] = carryOut(t, e);
	const channels = (x: Tree) =>
		x.files.filter((f) => !isDir(f) && f.path !== CTL && !f.removed).map((f) => f.path);
	const [was, is] = [channels(t), channels(state)];
	const created = is.filter((p) => !was.includes(p));
	const removed = was.filter((p) => !is.includes(p));
	return { state, reply, created, removed };
}

type Done = readonly [Tree, TreeReply];
const OK: TreeReply = { kind: "ok" };
const refuse = (t: Tree, ename: string): Done => [t, { kind: "error", ename }];
const qids = (...files: File[]): TreeReply => ({ kind: "qids", files });

function carryOut(t: Tree, e: TreeEvent): Done {
	if (e.kind === "end") {
		const mine = t.fids.filter((f) => f.conn === e.conn);
		return [mine.reduce(endFid, t), OK];
	}
	const fid = t.fids.find((f) => f.conn === e.conn && f.fid === e.fid);
	if (e.kind === "attach") return attach(t, e, fid !== undefined);
	if (!fid) return refuse(t, "fid unknown or out of range"); // ER-6
	const f = fileOf(t, fid.path);
	if (e.kind === "clunk") return [endFid(t, fid), OK];
	if (e.kind === "walk") return walk(t, fid, e);
	if (e.kind === "remove") {
		const why = f.removed ? REMOVED : mayRemove(t, f, fid.uname);
		const without = dropFid(t, fid); // TR-19
		return why ? refuse(without, why) : [removeFile(without, f), OK];
	}
	if (fid.mode !== undefined && (e.kind === "open" || e.kind === "create")) {
		return refuse(t, "bad use of fid"); // ER-6
	}
	if (e.kind === "create" && !isDir(f)) return refuse(t, "not a directory");
	if (f.removed && (e.kind === "stat" || e.kind === "wstat" || e.kind === "open")) {
		return refuse(t, REMOVED); // EN-3
	}
	switch (e.kind) {
		case "open":
			return open(t, fid, f, e.mode);
		case "create":
			return create(t, fid, f, e);
		case "stat":
			return [t, { kind: "stats", files: [f], bytes: statSize(f) }];
		case "wstat": {
			const done = wstat(t, f, fid.uname, e.change);
			return typeof done === "string" ? refuse(t, done) : [done, OK];
		}
		case "readdir":
			return readdir(t, fid, f, e.offset, e.count);
	}
}

const REMOVED = "file has been removed";
const DENIED = "permission denied";

function attach(t: Tree, e: TreeEvent & { kind: "attach" }, inUse: boolean): Done {
	const { conn, fid, uname, aname } = e;
	if (inUse || fid === NOFID) return refuse(t, "fid already in use");
	if (aname !== "" && aname !== "/") return refuse(t, "file does not exist"); // TR-2
	return [{ ...t, fids: [...t.fids, { conn, fid, uname, path: ROOT }] }, qids(fileOf(t, ROOT))];
}

/** TR-9. */
function walk(t: Tree, fid: TreeFid, e: TreeEvent & { kind: "walk" }): Done {
	if (fid.mode !== undefined) return refuse(t, "bad use of fid");
	const taken = t.fids.some((f) => f.conn === e.conn && f.fid === e.newfid);
	if (e.newfid === NOFID || (taken && e.newfid !== e.fid)) return refuse(t, "fid already in use");
	const found: File[] = [];
	for (const name of e.wname) {
		const next = child(t, found.at(-1) ?? fileOf(t, fid.path), name, fid.uname);
		if (typeof next !== "string") found.push(next);
		else if (found.length === 0) return refuse(t, next);
		else return [t, qids(...found)];
	}
	const path = found.at(-1)?.path ?? fid.path;
	const { conn, uname } = fid;
	const others = t.fids.filter((f) => f.conn !== conn || f.fid !== e.newfid);
	return [{ ...t, fids: [...others, { conn, fid: e.newfid, uname, path }] }, qids(...found)];
}

function child(t: Tree, dir: File, name: string, uname: string): File | string {
	if (!isDir(dir)) return "not a directory";
	if (dir.removed) return REMOVED;
	if (!may(dir, uname, EXEC)) return DENIED;
	if (name === "..") return fileOf(t, dir.parent);
	return childOf(t, dir.path, name) ?? "file does not exist";
}

const MODES = 3 | OTRUNC | ORCLOSE;

function open(t: Tree, fid: TreeFid, f: File, mode: number): Done {
	if ((mode & ~MODES) !== 0) return refuse(t, "illegal mode"); // TR-26
	const access = mode & 3;
	const writes = access === OWRITE || access === ORDWR;
	if (isDir(f) && (writes || (mode & (OTRUNC | ORCLOSE)) !== 0)) {
		return refuse(t, "Is a directory"); // TR-27, TR-29
	}
	if (f.path === CTL && mode & ORCLOSE) return refuse(t, "Operation not permitted");
	const needs =
		(access === OEXEC ? EXEC : access === OWRITE ? 0 : READ) |
		(writes || mode & OTRUNC ? WRITE : 0); // TR-28
	const bits = [READ, WRITE, EXEC].filter((bit) => (needs & bit) !== 0);
	if (!bits.every((bit) => may(f, fid.uname, bit))) return refuse(t, DENIED);
	if (mode & ORCLOSE && !may(fileOf(t, f.parent), fid.uname, WRITE)) return refuse(t, DENIED);
	const busy = t.fids.some((o) => o.path === f.path && o.mode !== undefined);
	if (f.mode & DMEXCL && busy) return refuse(t, "exclusive use file already open"); // TR-30
	return [setFid(t, fid, { mode }), qids(f)];
}

const PERMS = DMAPPEND | DMEXCL | DMTMP | 0o777;

function create(t: Tree, fid: TreeFid, dir: File, e: TreeEvent & { kind: "create" }): Done {
	const { name, perm, mode, now } = e;
	const wantsDir = perm >= DMDIR;
	const low = wantsDir ? perm - DMDIR : perm;
	if ((mode & ~MODES) !== 0) return refuse(t, "illegal mode"); // TR-26
	if (wantsDir && mode !== 0 && mode !== OEXEC) return refuse(t, "Is a directory");
	if (dir.removed) return refuse(t, REMOVED);
	if ((low & ~PERMS) !== 0) return refuse(t, "illegal mode"); // TR-31
	if (!isName(name)) return refuse(t, "illegal name");
	if (!may(dir, fid.uname, WRITE)) return refuse(t, DENIED);
	if (childOf(t, dir.path, name)) return refuse(t, "file already exists"); // TR-7
	const living = t.files.filter((f) => !f.removed).length - 2;
	if (living >= t.most) return refuse(t, "No space left on device"); // LM-6
	const mask = wantsDir ? 0o777 : 0o666;
	const granted = low & (~mask | (dir.mode & mask)); // TR-4
	const file: File = {
		path: t.next,
		parent: dir.path,
		name,
		mode: wantsDir ? dmdir(granted) : granted,
		uid: fid.uname,
		gid: fid.uname,
		muid: fid.uname,
		atime: now,
		mtime: now,
		vers: 0,
		removed: false,
	};
	const grown = { ...t, next: t.next + 1, files: [...t.files, file] }; // TR-23
	return [setFid(bump(grown, dir.path), fid, { path: file.path, mode }), qids(file)];
}

/** TR-20, TR-21, TR-22. An answer of 0 bytes changes nothing. */
function readdir(t: Tree, fid: TreeFid, f: File, offset: number, count: number): Done {
	if (fid.mode === undefined || !isDir(f)) return refuse(t, "bad use of fid");
	const last = fid.reading;
	const entries = offset === 0 || !last ? sorted(childrenOf(t, f.path)) : last.entries;
	if (offset !== 0 && offset !== last?.offset && offset !== (last && last.offset + last.bytes)) {
		return refuse(t, "bad offset in directory read");
	}
	const first = offset === 0 ? 0 : offset === last?.offset ? last.first : (last?.next ?? 0);
	const files: File[] = [];
	let bytes = 0;
	let next = first;
	for (; next < entries.length; next++) {
		const entry = fileOf(t, entries[next] as number);
		if (entry.removed) continue;
		if (bytes + statSize(entry) > count) break;
		files.push(entry);
		bytes += statSize(entry);
	}
	const reply: TreeReply = { kind: "stats", files, bytes };
	if (bytes === 0 && offset !== 0) return [t, reply];
	return [setFid(t, fid, { reading: { entries, offset, bytes, first, next } }), reply];
}

/** In the order of ctl's paths: no rule asks for it, but an answer's length depends on an order. */
function sorted(files: readonly File[]): number[] {
	const key = (f: File) => (isDir(f) ? `${f.name}/` : f.name);
	return files.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)).map((f) => f.path);
}

/** Why a file can't be removed (TR-18). */
function mayRemove(t: Tree, f: File, uname: string): string | undefined {
	if (f.path === ROOT || f.path === CTL) return "Operation not permitted";
	if (!may(fileOf(t, f.parent), uname, WRITE)) return DENIED;
	return childrenOf(t, f.path).length > 0 ? "directory is not empty" : undefined;
}

const removeFile = (t: Tree, f: File): Tree =>
	bump(setFile(t, f.path, { removed: true }), f.parent);

/** A directory's qid.vers grows (TR-24). */
const bump = (t: Tree, dir: number): Tree => setFile(t, dir, { vers: fileOf(t, dir).vers + 1 });

const dropFid = (t: Tree, fid: TreeFid): Tree => ({
	...t,
	fids: t.fids.filter((f) => f.conn !== fid.conn || f.fid !== fid.fid),
});

/** A fid ends; ORCLOSE removes its file, silently when that fails (TR-29). */
function endFid(t: Tree, fid: TreeFid): Tree {
	const f = fileOf(t, fid.path);
	const removes = ((fid.mode ?? 0) & ORCLOSE) !== 0 && !f.removed;
	return removes && !mayRemove(t, f, fid.uname) ? removeFile(dropFid(t, fid), f) : dropFid(t, fid);
}

const setFid = (t: Tree, fid: TreeFid, change: Partial<TreeFid>): Tree => ({
	...t,
	fids: t.fids.map((f) => (f.conn === fid.conn && f.fid === fid.fid ? { ...f, ...change } : f)),
});
