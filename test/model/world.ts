// The channel model and a real server side by side: each event happens to both, and every reply, on
// every connection, must be the same, and so must what is counted. How the messages travel is the
// links' affair.

import { step } from "../../spec/chan.ts";
import { type Event, fresh, type Limits, possible } from "../../spec/chanstate.ts";
import type { StepFunction } from "../../spec/exploreworld.ts";
import * as p9 from "../../src/9p/fcall.gen.ts";
import { type Fcall, NOFID, NOTAG } from "../../src/9p/fcall.gen.ts";
import type { Server } from "../../src/server.ts";
import { MESSAGE_OVERHEAD } from "../../src/store.ts";
import { eventOf, isLinux, MSIZE, type Op } from "./event.ts";
import type { Journal } from "./journal.ts";
import { expectedOf, saidOf, tidy } from "./said.ts";

/** A connection to the server. */
export interface Link {
	send(...messages: Fcall[]): void;
	/** Replies since the last call. */
	replies(): Fcall[];
	/** Takes replies, or leaves them. */
	turn(stalled: boolean): void;
	close(): void;
}

export interface Worldly {
	readonly server: Server;
	readonly journal: Journal;
	link(): Link;
	/** Whether links can leave replies untaken. */
	readonly stalls: boolean;
}

/** The root's owner: the answer to a Tstat of the root is more than the server keeps unsent. */
export const OWNER = "o".repeat(255);
export const UNSENT = 500;

const CONTROL = 0;
const CTL = 1;
const FILLER = 0xff00;
const HELPER = 0xff01;

export class World {
	readonly model: StepFunction;
	state;
	/** The channel behind each name, dead or alive. */
	readonly names: number[];
	private readonly place: Worldly;
	private readonly links = new Map<number, Link>();
	private readonly counts = { reads: 0, writes: 0, droppedRests: 0, droppedMessages: 0 };
	private expected: { event: Event; replies: Map<number, string[]> } | null = null;
	private next = 0;
	private serial = 0;

	constructor(place: Worldly, limits: Partial<Limits>, names: number, model: StepFunction = step) {
		this.place = place;
		this.model = model;
		this.state = fresh({ ...limits, overhead: MESSAGE_OVERHEAD });
		this.names = Array.from({ length: names }, (_, i) => -1 - i);
		const control = this.connect(CONTROL);
		control.send(...session(false));
		control.send(
			{ type: p9.Twalk, tag: 1, fid: 0, newfid: CTL, wname: ["ctl"] },
			{ type: p9.Topen, tag: 1, fid: CTL, mode: p9.OWRITE },
		);
	}

	/** The event of an operation, if it may happen now. */
	eventOf(op: Op): Event | undefined {
		const event = eventOf(this.state, this.names, this.next, this.serial, op);
		const idle = event.kind === "stall" || event.kind === "resume";
		if (idle && (!this.place.stalls || this.stalls(event.conn) === (event.kind === "stall"))) {
			return undefined;
		}
		if (event.kind === "version" && this.stalls(event.conn)) return undefined;
		return possible(this.state, event) ? event : undefined;
	}

	/** Lets it happen to both; the replies are compared by `judge`. Returns whom it came from. */
	begin(event: Event): Link | undefined {
		const { state, effects } = this.model(this.state, event);
		this.state = state;
		const replies = new Map<number, string[]>();
		for (const x of effects) {
			if (x.kind === "rx") this.counts.reads++;
			else if (x.kind === "tx") this.counts.writes++;
			else if (x.kind === "drop" && x.what === "rest") this.counts.droppedRests++;
			else if (x.kind === "drop") this.counts.droppedMessages++;
			else replies.set(x.conn, [...(replies.get(x.conn) ?? []), expectedOf(x)]);
		}
		this.expected = { event, replies };
		if (event.kind === "write") this.serial++;
		if (event.kind === "create") {
			this.names[event.chan % this.names.length] = event.chan;
			this.next++;
		}
		return this.act(event);
	}

