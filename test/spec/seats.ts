// The channel model with one channel and seats at it, for examples; what is said comes back as
// short lines.

import { expect } from "vitest";
import { step } from "../../spec/chan.ts";
import {
	type Event,
	fresh,
	type Limits,
	type Mode,
	possible,
	type State,
} from "../../spec/chanstate.ts";

/** A server with one channel; requests by conn, whose fid is 1 and tags count up. */
export function server(capacity: number, limits: Partial<Limits> = {}) {
	let s: State = fresh(limits);
	let tag = 0;
	const does = (e: Event): string[] => {
		expect(possible(s, e), JSON.stringify(e)).toBe(true);
		const done = step(s, e);
		s = done.state;
		return done.effects.flatMap((x) => {
			if (x.kind === "drop") return [`drop ${x.what} ${x.bytes}`];
			if (x.kind !== "reply") return [];
			const o = x.outcome;
			const says = o.kind === "data" ? `"${o.bytes}"` : o.kind === "count" ? o.count : o.kind;
			return [`${x.conn}.${x.tag} ${o.kind === "error" ? o.ename : says}`];
		});
	};
	const at = (conn: number, fid = 1) => ({ conn, tag: ++tag, fid });
	does({ kind: "version", conn: 0, linux: false, msize: 8192 });
	does({ kind: "create", conn: 0, tag: 0, fid: 1, chan: 0, mode: "rw", rclose: false });
	does({ kind: "clunk", conn: 0, tag: 0, fid: 1 });
	does({ kind: "resize", chan: 0, capacity });
	const api = {
		does,
		at,
		conn(conn: number, mode: Mode, linux = false, msize = 8192, rclose = false) {
			does({ kind: "version", conn, linux, msize });
			return api.opens(conn, mode, 1, rclose);
		},
		opens(conn: number, mode: Mode, fid = 1, rclose = false) {
			does({ kind: "walk", conn, tag: 0, fid, chan: 0 });
			does({ kind: "open", conn, tag: 0, fid, mode, rclose });
			tag = 0;
			return api;
		},
		read: (conn: number, offset = 0, count = 100) =>
			does({ kind: "read", ...at(conn), offset, count }),
		write: (conn: number, bytes: string) => does({ kind: "write", ...at(conn), bytes }),
		flush: (conn: number, oldtag: number) => does({ kind: "flush", conn, tag: ++tag, oldtag }),
		clunk: (conn: number) => does({ kind: "clunk", ...at(conn) }),
		remove: (conn: number) => does({ kind: "remove", ...at(conn) }),
		stat: (conn: number) => does({ kind: "stat", ...at(conn) }),
		resize: (capacity: number) => does({ kind: "resize", chan: 0, capacity }),
		state: () => s,
	};
	return api;
}

/** Conn 1 reads, conn 2 reads and writes. */
export const pair = (capacity: number, limits: Partial<Limits> = {}) =>
	server(capacity, limits).conn(1, "r").conn(2, "rw");
