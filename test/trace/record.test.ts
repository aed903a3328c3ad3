// The recording proxy: what passes is unharmed, and what it wrote down can be replayed.

import net from "node:net";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Cutter } from "../../conformance/trace/cut.ts";
import { type Entry, formatEntry, formatTrace } from "../../conformance/trace/format.ts";
import { record } from "../../conformance/trace/record.ts";
import { replay } from "../../conformance/trace/replay.ts";
import { traceLine } from "../../src/trace.ts";
import { parsed, replayable, replayed, session, withServer } from "./traces.ts";

const ANY = { net: "tcp", host: "127.0.0.1", port: 0 } as const;

it.each(replayable)("what was recorded of $name replays without deviations", async ({ trace }) => {
	const entries: Entry[] = [];
	const packets: Buffer[] = [];
	await withServer({}, "glenda", async (address) => {
		const proxy = await record(ANY, address, {
			entry: (e) => entries.push(e),
			pcap: (bytes) => packets.push(bytes),
		});
		expect(await replay(trace, proxy.address)).toEqual([]);
		await proxy.close();
	});
	expect(packets.length).toBeGreaterThan(entries.length / 2);
	const text = formatTrace({ header: [["client", "a replay"]], entries });
	expect(await replayed(parsed(text))).toEqual([]);
});

it("garbage passes unharmed, and is written down", async () => {
	const there = Buffer.from("00000000ffffffff1234", "hex");
	const back = Buffer.from("0c000000deadbeef", "hex");
	const got: Buffer[] = [];
	const server = net.createServer((socket) => {
		socket.on("data", (b) => got.push(b));
		socket.on("end", () => socket.end(back));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as net.AddressInfo;
	const entries: Entry[] = [];
	const target = { ...ANY, port };
	const proxy = await record(ANY, target, { entry: (e) => entries.push(e) });
	const client = net.connect({ port: (proxy.address as typeof ANY).port, host: "127.0.0.1" });
	client.end(there);
	const heard: Buffer[] = [];
	client.on("data", (b) => heard.push(b));
	await new Promise((resolve) => client.once("close", resolve));
	proxy.mark(" typed ");
	await proxy.close();
	server.close();
	expect(Buffer.concat(got)).toEqual(there);
	expect(Buffer.concat(heard)).toEqual(back);
	const lines = entries.map((e) => formatEntry(e).replace(/^\d+\.\d+ /, ""));
	expect(lines.sort()).toEqual([
		"0 C ?00000000ffffffff1234 a frame has no size of 0",
		"0 S ?0c000000deadbeef the stream ended within it",
		"0 close",
		"0 open",
		"mark typed",
	]);
});

it("streams are cut into frames wherever they are split, and no byte is lost", () => {
	const stream = fc.array(
		fc.oneof(
			fc.uint8Array({ minLength: 3, maxLength: 90 }).map((body) => {
				const size = Buffer.alloc(4);
				size.writeUInt32LE(body.length + 4);
				return Buffer.concat([size, body]);
			}),
			fc.uint8Array({ maxLength: 9 }).map((b) => Buffer.from(b)),
		),
		{ maxLength: 8 },
	);
	fc.assert(
		fc.property(stream, fc.array(fc.nat(40)), (parts, cuts) => {
			const whole = new Cutter();
			const all = Buffer.concat(parts);
			const expected = [...whole.feed(all), ...whole.end()];
			const split = new Cutter();
			const pieces = [];
			let at = 0;
			for (const n of cuts) {
				pieces.push(...split.feed(all.subarray(at, at + n)));
				at = Math.min(all.length, at + n);
			}
			pieces.push(...split.feed(all.subarray(at)), ...split.end());
			expect(Buffer.concat(pieces.map((p) => p.bytes))).toEqual(all);
			const frames = (list: typeof expected) => list.filter((p) => p.why === undefined);
			expect(frames(pieces)).toEqual(frames(expected));
		}),
	);
});

it("what -D prints of a connection is a trace", async () => {
	const lines: string[] = [];
	const tracer = (conn: number) => (side: "T" | "R", buf: Uint8Array, from: number, to: number) => {
		lines.push(`${traceLine(1.5, conn, side === "T" ? "C" : "S", buf, from, to)}\n`);
	};
	const short = session("0.000000 0 C ?080000007801000a Tclunk is cut short");
	const told = await withServer({ tracer }, "glenda", (address) => replay(short, address));
	expect(told).toMatchObject([{ why: "still blocked here" }]);
	expect(lines.length).toBeGreaterThan(9);
	expect(formatTrace(parsed(lines.join("")))).toBe(lines.join(""));
	expect(await replayed(parsed(lines.join("")))).toEqual([]);
});
