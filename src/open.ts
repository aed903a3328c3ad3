// Who may open a file, and how (open(5)); and what Twstat may change (stat(5)). Decisions only,
// on nodes of the tree; what an open fid then does is not known here.

import {
	Econvert,
	Eexcl,
	Eexist,
	Egroup,
	Egroupowner,
	Eisdir,
	Elength,
	Emode,
	Ename,
	Enotowner,
	Eperm,
	Eremoved,
	Eunchangeable,
} from "./9p/errors.ts";
import {
	DMDIR,
	DMEXCL,
	DMEXEC,
	DMREAD,
	DMWRITE,
	isName,
	OEXEC,
	ORCLOSE,
	ORDWR,
	OREAD,
	OTRUNC,
	OWRITE,
	type Stat,
} from "./9p/fcall.gen.ts";
import { DONT_TOUCH } from "./9p/stat.ts";
import { CtlFile, Dir, type Node, type Refusal } from "./node.ts";
import { MODE_BITS } from "./tree.ts";

const MODES = OREAD | OWRITE | ORDWR | OEXEC;
const NEEDS = [DMREAD, DMWRITE, DMREAD | DMWRITE, DMEXEC];

/** The access of an open mode: OREAD, OWRITE, ORDWR or OEXEC. */
export function access(mode: number): number {
	return mode & MODES;
}

/** Whether something is illegal in `mode` itself, for a directory or a file (TR-26, TR-27). */
export function refuseMode(mode: number, isDir: boolean): Refusal | null {
	if ((mode & ~(MODES | OTRUNC | ORCLOSE)) !== 0) return Emode;
	if (!isDir) return null;
	const reads = access(mode) === OREAD || access(mode) === OEXEC;
	return reads && (mode & (OTRUNC | ORCLOSE)) === 0 ? null : Eisdir;
}

/** Why `uname` may not open `node`, or null (TR-6, TR-26 to TR-30). */
export function refuseOpen(node: Node, mode: number, uname: string): Refusal | null {
	if (node.removed) return Eremoved;
	const refused = refuseMode(mode, node instanceof Dir);
	if (refused !== null) return refused;
	const needs = (NEEDS[access(mode)] as number) | ((mode & OTRUNC) !== 0 ? DMWRITE : 0);
	if (!node.may(uname, needs)) return Eperm;
	if ((mode & ORCLOSE) !== 0) {
		if (node instanceof CtlFile) return Eunchangeable;
		if (!node.parent.may(uname, DMWRITE)) return Eperm;
	}
	return (node.mode & DMEXCL) !== 0 && node.opens > 0 ? Eexcl : null;
}

/** Does all that `s` asks of `node`, or nothing and says why (TR-10 to TR-17). */
export function wstat(node: Node, s: Stat, uname: string, now: number): Refusal | null {
	if (node.removed) return Eremoved;
	const refused = refuseWstat(node, s, uname);
	if (refused !== null) return refused;
	if (node instanceof CtlFile || node.parent === node) return null;
	if (s.mode !== DONT_TOUCH.mode) node.setMode(s.mode);
	if (s.gid !== "") node.gid = s.gid;
	if (s.atime !== DONT_TOUCH.atime) node.atime = s.atime;
	if (s.mtime !== DONT_TOUCH.mtime) node.mtime = s.mtime;
	if (s.name !== "" && s.name !== node.name) node.parent.rename(node, s.name, uname, now);
	return null;
}

function refuseWstat(node: Node, s: Stat, uname: string): Refusal | null {
	const fixed = node instanceof CtlFile || node.parent === node;
	const owner = uname === node.uid;
	const newName = s.name !== "" && s.name !== node.name;
	const newMode = s.mode !== DONT_TOUCH.mode && s.mode !== node.mode;
	const newGid = s.gid !== "" && s.gid !== node.gid;
	if (changesIdentity(node, s)) return Eunchangeable;
	const newLength = s.length !== DONT_TOUCH.length && s.length !== 0n;
	if (fixed && (newName || newMode || newGid || newLength)) return Eunchangeable;
	if (newName) {
		if (!isName(s.name)) return Ename;
		if (!node.parent.may(uname, DMWRITE)) return Eperm;
		if (node.parent.entry(s.name) !== undefined) return Eexist;
	}
	if (newMode) {
		if (((s.mode ^ node.mode) & DMDIR) !== 0) return Econvert;
		if ((s.mode & ~MODE_BITS) !== 0) return Emode;
		if (!owner) return Enotowner;
	}
	if (newGid && !owner) return Egroupowner;
	if (newGid && s.gid !== uname) return Egroup;
	if (newLength) return Elength;
	const touches = s.length === 0n || s.atime !== DONT_TOUCH.atime || s.mtime !== DONT_TOUCH.mtime;
	return touches && !fixed && !owner && !node.may(uname, DMWRITE) ? Eperm : null;
}

// type, dev, qid and uid never change (TR-15).
function changesIdentity(node: Node, s: Stat): boolean {
	const { qid } = node;
	return !(
		(s.type === DONT_TOUCH.type || s.type === 0) &&
		(s.dev === DONT_TOUCH.dev || s.dev === 0) &&
		(s.qid.type === DONT_TOUCH.qid.type || s.qid.type === qid.type) &&
		(s.qid.vers === DONT_TOUCH.qid.vers || s.qid.vers === qid.vers) &&
		(s.qid.path === DONT_TOUCH.qid.path || s.qid.path === qid.path) &&
		(s.uid === "" || s.uid === node.uid)
	);
}
