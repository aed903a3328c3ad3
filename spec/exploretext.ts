// The exploration's traces as text, one message a line, in the form of the codec's `format`, each
// with its connection and direction. Setup comes first: the text is complete and can be replayed.

import type { Effect, Event } from "./chanstate.ts";
import { fresh } from "./chanstate.ts";
import type { Trace } from "./explore.ts";
import { OUTSIDER, type StepFunction, setup } from "./exploreworld.ts";

/** The whole trace: how the world is built, then each step and what it answered. */
export function traceText(t: Trace, step: StepFunction): string {
	const out = [`# world: ${t.world.name}`, "# setup"];
	let s = fresh(t.world.limits);
	const setups = setup(t.world);
	for (const event of setups) {
		out.push(...eventText(event));
		s = step(s, event).state;
	}
	out.push(`# path of ${t.steps.length}`);
	for (const { event, effects } of t.steps) {
		out.push(...eventText(event), ...effects.flatMap((x) => effectText(event, x)));
		s = step(s, event).state;
	}
	return [...out, `# violation: ${t.why}`].join("\n");
}

const name = (chan: number) => String.fromCharCode(97 + chan);
const quoted = (bytes: string) => JSON.stringify(bytes);
/** The outsider's fid of ctl. */
const CTL = 8;

/** An event as the message, or the words, that make it happen. */
export function eventText(e: Event): string[] {
	const says = (conn: number, text: string) => `conn ${conn} -> ${text}`;
	switch (e.kind) {
		case "version":
			return [
				says(e.conn, `Tversion tag NOTAG msize ${e.msize} version 9P2000${e.linux ? ".L" : ""}`),
				says(e.conn, `Tattach tag 1 fid 0 afid NOFID uname glenda aname ""`),
				...(e.conn === OUTSIDER
					? [
							says(e.conn, `Twalk tag 1 fid 0 newfid ${CTL} nwname 1 0:ctl`),
							says(e.conn, `Topen tag 1 fid ${CTL} mode 1`),
						]
					: []),
			];
		case "disconnect":
			return [`# conn ${e.conn} is lost`];
		case "stall":
			return [`# conn ${e.conn} stops taking its replies`];
		case "resume":
			return [`# conn ${e.conn} takes its replies again`];
		case "resize": {
			const line = `/${name(e.chan)} ${e.capacity}\n`;
			const text = `Twrite tag 99 fid ${CTL} offset 0 count ${line.length} ${quoted(line)}`;
			return [says(OUTSIDER, text)];
		}
		case "flush":
			return [says(e.conn, `Tflush tag ${e.tag} oldtag ${e.oldtag}`)];
		case "create":
			return [
				says(e.conn, `Twalk tag ${e.tag} fid 0 newfid ${e.fid} nwname 0`),
				says(e.conn, `Tcreate tag ${e.tag} fid ${e.fid} name ${name(e.chan)} perm 0666 mode 1`),
			];
		case "walk":
			return [says(e.conn, `Twalk tag ${e.tag} fid 0 newfid ${e.fid} nwname 1 0:${name(e.chan)}`)];
		case "open": {
			const mode = { "": 0, r: 0, w: 1, rw: 2 }[e.mode] + (e.rclose ? 64 : 0);
			return [says(e.conn, `Topen tag ${e.tag} fid ${e.fid} mode ${mode}`)];
		}
		case "read":
			return [says(e.conn, `Tread tag ${e.tag} fid ${e.fid} offset ${e.offset} count ${e.count}`)];
		case "write": {
			const { tag, fid, bytes } = e;
			const text = `Twrite tag ${tag} fid ${fid} offset 0 count ${bytes.length} ${quoted(bytes)}`;
			return [says(e.conn, text)];
		}
		case "stat":
			return [says(e.conn, `Tstat tag ${e.tag} fid ${e.fid}`)];
		case "clunk":
			return [says(e.conn, `Tclunk tag ${e.tag} fid ${e.fid}`)];
		case "remove":
			return [says(e.conn, `Tremove tag ${e.tag} fid ${e.fid}`)];
	}
}

/** A reply as its message, if the message can be told; what is dropped as words. */
export function effectText(e: Event, x: Effect): string[] {
	if (x.kind === "drop") return [`# dropped ${x.what} of /${name(x.chan)}: ${quoted(x.bytes)}`];
	if (x.kind !== "reply") return [];
	const o = x.outcome;
	const says = (text: string) => [`conn ${x.conn} <- ${text}`];
	if (o.kind === "data")
		return says(`Rread tag ${x.tag} count ${o.bytes.length} ${quoted(o.bytes)}`);
	if (o.kind === "count") return says(`Rwrite tag ${x.tag} count ${o.count}`);
	if (o.kind === "error") return says(`Rerror tag ${x.tag} ename ${quoted(o.ename)}`);
	if (e.kind === "flush" || e.kind === "clunk" || e.kind === "remove") {
		return says(`R${e.kind} tag ${x.tag}`);
	}
	return []; // others carry what channels do not know, as qids
}
