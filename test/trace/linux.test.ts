// Who is Linux, decided from what real clients sent first.

import { expect, it } from "vitest";
import { headerOf, type Message } from "../../conformance/trace/format.ts";
import { Tattach } from "../../src/9p/fcall.gen.ts";
import { newServer, Wire } from "../wire.ts";
import { recorded } from "./traces.ts";

const connections = recorded.flatMap(({ name, trace }) => {
	const messages = trace.entries.filter(
		(e): e is Message => e.kind === "message" && e.side === "C",
	);
	const linux = headerOf(trace, "client")?.startsWith("Linux") === true;
	return [...new Set(messages.map((m) => m.conn))].map((conn) => {
		const mine = messages.filter((m) => m.conn === conn).map((m) => m.fcall);
		const attach = mine.findIndex((m) => m?.type === Tattach);
		return { name, conn, linux, first: mine.slice(0, attach + 1) };
	});
});

it.each(connections)("LX-1: $name, connection $conn: linux is $linux", ({ linux, first }) => {
	expect(first.length).toBeGreaterThan(1);
	const wire = new Wire(newServer());
	for (const m of first) if (m !== null) wire.send(m);
	expect(wire.conn.linux).toBe(linux);
});

it("LX-1: both kinds of client are among the recorded ones", () => {
	expect(new Set(connections.map(({ linux }) => linux))).toEqual(new Set([true, false]));
});