	/** Compares what came with what should have. */
	judge(): void {
		const { event, replies } = this.expected as NonNullable<typeof this.expected>;
		for (const [conn, link] of this.links) {
			const helpers = (m: Fcall) => m.tag === FILLER || m.tag === HELPER;
			const real = link.replies().filter((m) => !helpers(m));
			const said = conn === CONTROL ? [] : real.map(saidOf);
			const mute = event.kind === "version" && event.conn === conn;
			const due = replies.get(conn) ?? [];
			if (this.stalls(conn)) this.later.set(conn, [...(this.later.get(conn) ?? []), ...due]);
			const wanted = this.stalls(conn) ? [] : [...(this.later.get(conn) ?? []), ...due];
			if (!this.stalls(conn)) this.later.delete(conn);
			if (mute && said.every((x) => x.endsWith(" ok"))) continue;
			same(`conn ${conn}`, tidy(wanted), tidy(said));
		}
		const { reads, writes, droppedRests, droppedMessages } = this.place.server.stats;
		const real = { reads, writes, droppedRests, droppedMessages };
		same("counters", [JSON.stringify(this.counts)], [JSON.stringify(real)]);
	}

	/** Connections of the real server that are open. */
	open(): Link[] {
		return [...this.links.values()];
	}

	private readonly later = new Map<number, string[]>();

	private stalls(conn: number): boolean {
		return this.state.conns.some((c) => c.conn === conn && c.stalled);
	}

	private connect(conn: number): Link {
		const link = this.place.link();
		this.links.set(conn, link);
		return link;
	}

	private act(e: Event): Link | undefined {
		if (e.kind === "resize") {
			const line = `/${this.nameOf(e.chan)} ${e.capacity}\n`;
			const data = Buffer.from(line);
			const link = this.links.get(CONTROL) as Link;
			link.send({ type: p9.Twrite, tag: 1, fid: CTL, offset: 0n, data });
			return link;
		}
		const link = this.links.get(e.conn) ?? this.connect(e.conn);
		if (e.kind === "version") link.send(...session(isLinux(e.conn - 1)));
		else if (e.kind === "disconnect") {
			this.links.delete(e.conn);
			this.later.delete(e.conn);
			link.close();
		} else if (e.kind === "stall") {
			link.turn(true);
			link.send({ type: p9.Tstat, tag: FILLER, fid: 0 });
		} else if ("tag" in e) for (const m of this.messages(e)) link.send(m);
		else link.turn(false);
		return link;
	}

	private messages(e: Extract<Event, { tag: number }>): Fcall[] {
		const { tag } = e;
		if (e.kind === "flush") return [{ type: p9.Tflush, tag, oldtag: e.oldtag }];
		const { fid } = e;
		switch (e.kind) {
			case "create": {
				const name = this.nameOf(e.chan);
				const mode = modeOf(e);
				return [
					{ type: p9.Twalk, tag: HELPER, fid: 0, newfid: fid, wname: [] },
					{ type: p9.Tcreate, tag, fid, name, perm: 0o666, mode },
				];
			}
			case "walk":
				return [{ type: p9.Twalk, tag, fid: 0, newfid: fid, wname: [this.nameOf(e.chan)] }];
			case "open":
				return [{ type: p9.Topen, tag, fid, mode: modeOf(e) }];
			case "read":
				return [{ type: p9.Tread, tag, fid, offset: BigInt(e.offset), count: e.count }];
			case "write": {
				const data = Buffer.from(e.bytes, "latin1");
				return [{ type: p9.Twrite, tag, fid, offset: 0n, data }];
			}
			case "stat":
				return [{ type: p9.Tstat, tag, fid }];
			case "clunk":
				return [{ type: p9.Tclunk, tag, fid }];
			case "remove":
				return [{ type: p9.Tremove, tag, fid }];
		}
	}

	private nameOf(chan: number): string {
		return String.fromCharCode(97 + (chan % this.names.length));
	}
}

/** What begins a session: Linux is known by its first attach (LX-1). */
function session(linux: boolean): Fcall[] {
	return [
		{ type: p9.Tversion, tag: NOTAG, msize: MSIZE, version: "9P2000" },
		{
			type: p9.Tattach,
			tag: linux ? 0 : 1,
			fid: 0,
			afid: NOFID,
			uname: "glenda",
			aname: "",
		},
	];
}

const modeOf = (e: { mode: string; rclose: boolean }) =>
	({ r: p9.OREAD, w: p9.OWRITE, rw: p9.ORDWR })[e.mode as "r"] + (e.rclose ? p9.ORCLOSE : 0);

function same(where: string, wanted: readonly string[], got: readonly string[]): void {
	if (wanted.join("\n") === got.join("\n")) return;
	throw new Error(`${where}\n  model:  ${wanted.join(", ")}\n  server: ${got.join(", ")}`);
}
