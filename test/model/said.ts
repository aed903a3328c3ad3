// Replies as short lines, alike for the model's and the server's: the tag and what counts of the
// answer. Qids and stats are the tree's matter.

import type { Effect } from "../../spec/chanstate.ts";
import type { Fcall } from "../../src/9p/fcall.gen.ts";
import * as p9 from "../../src/9p/fcall.gen.ts";
import { quoteBytes } from "../../src/9p/text.ts";

/** A reply that the model makes. */
export function expectedOf({ tag, outcome }: Effect & { kind: "reply" }): string {
	if (outcome.kind === "data") return `${tag} ${quoteBytes(Buffer.from(outcome.bytes, "latin1"))}`;
	if (outcome.kind === "count") return `${tag} wrote ${outcome.count}`;
	return outcome.kind === "ok" ? `${tag} ok` : `${tag} ${outcome.ename}`;
}

/** A reply that the server sent. */
export function saidOf(m: Fcall): string {
	if (m.type === p9.Rread) return `${m.tag} ${quoteBytes(m.data)}`;
	if (m.type === p9.Rwrite) return `${m.tag} wrote ${m.count}`;
	return m.type === p9.Rerror ? `${m.tag} ${m.ename}` : `${m.tag} ok`;
}

/** Whether a line is the answer to a write. No rule says which is first of it and a read's. */
export const isWrote = (line: string) => line.includes(" wrote ");

/** Lines in a row that tell of interrupted requests come in any order (FL-4). */
export function tidy(lines: readonly string[]): string[] {
	const others = lines.filter((x) => !isWrote(x));
	const out = lines.filter(isWrote);
	let run: string[] = [];
	for (const line of [...others, ""]) {
		if (line.endsWith(" Interrupted system call")) run.push(line);
		else {
			out.push(...run.sort(), line);
			run = [];
		}
	}
	return out.slice(0, -1);
}
