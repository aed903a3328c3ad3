// The same bytes, decoded by somebody else: Wireshark's dissector must agree with our codec on
// every field that it decodes, but for the disagreements listed here.

import { expect, it } from "vitest";
import type { Entry, Message } from "../../conformance/trace/format.ts";
import { pcapOf } from "../../conformance/trace/pcap.ts";
import { recorded } from "./traces.ts";
import { columns, decoded, haveTshark, type Row, wanted } from "./tshark.ts";

const PORT = 564;

/**
 * Columns that tshark 4.0 gets wrong, and what the manual says of them: it reads the octal digits
 * as hexadecimal ones, so that only those for others are right.
 */
const WRONG: Readonly<Record<string, string>> = {
	"9p.dm.read_owner": "chmod(1): 0400 read by owner",
	"9p.dm.write_owner": "chmod(1): 0200 write by owner",
	"9p.dm.exec_owner": "chmod(1): 0100 execute (search in directory) by owner",
	"9p.dm.read_group": "chmod(1): 0070 read, write, execute (search) by group",
	"9p.dm.write_group": "chmod(1): 0070 read, write, execute (search) by group",
	"9p.dm.exec_group": "chmod(1): 0070 read, write, execute (search) by group",
};

const missing = !haveTshark() && process.env["CI"] === undefined;
if (missing) console.log("tshark is not installed: its decoding is not compared with ours");

// Every connection of every trace, each with a number of its own.
const entries: Entry[] = recorded.flatMap(({ trace }, i) =>
	trace.entries.map((e) =>
		"conn" in e && e.kind !== "also" ? { ...e, conn: e.conn + 100 * i } : e,
	),
);
const messages = entries.filter((e): e is Message => e.kind === "message");

it.skipIf(missing)("tshark decodes recorded messages as we do", { timeout: 120_000 }, () => {
	const rows = decoded(pcapOf({ header: [], entries }, PORT), PORT);
	expect(rows.length).toBe(messages.length);
	const wrong = new Map<string, string>();
	for (const [i, message] of messages.entries()) {
		const want = wanted(message);
		const got = rows[i] as Row;
		for (const column of columns) {
			if (got[column] === want[column]) continue;
			const type = want["9p.msgtype"];
			wrong.set(column, `type ${type}: ${got[column]}, not ${want[column]}`);
		}
	}
	// A column that is wrong no more should leave the list.
	expect([...wrong.keys()].sort(), JSON.stringify([...wrong])).toEqual(Object.keys(WRONG).sort());
});
