// The tree of files: names, qids, permissions, creating and removing. Requests that are refused get an
// error string as a value. It knows nothing of fids, connections and messages, and is told the time.

import {
	Eexist,
	Emode,
	Ename,
	Enospc,
	Enotempty,
	Enotexist,
	Eperm,
	Eremoved,
	Eunchangeable,
} from "./9p/errors.ts";
import {
	DMAPPEND,
	DMDIR,
	DMEXCL,
	DMEXEC,
	DMTMP,
	DMWRITE,
	type Qid,
	type Stat,
} from "./9p/fcall.gen.ts";
import { Chan } from "./chan.ts";
import { Meter } from "./meter.ts";
import type { Store } from "./store.ts";

/** A string for Rerror: what a refused operation returns instead of its result. */
export type Refusal = string;

/** Permission and mode bits that can be set; the others belong to other dialects (TR-31). */
export const MODE_BITS = (0o777 | DMDIR | DMAPPEND | DMEXCL | DMTMP) >>> 0;
const MAX_NAME_BYTES = 255;
// Control characters, and the surrogates that stand for bytes that are not UTF-8.
const BAD_NAME = /[/\p{Cc}\p{Cs}]/u;

/** What all files have. */
export abstract class Node {
	readonly qid: Qid;
	name: string;
	parent: Dir;
	mode: number;
	uid: string;
	gid: string;
	muid: string;
	atime: number;
	mtime: number;
	removed = false;
	/** How many fids have it open (TR-30). */
	opens = 0;

	constructor(
		path: bigint,
		name: string,
		parent: Dir | null,
		mode: number,
		uid: string,
		now: number,
	) {
		this.qid = { type: mode >>> 24, vers: 0, path };
		this.name = name;
		this.parent = parent ?? (this as unknown as Dir);
		this.mode = mode;
		this.uid = uid;
		this.gid = uid;
		this.muid = uid;
		this.atime = now;
		this.mtime = now;
	}

	/** Whether `uname` has all of `bits` (DMREAD, DMWRITE, DMEXEC), from owner, group or other (TR-6). */
	may(uname: string, bits: number): boolean {
		let granted = this.mode;
		if (uname === this.gid) granted |= this.mode >> 3;
		if (uname === this.uid) granted |= this.mode >> 6;
		return (granted & bits) === bits;
	}

	/** Absolute path. */
	path(): string {
		if (this.parent === (this as unknown)) return "/";
		const above = this.parent.path();
		return above === "/" ? `/${this.name}` : `${above}/${this.name}`;
	}

	stat(): Stat {
		const { qid, mode, atime, mtime, name, uid, gid, muid } = this;
		return { type: 0, dev: 0, qid, mode, atime, mtime, length: 0n, name, uid, gid, muid };
	}

	setMode(mode: number): void {
		this.mode = mode;
		(this as { qid: Qid }).qid.type = mode >>> 24;
	}
}

export class Dir extends Node {
	readonly children = new Map<string, Node>();
	private order: Node[] | null = null;

	/** The entry called `name`, or the directory above for `..`, if `uname` may walk there (TR-9). */
	walk(name: string, uname: string): Node | Refusal {
		if (!this.may(uname, DMEXEC)) return Eperm;
		if (name === "..") return this.parent;
		return this.children.get(name) ?? Enotexist;
	}

	/** Gives an entry a new name, which is valid and free. */
	rename(node: Node, name: string, uname: string, now: number): void {
		this.children.delete(node.name);
		node.name = name;
		this.children.set(name, node);
		this.changed(uname, now);
	}

	/** The entries in the order of their paths; a directory stands where its own entries will. */
	sorted(): readonly Node[] {
		this.order ??= [...this.children.values()].sort(byPath);
		return this.order;
	}

	/** Something changed in here: entry created, removed or renamed (TR-24). */
	changed(uname: string, now: number): void {
		this.qid.vers = (this.qid.vers + 1) >>> 0;
		this.mtime = now;
		this.atime = now;
		this.muid = uname;
		this.order = null;
	}
}

