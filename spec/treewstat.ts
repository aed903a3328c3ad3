// Twstat in the tree model: every field is checked, then all of them change (TR-10 to TR-17).

import {
	type Change,
	CTL,
	childOf,
	DMAPPEND,
	DMDIR,
	DMEXCL,
	DMTMP,
	type File,
	fileOf,
	isDir,
	isName,
	may,
	ROOT,
	setFile,
	type Tree,
	WRITE,
} from "./treestate.ts";

/** The tree with the change, or why there is none. */
export function wstat(t: Tree, f: File, uname: string, change: Change): Tree | string {
	let c = change;
	for (const key of ["name", "mode", "gid"] as const) {
		if (c[key] === f[key]) c = without(c, key); // TR-10 to TR-12
	}
	const why = forbidden(f, c) ?? refused(t, f, uname, c);
	if (why) return why;
	if (f.path === ROOT || f.path === CTL) return t; // TR-16
	const { name, mode, gid, atime, mtime } = { ...f, ...c };
	const changed = setFile(t, f.path, { name, mode, gid, atime, mtime });
	if (c.name === undefined) return changed;
	return setFile(changed, f.parent, { vers: fileOf(changed, f.parent).vers + 1 }); // TR-24
}

function without(change: Change, key: keyof Change): Change {
	const { [key]: _, ...rest } = change;
	return rest;
}

/** What nobody may change (TR-15, TR-16). */
function forbidden(f: File, c: Change): string | undefined {
	const fixed =
		(c.type ?? 0) !== 0 || (c.dev ?? 0) !== 0 || c.otherQid === true || (c.uid ?? f.uid) !== f.uid;
	const special = f.path === ROOT || f.path === CTL;
	const other = c.name !== undefined || c.mode !== undefined || c.gid !== undefined;
	if (fixed || (special && (other || (c.length ?? 0) !== 0))) return "Operation not permitted";
	return undefined;
}

const MODES = DMAPPEND | DMEXCL | DMTMP | 0o777;

/** What this user may not change, or not so (TR-10 to TR-14). */
function refused(t: Tree, f: File, uname: string, c: Change): string | undefined {
	if (f.path === ROOT || f.path === CTL) return undefined;
	const owner = uname === f.uid;
	if (c.name !== undefined) {
		if (!isName(c.name)) return "illegal name";
		if (!may(fileOf(t, f.parent), uname, WRITE)) return "permission denied";
		if (childOf(t, f.parent, c.name)) return "file already exists";
	}
	if (c.mode !== undefined) {
		if (c.mode >= DMDIR !== isDir(f)) return "wstat can't convert between files and directories";
		if (((c.mode >= DMDIR ? c.mode - DMDIR : c.mode) & ~MODES) !== 0) return "illegal mode";
		if (!owner) return "not owner";
	}
	if (c.gid !== undefined) {
		if (!owner) return "only owner can change group in wstat";
		if (c.gid !== f.uid) return "not a member of proposed group";
	}
	if ((c.length ?? 0) !== 0) return "only support truncation to zero length";
	const touches = c.length !== undefined || c.atime !== undefined || c.mtime !== undefined;
	return touches && !owner && !may(f, uname, WRITE) ? "permission denied" : undefined;
}
