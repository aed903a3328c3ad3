// One connection: what each request does to the files of the tree. It knows nothing of sockets;
// whoever carries its bytes calls `input` and `sent`, and hears of output by `onOutput`.

import { Eio, Enobufs, Enotdir, Enotexist, Eremoved, Eunknownuser } from "./9p/errors.ts";
import {
	DMDIR,
	NOTAG,
	ORCLOSE,
	OWRITE,
	type Stat,
	type Tattach,
	type Tcreate,
} from "./9p/fcall.gen.ts";
import { ChanSession, EMPTY } from "./chanio.ts";
import { CtlWriter, snapshot } from "./ctl.ts";
import { DirRead } from "./dirread.ts";
import { Fid } from "./fid.ts";
import { type Keeper, LinuxFid } from "./linux.ts";
import { ChanFile, Dir, type Node, type Refusal } from "./node.ts";
import { access, refuseMode, refuseOpen, wstat } from "./open.ts";
import { NOT_OPEN } from "./session.ts";

// What a connection may have when all buffers together are too many (LM-7).
const SMALL_BUFFER = 16 << 10;
const MAX_UNAME_BYTES = 255;
const POINTER = 8; // bytes of an entry in a directory's snapshot

export class Conn extends ChanSession implements Keeper {
	/** Bytes kept for Linux's re-reads, and the most there may be (LM-8). */
	keptBytes = 0;
	private counted = 0;
	/** Bytes of the buffer that the transport has and could not send yet. */
	private lent = 0;
	private closed = false;

	/** Bytes from the client, `buf[from, to)`, valid during the call. */
	input(buf: Buffer, from: number, to: number): void {
		this.settle(); // others may have made the room this one waits for
		this.receive(buf, from, to);
		if (this.out.size > 0) this.touch();
		this.count(this.bufferBytes);
		// Replies wait for their reader, but a frame that grows must not take the last memory (LM-7).
		if (this.crowded && this.bufferBytes - this.out.buf.length > SMALL_BUFFER) {
			this.cut("no memory for its unfinished frame");
			this.count(this.bufferBytes);
		}
	}

	/** The transport has taken `out`, and the buffer with it if `lend`. */
	sent(lend: boolean): void {
		this.lent = lend ? this.out.buf.length : 0;
		this.out.clear(lend || this.crowded);
		this.settle();
		this.resume();
		if (this.out.size > 0) this.touch();
		this.count(this.bufferBytes);
	}

	/** What was lent has left, or never will. */
	returned(): void {
		this.lent = 0;
		this.count(this.bufferBytes);
	}

	/** Gives up the buffer that it keeps for later replies, if it is empty (LM-7). */
	trim(): void {
		if (this.out.size === 0) this.out.clear(true);
		this.count(this.bufferBytes);
	}

	override flush(): void {
		this.count(this.bufferBytes);
		super.flush();
	}

	override get stalled(): boolean {
		const { size } = this.out;
		if (size <= SMALL_BUFFER) return size > this.limits.unsent;
		return size > this.limits.unsent || this.crowded;
	}

	/** The connection is gone; `unsent` messages were handed over but never left (CH-7, FL-6). */
	close(unsent: number): void {
		if (this.closed) return;
		this.closed = true;
		const lost = unsent + this.out.messages;
		this.host.stats.lostMessages += lost;
		if (lost > 0) this.host.log?.(`connection ${this.id}: ${lost} answered messages are lost`);
		this.reset();
		this.out.clear(true);
		this.count(0);
	}

	/** Turns the client away (LM-5). */
	turnAway(why: string): void {
		this.rerror(NOTAG, why);
		this.broken = why;
	}

	protected override flushed(): void {
		this.host.stats.flushes++;
	}

	protected override rerror(tag: number, ename: string): void {
		this.host.stats.refusals++;
		super.rerror(tag, ename);
	}

	protected override attach(m: Tattach): Fid | Refusal {
		if (m.aname !== "" && m.aname !== "/") return Enotexist;
		// Four names must fit into a stat.
		if (Buffer.byteLength(m.uname) > MAX_UNAME_BYTES) return Eunknownuser;
		return new Fid(m.fid, m.uname, this.host.tree.root);
	}

	protected override clone(fid: Fid, newfid: number): Fid {
		return new Fid(newfid, fid.uname, fid.node);
	}

	protected override step(fid: Fid, name: string): Refusal | null {
		if (!(fid.node instanceof Dir)) return Enotdir;
		const next = fid.node.walk(name, fid.uname);
		if (typeof next === "string") return next;
		fid.node = next;
		return null;
	}

	protected override open(fid: Fid, mode: number): Refusal | null {
		const refused = refuseOpen(fid.node, mode, fid.uname);
		if (refused === null) this.opened(fid, fid.node, mode);
		return refused;
	}

	protected override create(fid: Fid, m: Tcreate): Refusal | null {
		if (!(fid.node instanceof Dir)) return Enotdir;
		const { tree, now } = this.host;
		const refused = refuseMode(m.mode, (m.perm & DMDIR) !== 0);
		if (refused !== null) return refused;
		const node = tree.create(fid.node, m.name, m.perm, fid.uname, now);
		if (typeof node === "string") return node;
		this.host.log?.(`${node.path()}: created by ${fid.uname}`);
		this.opened(fid, node, m.mode);
		return null;
	}

