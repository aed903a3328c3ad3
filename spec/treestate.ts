// The vocabulary of the tree model: files, fids, events and replies as plain values, and the small
// questions that are asked of them. What they mean is tree.ts's. It must not import anything.

/** A directory, a channel or ctl. `path` is qid.path: an identity, not to be compared by number. */
export interface File {
	readonly path: number;
	readonly parent: number;
	readonly name: string;
	/** DMDIR, DMAPPEND, DMEXCL, DMTMP and the permission bits. */
	readonly mode: number;
	readonly uid: string;
	readonly gid: string;
	readonly muid: string;
	readonly atime: number;
	readonly mtime: number;
	/** qid.vers. */
	readonly vers: number;
	readonly removed: boolean;
}
/** Where a fid stands in a directory: the entries of its snapshot, and the last answer. */
export interface Reading {
	readonly entries: readonly number[];
	readonly offset: number;
	readonly bytes: number;
	/** Places in `entries` where the last answer began, and where the next begins. */
	readonly first: number;
	readonly next: number;
}
export interface TreeFid {
	readonly conn: number;
	readonly fid: number;
	readonly uname: string;
	readonly path: number;
	/** The mode of Topen or Tcreate, if it is open. */
	readonly mode?: number;
	readonly reading?: Reading;
}
export interface Tree {
	readonly files: readonly File[];
	readonly fids: readonly TreeFid[];
	readonly next: number;
	/** Files and directories that may be created (LM-6). */
	readonly most: number;
}

/** The fields of a Twstat that are not "don't touch". */
export interface Change {
	readonly type?: number;
	readonly dev?: number;
	/** Whether the qid is not the file's own. */
	readonly otherQid?: boolean;
	readonly mode?: number;
	readonly atime?: number;
	readonly mtime?: number;
	readonly length?: number;
	readonly name?: string;
	readonly uid?: string;
	readonly gid?: string;
	readonly muid?: string;
}
export type TreeEvent = { readonly conn: number } & (
	| {
			readonly kind: "attach";
			readonly fid: number;
			readonly uname: string;
			readonly aname: string;
	  }
	| {
			readonly kind: "walk";
			readonly fid: number;
			readonly newfid: number;
			readonly wname: readonly string[];
	  }
	| { readonly kind: "open"; readonly fid: number; readonly mode: number }
	| {
			readonly kind: "create";
			readonly fid: number;
			readonly name: string;
			readonly perm: number;
			readonly mode: number;
			/** Seconds. */
			readonly now: number;
	  }
	| { readonly kind: "stat"; readonly fid: number }
	| { readonly kind: "wstat"; readonly fid: number; readonly change: Change }
	/** Tread of an open directory. */
	| {
			readonly kind: "readdir";
			readonly fid: number;
			readonly offset: number;
			readonly count: number;
	  }
	| { readonly kind: "clunk"; readonly fid: number }
	| { readonly kind: "remove"; readonly fid: number }
	/** A new Tversion, or a lost connection. */
	| { readonly kind: "end" }
);
export type TreeReply =
	| { readonly kind: "error"; readonly ename: string }
	| { readonly kind: "ok" }
	/** Rattach, Ropen, Rcreate (one) and Rwalk, as the files whose qids they carry. */
	| { readonly kind: "qids"; readonly files: readonly File[] }
	/** Rstat, and the entries of an Rread. */
	| { readonly kind: "stats"; readonly files: readonly File[]; readonly bytes: number };
export interface TreeStep {
	readonly state: Tree;
	readonly reply: TreeReply;
	/** Paths of channels that came into being or left the tree, for the channel model. */
	readonly created: readonly number[];
	readonly removed: readonly number[];
}

export const ROOT = 0;
export const CTL = 1;
export const NOFID = 0xffffffff;
export const DMDIR = 0x80000000;
export const DMAPPEND = 0x40000000;
export const DMEXCL = 0x20000000;
export const DMTMP = 0x04000000;
export const OWRITE = 1;
export const ORDWR = 2;
export const OEXEC = 3;
export const OTRUNC = 16;
export const ORCLOSE = 64;

/** The tree of a server that was just started by a uname (TR-1). */
export function freshTree(uname: string, most = Infinity): Tree {
	const file = { parent: ROOT, uid: uname, gid: uname, muid: uname, atime: 0, mtime: 0, vers: 0 };
	const root = { ...file, path: ROOT, name: "/", mode: dmdir(0o777), removed: false };
	const ctl = { ...file, path: CTL, name: "ctl", mode: 0o666, removed: false };
	return { files: [root, ctl], fids: [], next: 2, most };
}

/** Permission bits of a directory as its mode: DMDIR does not fit a signed number. */
export const dmdir = (perm: number) => DMDIR + perm;
export const isDir = (f: File) => f.mode >= DMDIR;

/** qid.type of a file. */
export const qidType = (f: File) =>
	(isDir(f) ? 0x80 : 0) |
	(f.mode & DMAPPEND ? 0x40 : 0) |
	(f.mode & DMEXCL ? 0x20 : 0) |
	(f.mode & DMTMP ? 0x04 : 0);

export const fileOf = (t: Tree, path: number): File => {
	const f = t.files.find((x) => x.path === path);
	if (!f) throw new Error(`no file ${path}`);
	return f;
};
export const childOf = (t: Tree, dir: number, name: string) =>
	t.files.find((f) => f.parent === dir && f.name === name && f.path !== ROOT && !f.removed);
export const childrenOf = (t: Tree, dir: number) =>
	t.files.filter((f) => f.parent === dir && f.path !== ROOT && !f.removed);

/** The whole path of a file, as ctl shows it. */
export const pathOf = (t: Tree, f: File): string =>
	f.path === ROOT ? "" : `${pathOf(t, fileOf(t, f.parent))}/${f.name}`;

export const setFile = (t: Tree, path: number, change: Partial<File>): Tree => ({
	...t,
	files: t.files.map((f) => (f.path === path ? { ...f, ...change } : f)),
});

const utf8 = new TextEncoder();
/** The bytes of a stat (stat(5)): what a directory read counts. */
export const statSize = (f: File) =>
	[f.name, f.uid, f.gid, f.muid].reduce((n, s) => n + utf8.encode(s).length, 49);

/** TR-8. Bytes that are no UTF-8 stand in a string as lone surrogates. */
export const isName = (name: string) =>
	name !== "" &&
	name !== "." &&
	name !== ".." &&
	!/[/\p{Cc}\p{Cs}]/u.test(name) &&
	utf8.encode(name).length <= 255;

export const READ = 4;
export const WRITE = 2;
export const EXEC = 1;
/** TR-6: owner, group and other bits in turn, any of them sufficing. */
export const may = (f: File, uname: string, bit: number) =>
	(uname === f.uid && (f.mode & (bit << 6)) !== 0) ||
	(uname === f.gid && (f.mode & (bit << 3)) !== 0) ||
	(f.mode & bit) !== 0;
