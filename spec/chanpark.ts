// Which connections' waiting reads stand in the lines of their channels (CH-14, LM-8). What a line
// is given is chan.ts's.

import type { State } from "./chanstate.ts";

/**
 * The waiting reads of a connection that does not take its replies (CH-14), or keeps too much of
 * messages read in part (LM-8), leave the lines; later they join them again at the end.
 */
export function park(s: State): State {
	for (const c of s.conns) {
		const rests = s.fids.filter((f) => f.conn === c.conn).reduce((n, f) => n + f.held, 0);
		const parked = c.stalled || rests > s.limits.rests;
		if (parked === c.parked) continue;
		const conns = s.conns.map((x) => (x === c ? { ...c, parked } : x));
		const mine = s.waiting.filter((r) => r.kind === "read" && r.conn === c.conn);
		const others = s.waiting.filter((r) => !mine.includes(r));
		return park({ ...s, conns, waiting: parked ? s.waiting : [...others, ...mine] });
	}
	return s;
}