/** A channel in the tree. */
export class ChanFile extends Node {
	readonly chan: Chan;
	readonly rx = new Meter();
	readonly tx = new Meter();
	/** How many fids have it open for reading (EN-4). */
	readers = 0;

	constructor(
		path: bigint,
		name: string,
		parent: Dir,
		mode: number,
		uid: string,
		now: number,
		chan: Chan,
	) {
		super(path, name, parent, mode, uid, now);
		this.chan = chan;
	}
}

export class CtlFile extends Node {}

export interface TreeLimits {
	/** Files and directories together (LM-6). */
	files: number;
	/** Bytes that one channel queues (LM-1). */
	channelBytes: number;
}

/** The whole tree; `uname` is who the server runs as. */
export class Tree {
	readonly root: Dir;
	readonly ctl: CtlFile;
	/** How many files and directories clients have created. */
	size = 0;
	private readonly store: Store;
	private readonly limits: TreeLimits;
	private lastPath = 1n;

	constructor(uname: string, now: number, store: Store, limits: TreeLimits) {
		this.store = store;
		this.limits = limits;
		this.root = new Dir(0n, "/", null, (DMDIR | 0o777) >>> 0, uname, now);
		this.ctl = new CtlFile(1n, "ctl", this.root, 0o666, uname, now);
		this.root.children.set("ctl", this.ctl);
	}

	/** A new channel, or directory if `perm` has DMDIR (TR-3 to TR-8, LM-6). */
	create(dir: Dir, name: string, perm: number, uname: string, now: number): Node | Refusal {
		if (dir.removed) return Eremoved;
		if ((perm & ~MODE_BITS) !== 0) return Emode;
		if (!validName(name)) return Ename;
		if (!dir.may(uname, DMWRITE)) return Eperm;
		if (dir.children.has(name)) return Eexist;
		if (this.size >= this.limits.files) return Enospc;
		const isDir = (perm & DMDIR) !== 0;
		const inherit = isDir ? 0o777 : 0o666;
		const mode = (perm & (~inherit | (dir.mode & inherit))) >>> 0;
		const path = ++this.lastPath;
		const node = isDir
			? new Dir(path, name, dir, mode, uname, now)
			: new ChanFile(
					path,
					name,
					dir,
					mode,
					uname,
					now,
					new Chan(this.store, this.limits.channelBytes),
				);
		dir.children.set(name, node);
		dir.changed(uname, now);
		this.size++;
		return node;
	}

	/** Takes `node` out of the tree; what that means for a channel's requests is its caller's affair. */
	remove(node: Node, uname: string, now: number): Refusal | null {
		if (node.removed) return Eremoved;
		if (node === this.root || node === this.ctl) return Eunchangeable;
		if (!node.parent.may(uname, DMWRITE)) return Eperm;
		if (node instanceof Dir && node.children.size > 0) return Enotempty;
		node.parent.children.delete(node.name);
		node.parent.changed(uname, now);
		node.removed = true;
		this.size--;
		return null;
	}

	/** The file at an absolute path, without regard to permissions; for ctl's lines (CT-9). */
	find(path: string): Node | null {
		let node: Node = this.root;
		for (const name of path.split("/").slice(1)) {
			if (name === "" && path === "/") break;
			const next: Node | undefined = node instanceof Dir ? node.children.get(name) : undefined;
			if (next === undefined) return null;
			node = next;
		}
		return node;
	}

	/** All channels, in the order of their whole paths (CT-4). */
	channels(): ChanFile[] {
		const found: ChanFile[] = [];
		collect(this.root, found);
		return found;
	}
}

/** Whether a file may be called that (TR-8). */
export function validName(name: string): boolean {
	if (name === "" || name === "." || name === ".." || BAD_NAME.test(name)) return false;
	return Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

function collect(dir: Dir, found: ChanFile[]): void {
	for (const node of dir.sorted()) {
		if (node instanceof Dir) collect(node, found);
		else if (node instanceof ChanFile) found.push(node);
	}
}

function byPath(a: Node, b: Node): number {
	const x = a instanceof Dir ? `${a.name}/` : a.name;
	const y = b instanceof Dir ? `${b.name}/` : b.name;
	return x < y ? -1 : 1;
}