	protected override read(fid: Fid, tag: number, offset: number, count: number): void {
		fid.linux?.came(offset, count);
		if (fid.node instanceof ChanFile) return this.readChan(fid, tag, offset, count);
		const data =
			fid.dir !== null
				? this.readDir(fid, fid.dir, offset, count)
				: this.readCtl(fid, offset, count);
		if (typeof data === "string") this.rerror(tag, data);
		else this.out.rread(tag, data, 0, data.length);
	}

	protected override write(fid: Fid, tag: number, buf: Buffer, from: number, to: number): void {
		if (fid.node instanceof ChanFile) return this.writeChan(fid, tag, buf, from, to);
		fid.linux?.wrote();
		const { tree, limits } = this.host;
		fid.ctl ??= new CtlWriter(tree, limits.capacity);
		const kept = fid.snapshot?.length ?? 0;
		// All that comes may have to be held.
		if (!this.charge(fid, kept + fid.ctl.heldBytes + to - from)) return this.rerror(tag, Enobufs);
		const refused = fid.ctl.write(buf.subarray(from, to));
		this.charge(fid, kept + fid.ctl.heldBytes);
		if (refused !== null) this.rerror(tag, refused);
		else this.out.rwrite(tag, to - from);
	}

	protected override stat(fid: Fid): Stat | Refusal {
		fid.linux?.came(-1, 0);
		return fid.node.removed ? Eremoved : fid.node.stat();
	}

	protected override wstat(fid: Fid, stat: Stat): Refusal | null {
		return wstat(fid.node, stat, fid.uname, this.host.now);
	}

	protected override remove(fid: Fid): Refusal | null {
		const { node } = fid;
		const refused = this.host.tree.remove(node, fid.uname, this.host.now);
		if (refused === null) this.host.log?.(`${node.path()}: removed by ${fid.uname}`);
		if (refused === null && node instanceof ChanFile) {
			node.chan.close();
			this.dropUnreadable(node);
		}
		return refused;
	}

	protected override ended(fid: Fid): void {
		const { log, stats } = this.host;
		if (this.dropRest(fid)) {
			stats.droppedRests++;
			log?.(`${fid.node.path()}: the rest of a message was dropped with fid ${fid.fid}`);
		}
		fid.linux?.forget();
		const refused = fid.ctl?.close() ?? null;
		if (refused !== null) log?.(`ctl: an unfinished line was dropped: ${refused}`);
		this.charge(fid, 0);
		if (fid.mode === NOT_OPEN) return;
		fid.node.opens--;
		if (fid.node instanceof ChanFile && fid.mode !== OWRITE) {
			fid.node.readers--;
			this.dropUnreadable(fid.node);
		}
		if (fid.removeOnClose) this.remove(fid); // silent when it fails (TR-29)
	}

	get keptLimit(): number {
		return this.host.limits.restBytes;
	}

	// All connections' buffers together are over their limit.
	private get crowded(): boolean {
		return this.host.bufferBytes > this.host.limits.bufferBytes;
	}

	private count(bytes: number): void {
		const now = this.closed ? 0 : bytes + this.lent;
		this.host.bufferBytes += now - this.counted;
		this.counted = now;
	}

	private opened(fid: Fid, node: Node, mode: number): void {
		fid.node = node;
		fid.mode = access(mode);
		fid.removeOnClose = (mode & ORCLOSE) !== 0;
		node.opens++;
		if (node instanceof Dir) fid.dir = new DirRead(node);
		else if (this.linux) fid.linux = new LinuxFid(this);
		if (node instanceof ChanFile && fid.mode !== OWRITE) node.readers++;
	}

	// Messages queued in a removed channel go when nobody can read them any more (EN-4).
	private dropUnreadable(file: ChanFile): void {
		if (!file.removed || file.readers > 0) return;
		const n = file.chan.drop();
		this.host.stats.droppedMessages += n;
		if (n > 0) this.host.log?.(`${file.name}: ${n} queued messages dropped, removed and not open`);
	}

	private readDir(fid: Fid, dir: DirRead, offset: number, count: number): Buffer | Refusal {
		if (offset === 0 && !this.charge(fid, (fid.node as Dir).size * POINTER)) return Enobufs;
		return dir.read(offset, count);
	}

	private readCtl(fid: Fid, offset: number, count: number): Buffer | Refusal {
		if (count === 0) return EMPTY;
		if (fid.snapshot === null || offset === 0) {
			const { tree, now, limits } = this.host;
			const text = snapshot(tree, now, limits.snapshotBytes);
			const held = fid.ctl?.heldBytes ?? 0;
			if (text === null || !this.charge(fid, held + text.length)) return Enobufs;
			fid.snapshot = text;
		}
		const data = fid.snapshot.subarray(offset, offset + count);
		return data.length === 0 && fid.linux?.loops(offset, count) ? Eio : data;
	}

	// The fid's snapshot takes so many bytes from now on; false if that is too much (CT-5).
	private charge(fid: Fid, bytes: number): boolean {
		const { host } = this;
		const sum = host.snapshotBytes - fid.snapshotBytes + bytes;
		if (bytes > 0 && sum > host.limits.snapshotBytes) return false;
		host.snapshotBytes = sum;
		fid.snapshotBytes = bytes;
		return true;
	}
}
