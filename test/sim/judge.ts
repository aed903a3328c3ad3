// Judges a server from what it reads and writes, whole frames in the order in which it handles
// them: each request is an event of the channel model, and the replies must be the model's, on
// every connection, before the next one. What the model knows nothing of (names, the session) is
// here.

import { step } from "../../spec/chan.ts";
import { chanOf, type Event, fidOf, fresh, type Limits, possible } from "../../spec/chanstate.ts";
import type { StepFunction } from "../../spec/exploreworld.ts";
import type { Fcall } from "../../src/9p/fcall.gen.ts";
import * as p9 from "../../src/9p/fcall.gen.ts";
import { MESSAGE_OVERHEAD } from "../../src/store.ts";
import { expectedOf, isWrote, saidOf } from "../model/said.ts";

/** A fid that every session has open on ctl. */
export const CTL_FID = 9;
const SPECIAL = new Set([0, CTL_FID]);
const INTERRUPTED = " Interrupted system call";

export class Judge {
	readonly counts = { reads: 0, writes: 0, droppedRests: 0, droppedMessages: 0 };
	private readonly model: StepFunction;
	private state;
	/** Channels that are in the tree, by name. */
	private readonly names = new Map<string, number>();
	/** Replies to come, by connection. */
	private readonly due = new Map<number, string[]>();
	/** Fids on the root, as `conn.fid`, and whether they are open. */
	private readonly roots = new Map<string, boolean>();
	private next = 0;

	constructor(limits: Partial<Limits>, model: StepFunction = step) {
		this.model = model;
		this.state = fresh({ ...limits, overhead: MESSAGE_OVERHEAD });
	}

	/** The server begins with a request. */
	asked(conn: number, m: Fcall): void {
		this.finish();
		const event = this.eventOf(conn, m);
		if (typeof event === "string") this.expect(conn, event);
		else this.happens(event);
	}

	/** The server answered. */
	answered(conn: number, m: Fcall): void {
		const all = this.due.get(conn) ?? [];
		const said = saidOf(m);
		const due = all.filter((x) => isWrote(x) === isWrote(said));
		const [first = "nothing"] = due;
		const vague = first === `${m.tag} any` || (m.type === p9.Rerror && first === `${m.tag} error`);
		// Interrupted requests are told in any order (FL-4).
		const run = due.findIndex((x) => !x.endsWith(INTERRUPTED));
		const at = due.slice(0, run < 0 ? due.length : Math.max(run, 1)).indexOf(said);
		if (at < 0 && !vague) throw new Error(`conn ${conn}: model: ${first}, server: ${said}`);
		all.splice(all.indexOf(due[Math.max(at, 0)] as string), 1);
	}

	/** What is no request: a connection is lost, stalls, or goes on. */
	happens(event: Event): void {
		if (event.kind === "disconnect" || event.kind === "version") this.forgetRoots(event.conn);
		const { state, effects } = this.model(this.state, event);
		this.state = state;
		for (const x of effects) {
			if (x.kind === "rx") this.counts.reads++;
			else if (x.kind === "tx") this.counts.writes++;
			else if (x.kind === "drop" && x.what === "rest") this.counts.droppedRests++;
			else if (x.kind === "drop") this.counts.droppedMessages++;
			else this.expect(x.conn, expectedOf(x));
		}
	}

	/** Nothing more comes of what was begun. */
	finish(): void {
		for (const [conn, due] of this.due) {
			if (due.length > 0) throw new Error(`conn ${conn}: model: ${due[0]}, server: nothing`);
		}
	}

	/** Whether the model has the connection as one that takes no replies. */
	stalled(conn: number): boolean {
		return this.state.conns.some((c) => c.conn === conn && c.stalled);
	}

	private expect(conn: number, reply: string): void {
		const due = this.due.get(conn);
		if (due === undefined) this.due.set(conn, [reply]);
		else due.push(reply);
	}

	private forgetRoots(conn: number): void {
		for (const root of this.roots.keys()) if (root.startsWith(`${conn}.`)) this.roots.delete(root);
	}

