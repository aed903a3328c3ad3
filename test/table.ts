// What tests say to ctl and hear from it.

import { expect } from "vitest";
import { OWRITE, Rwrite } from "../src/9p/fcall.gen.ts";
import { Talk } from "./talk.ts";
import { newServer } from "./wire.ts";

export const HEADER = "# filename | channel size | rx | tx | average rx | average tx\n";

/** A connection, and channels. */
export function talk(...channels: string[]): Talk {
	const c = new Talk(newServer());
	c.mkchan(...channels);
	return c;
}

/** All that ctl says, read in reads of `count`. */
export function table(c: Talk, count = 8168): string {
	const fid = c.opened("/ctl");
	const parts: Buffer[] = [];
	for (let at = 0; ; ) {
		const r = c.read(fid, at, count);
		if (typeof r === "string" || !("data" in r)) throw new Error(`ctl: ${r}`);
		if (r.data.length === 0) break;
		parts.push(Buffer.from(r.data));
		at += r.data.length;
	}
	c.clunk(fid);
	return Buffer.concat(parts).toString();
}

/** Path and capacity of each line. */
export function capacities(c: Talk): string[] {
	const lines = table(c).split("\n").slice(1, -1);
	return lines.map((line) => line.split("\t").slice(0, 2).join(" "));
}

/** Writes to ctl with a fid for this once: null, or the refusal. */
export function write(c: Talk, text: string): string | null {
	const fid = c.opened("/ctl", OWRITE);
	const r = c.write(fid, text);
	c.clunk(fid);
	if (typeof r === "string") return r;
	expect(r).toMatchObject({ type: Rwrite, count: Buffer.byteLength(text) });
	return null;
}
