// The tree of files: creating, removing and finding them. Requests that are refused get an error
// string as a value. It knows nothing of fids, connections and messages, and is told the time.

import {
	Eexist,
	Emode,
	Ename,
	Enospc,
	Enotempty,
	Eperm,
	Eremoved,
	Eunchangeable,
} from "./9p/errors.ts";
import { DMAPPEND, DMDIR, DMEXCL, DMTMP, DMWRITE, isName } from "./9p/fcall.gen.ts";
import { Chan } from "./chan.ts";
import { ChanFile, CtlFile, Dir, type Node, type Refusal } from "./node.ts";
import type { Store } from "./store.ts";

/** Permission and mode bits that can be set; the others belong to other dialects (TR-31). */
export const MODE_BITS = (0o777 | DMDIR | DMAPPEND | DMEXCL | DMTMP) >>> 0;

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
		this.root.add(this.ctl);
	}

	/** A new channel, or directory if `perm` has DMDIR (TR-3 to TR-8, LM-6). */
	create(dir: Dir, name: string, perm: number, uname: string, now: number): Node | Refusal {
		if (dir.removed) return Eremoved;
		if ((perm & ~MODE_BITS) !== 0) return Emode;
		if (!isName(name)) return Ename;
		if (!dir.may(uname, DMWRITE)) return Eperm;
		if (dir.entry(name) !== undefined) return Eexist;
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
		dir.add(node);
		dir.changed(uname, now);
		this.size++;
		return node;
	}

	/**
	 * Takes `node` out of the tree; what that means for a channel's requests is its caller's
	 * affair.
	 */
	remove(node: Node, uname: string, now: number): Refusal | null {
		if (node.removed) return Eremoved;
		if (node === this.root || node === this.ctl) return Eunchangeable;
		if (!node.parent.may(uname, DMWRITE)) return Eperm;
		if (node instanceof Dir && node.size > 0) return Enotempty;
		node.parent.delete(node);
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
			const next: Node | undefined = node instanceof Dir ? node.entry(name) : undefined;
			if (next === undefined) return null;
			node = next;
		}
		return node;
	}

	/** All channels, in the order of their whole paths (CT-4). */
	channels(): ChanFile[] {
		const found: ChanFile[] = [];
		// No recursion: a tree may be deeper than the stack.
		const todo: Node[] = [this.root];
		for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
			if (node instanceof ChanFile) found.push(node);
			else if (node instanceof Dir) for (const n of node.sorted().toReversed()) todo.push(n);
		}
		return found;
	}
}
