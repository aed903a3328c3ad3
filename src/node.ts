// Files and directories: what each is called, who owns it and who may use it. They know nothing
// of fids, connections and messages, and are told the time.

import { Enotexist, Eperm, Eremoved } from "./9p/errors.ts";
import { DMEXEC, type Qid, type Stat } from "./9p/fcall.gen.ts";
import type { Chan } from "./chan.ts";
import { Meter } from "./meter.ts";

/** A string for Rerror: what a refused operation returns instead of its result. */
export type Refusal = string;

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

	/**
	 * Whether `uname` has all of `bits` (DMREAD, DMWRITE, DMEXEC), from owner, group or other
	 * (TR-6).
	 */
	may(uname: string, bits: number): boolean {
		let granted = this.mode;
		if (uname === this.gid) granted |= this.mode >> 3;
		if (uname === this.uid) granted |= this.mode >> 6;
		return (granted & bits) === bits;
	}

	/** Absolute path. */
	path(): string {
		let path = "";
		for (let node: Node = this; node.parent !== node; node = node.parent) {
			path = `/${node.name}${path}`;
		}
		return path || "/";
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
	private readonly children = new Map<string, Node>();
	// Kept in order as entries come and go: sorting a large directory when somebody asks would make
	// all other clients wait.
	private order: Node[] = [];
	private lent = false;

	get size(): number {
		return this.order.length;
	}

	/** The entry called `name`. */
	entry(name: string): Node | undefined {
		return this.children.get(name);
	}

	/** The entry called `name`, or the directory above for `..`, if `uname` may walk there (TR-9). */
	walk(name: string, uname: string): Node | Refusal {
		if (this.removed) return Eremoved;
		if (!this.may(uname, DMEXEC)) return Eperm;
		if (name === "..") return this.parent;
		return this.children.get(name) ?? Enotexist;
	}

	/**
	 * The entries in the order of their paths, a directory where its own entries will stand. The
	 * array stays as it is when entries come and go.
	 */
	sorted(): readonly Node[] {
		this.lent = true;
		return this.order;
	}

	/** Adds an entry, whose name is free. */
	add(node: Node): void {
		this.children.set(node.name, node);
		this.ownOrder().splice(this.position(node), 0, node);
	}

	delete(node: Node): void {
		this.children.delete(node.name);
		this.ownOrder().splice(this.position(node), 1);
	}

	/** Gives an entry a new name, which is valid and free. */
	rename(node: Node, name: string, uname: string, now: number): void {
		this.delete(node);
		node.name = name;
		this.add(node);
		this.changed(uname, now);
	}

	/** Something changed in here: entry created, removed or renamed (TR-24). */
	changed(uname: string, now: number): void {
		this.qid.vers = (this.qid.vers + 1) >>> 0;
		this.mtime = now;
		this.atime = now;
		this.muid = uname;
	}

	// The order as an array that nobody else reads.
	private ownOrder(): Node[] {
		if (this.lent) this.order = this.order.slice();
		this.lent = false;
		return this.order;
	}

	// Where a node stands in the order, or would.
	private position(node: Node): number {
		const key = sortKey(node);
		let low = 0;
		let high = this.order.length;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if (sortKey(this.order[middle] as Node) < key) low = middle + 1;
			else high = middle;
		}
		return low;
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

function sortKey(node: Node): string {
	return node instanceof Dir ? `${node.name}/` : node.name;
}