	/** The event that a request is, or the reply that it must get. */
	private eventOf(conn: number, m: Fcall): Event | string {
		const { tag } = m;
		if (m.type === p9.Tversion) {
			this.happens({ kind: "version", conn, linux: false, msize: m.msize });
			return `${tag} ok`;
		}
		if (m.type === p9.Tattach) {
			const { msize } = this.state.conns.find((c) => c.conn === conn) ?? { msize: 0 };
			this.happens({ kind: "version", conn, linux: tag === 0, msize }); // LX-1
			return `${tag} ok`;
		}
		if (m.type === p9.Tflush) return { kind: "flush", conn, tag, oldtag: m.oldtag };
		if (!("fid" in m)) throw new Error("a request that no client here sends");
		if (SPECIAL.has(m.fid) && m.type !== p9.Twalk) return this.special(m);
		const root = `${conn}.${m.fid}`;
		if (m.type === p9.Twalk) return this.walk(conn, m);
		if (this.roots.has(root) && m.type !== p9.Tcreate) return `${tag} ${this.onRoot(root, m)}`;
		const event = this.request(conn, m);
		return event !== undefined && possible(this.state, event) ? event : `${tag} error`;
	}

	private walk(conn: number, { tag, newfid, wname }: p9.Twalk): Event | string {
		const root = `${conn}.${newfid}`;
		const [name] = wname;
		if (newfid === CTL_FID) return `${tag} ok`;
		if (this.roots.has(root) || fidOf(this.state, conn, newfid)) return `${tag} error`;
		if (name === undefined) {
			this.roots.set(root, false);
			return `${tag} ok`;
		}
		const chan = this.alive(name);
		return chan === undefined ? `${tag} error` : { kind: "walk", conn, tag, fid: newfid, chan };
	}

	/** What a request on a root's fid is answered; what its entries are is the tree's matter. */
	private onRoot(root: string, m: Fcall): string {
		const open = this.roots.get(root) === true;
		if (m.type === p9.Tstat) return "ok";
		if (m.type === p9.Tread) return open ? "any" : "error";
		if (m.type === p9.Topen && m.mode === p9.OREAD && !open) {
			this.roots.set(root, true);
			return "ok";
		}
		if (m.type === p9.Tclunk || m.type === p9.Tremove) this.roots.delete(root); // TR-19
		return m.type === p9.Tclunk ? "ok" : "error";
	}

	private request(conn: number, m: Fcall & { fid: number }): Event | undefined {
		const at = { conn, tag: m.tag, fid: m.fid };
		switch (m.type) {
			case p9.Topen:
				return { kind: "open", ...at, ...modeOf(m.mode) };
			case p9.Tcreate: {
				const root = `${conn}.${m.fid}`;
				if (this.roots.get(root) !== false || this.alive(m.name) !== undefined) return undefined;
				this.roots.delete(root);
				this.names.set(m.name, this.next);
				return { kind: "create", ...at, chan: this.next++, ...modeOf(m.mode) };
			}
			case p9.Tread:
				return { kind: "read", ...at, offset: Number(m.offset), count: m.count };
			case p9.Twrite:
				return { kind: "write", ...at, bytes: Buffer.from(m.data).toString("latin1") };
			case p9.Tclunk:
				return { kind: "clunk", ...at };
			case p9.Tremove:
				return { kind: "remove", ...at };
			default:
				return { kind: "stat", ...at };
		}
	}

	/** Requests on the root and on ctl, whose writes are one line each. */
	private special(m: Fcall): Event | string {
		if (m.type !== p9.Twrite) return `${m.tag} ok`;
		const [path = "", capacity] = Buffer.from(m.data).toString().trim().split(" ");
		const chan = this.alive(path.slice(1));
		if (chan === undefined) return `${m.tag} error`;
		// The reply comes last.
		this.happens({ kind: "resize", chan, capacity: Number(capacity) });
		return `${m.tag} wrote ${m.data.length}`;
	}

	private alive(name: string): number | undefined {
		const chan = this.names.get(name);
		return chan !== undefined && chanOf(this.state, chan)?.removed === false ? chan : undefined;
	}
}

const modeOf = (mode: number) => ({
	mode: (["r", "w", "rw"] as const)[mode & 3] ?? "r",
	rclose: (mode & p9.ORCLOSE) !== 0,
});
