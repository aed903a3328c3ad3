// Clients that behave badly, by intent or not: the server's memory stays inside the bound that the
// README states, and a sane client beside them notices nothing. The server is a process of its own.

import { readFileSync } from "node:fs";
import net from "node:net";
import { describe, expect, it, vi } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { OREAD, OWRITE } from "../src/9p/fcall.gen.ts";
import type { ClientFid } from "../src/client.ts";
import type { Address } from "../src/dial.ts";
import { type Program, program } from "./program.ts";
import { channel, cleanUp, join9p, open, serve } from "./serving.ts";
import { hello, RawSocket, until } from "./sockets.ts";
import { frame } from "./wire.ts";

cleanUp();

const K = 1 << 10;
const M = 1 << 20;
/** What the README says that the program takes by itself, and a connection that does nothing. */
const BASE = 192 * M;
const CONNECTION = 32 * K;

/** A server, on TCP and with limits of its own. */
function start(...limits: string[]): Promise<Program> {
	return program(["-a", "tcp!127.0.0.1!0", ...limits]);
}

/** Passes messages, one by one and in order, until told to stop; then says how many. */
async function sane(address: Address): Promise<() => Promise<number>> {
	const { root } = await join9p(address);
	const writer = await channel(root, "sane", OWRITE);
	const reader = await open(root, "sane", OREAD);
	let stop = false;
	let passed = 0;
	const passing = (async () => {
		while (!stop || passed < 100) {
			const read = reader.readMessage();
			await writer.write(`${passed}`);
			expect(Buffer.from((await read) as Uint8Array).toString()).toBe(`${passed}`);
			passed++;
			if (passed % 100 === 0) await new Promise(setImmediate);
		}
	})();
	return async () => {
		stop = true;
		await passing;
		return passed;
	};
}

/** Looks at the server until `is` is so of its snapshot; the most memory seen meanwhile. */
async function watch(
	server: Program,
	is: (s: Awaited<ReturnType<Program["snapshot"]>>) => boolean,
): Promise<number> {
	let most = 0;
	do {
		most = Math.max(most, server.memory());
		await new Promise((resolve) => setTimeout(resolve, 20));
	} while (!is(await server.snapshot()));
	return Math.max(most, server.memory());
}

describe("a client that never reads its replies", () => {
	it("LM-4, LM-7: is left unread, with buffers of all such inside their limit", async () => {
		const buffers = 32 * M;
		const server = await start(`--buffer-bytes=${buffers}`, "--unsent-bytes=8388608");
		const done = await sane(server.address);
		// A ctl of about a megabyte, and clients that ask for all of it again and again.
		const { root } = await join9p(server.address, { msize: M });
		const dir = await root.walk([]);
		await dir.create("d".repeat(200), (p9.DMDIR | 0o777) >>> 0, OREAD);
		await fill(await root.walk(["d".repeat(200)]), 2000);
		const clients = 60;
		const size = 400 * K;
		const reads = Array.from({ length: 200 }, (_, n) =>
			frame({ type: p9.Tread, tag: 10 + n, fid: 1, offset: 0n, count: size }),
		);
		const lazy: RawSocket[] = [];
		for (let n = 0; n < clients; n++) {
			const raw = await RawSocket.connect(server.address);
			lazy.push(raw);
			raw.send(
				...hello(M),
				{ type: p9.Twalk, tag: 2, fid: 0, newfid: 1, wname: ["ctl"] },
				{ type: p9.Topen, tag: 3, fid: 1, mode: OREAD },
			);
			raw.socket.write(Buffer.concat(reads));
		}
		let last = -1;
		const memory = await watch(server, (s) => {
			// Until nothing moves any more: each has what its kernel took, and then stands still.
			const still: boolean = s.bufferBytes === last && s.openConnections === clients + 2;
			last = s.bufferBytes;
			return still;
		});
		// Their snapshots of ctl, and for each the reply that went past the limit and is on its way.
		const { snapshotBytes } = await server.snapshot();
		const bound = BASE + buffers + snapshotBytes + clients * (CONNECTION + size);
		expect(memory).toBeLessThan(bound);
		expect(await done()).toBeGreaterThanOrEqual(100);
		for (const raw of lazy) raw.socket.destroy();
	});
});

/** Makes channels with long names. */
async function fill(dir: ClientFid, count: number): Promise<void> {
	for (let n = 0; n < count; n++) {
		const fid = await dir.walk([]);
		await fid.create(`${"x".repeat(190)}${n}`, 0o666, OREAD);
		await fid.clunk();
	}
}

describe("idle connections", () => {
	it("LM-5: ten thousand of them", async () => {
		const server = await start();
		const done = await sane(server.address);
		const most = Number(
			/^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1],
		);
		const count = Math.min(10_000, most - 500);
		if (count < 10_000) console.warn(`only ${most} open files are allowed: ${count} connections`);
		const idle: RawSocket[] = [];
		while (idle.length < count) {
			const some = Array.from({ length: Math.min(200, count - idle.length) }, () =>
				RawSocket.attached(server.address),
			);
			idle.push(...(await Promise.all(some)));
		}
		const memory = await watch(server, (s) => s.openConnections === count + 1);
		expect(memory).toBeLessThan(BASE + count * CONNECTION);
		expect(await done()).toBeGreaterThanOrEqual(100);
		for (const raw of idle) raw.socket.destroy();
		await watch(server, (s) => s.openConnections === 1);
	});
});

describe("blocked writes of a megabyte", () => {
	it("LM-3: a flood of them is refused beyond the limit", async () => {
		const [mine, all] = [16 * M, 64 * M];
		const server = await start(`--blocked-bytes=${mine}`, `--all-blocked-bytes=${all}`);
		const done = await sane(server.address);
		const size = M - p9.IOHDRSZ;
		const floods: { refused: number; other: number }[] = [];
		for (let n = 0; n < 8; n++) {
			const { root } = await join9p(server.address, { msize: M });
			const fid = await channel(root, `c${n}`, OWRITE);
			const counts = { refused: 0, other: 0 };
			for (let i = 0; i < 40; i++) {
				fid.write(Buffer.alloc(size, i)).then(
					() => counts.other++,
					(e: { ename?: string }) => {
						if (e.ename === "No buffer space available") counts.refused++;
					},
				);
			}
			floods.push(counts);
		}
		const fit = Math.floor(all / size);
		// Each wrote 40; what did not fit is refused at once, and the others wait.
		const memory = await watch(server, (s) => s.refusals === 8 * 40 - fit);
		const snapshot = await server.snapshot();
		expect(snapshot.blockedRequests).toBeGreaterThanOrEqual(fit);
		expect(snapshot.blockedBytes).toBeLessThanOrEqual(all);
		await until(() => floods.reduce((n, f) => n + f.refused, 0) === 8 * 40 - fit);
		expect(Math.max(...floods.map((f) => 40 - f.refused))).toBe(Math.floor(mine / size));
		expect(memory).toBeLessThan(BASE + all + 10 * (CONNECTION + 2 * M));
		expect(await done()).toBeGreaterThanOrEqual(100);
	});
});

describe("senders byte by byte", () => {
	it("LM-7: with half a frame each take no more than all buffers may", async () => {
		const buffers = 8 * M;
		const server = await start(`--buffer-bytes=${buffers}`);
		const done = await sane(server.address);
		const data = Buffer.alloc(1000 * K);
		const half = frame({ type: p9.Twrite, tag: 5, fid: 0, offset: 0n, data }).subarray(0, 900 * K);
		const senders = 300;
		const slow: RawSocket[] = [];
		let memory = 0;
		for (let n = 0; n < senders; n++) {
			const raw = await RawSocket.attached(server.address, M);
			slow.push(raw);
			raw.socket.write(half.subarray(0, -50));
			memory = Math.max(memory, server.memory());
		}
		for (let at = half.length - 50; at < half.length; at++) {
			for (const { socket } of slow) socket.write(half.subarray(at, at + 1));
			await new Promise(setImmediate);
		}
		memory = Math.max(memory, await watch(server, (s) => s.bufferBytes <= buffers));
		expect(memory).toBeLessThan(BASE + buffers + senders * CONNECTION);
		expect(await done()).toBeGreaterThanOrEqual(100);
	});

	it("ER-2: a whole request that comes so is answered", async () => {
		const server = await start();
		const done = await sane(server.address);
		const bytes = Buffer.concat(hello(8192).map(frame));
		const slow = await Promise.all(
			Array.from({ length: 50 }, () => RawSocket.connect(server.address)),
		);
		for (const raw of slow) raw.read();
		for (const byte of bytes) {
			for (const { socket } of slow) socket.write(Buffer.of(byte));
			await new Promise(setImmediate);
		}
		await Promise.all(slow.map((raw) => raw.until(2)));
		expect(slow.map((raw) => raw.replies.at(-1)?.type)).toEqual(Array(50).fill(p9.Rattach));
		expect(await done()).toBeGreaterThanOrEqual(100);
	});
});

describe("half-open peers", () => {
	it("FL-6: those that sent FIN are ended, though they never close", async () => {
		const server = await start();
		const done = await sane(server.address);
		const raws = await Promise.all(
			Array.from({ length: 100 }, () => RawSocket.attached(server.address)),
		);
		for (const raw of raws) raw.socket.end();
		await Promise.all(raws.map((raw) => raw.ended));
		await watch(server, (s) => s.openConnections === 1);
		expect(await done()).toBeGreaterThanOrEqual(100);
		for (const raw of raws) raw.socket.destroy();
	});

	it("those that say nothing are asked whether they are there, as --keepalive says", async () => {
		const asked = vi.spyOn(net.Socket.prototype, "setKeepAlive");
		const at = { net: "tcp", host: "127.0.0.1", port: 0 } as const;
		for (const keepAliveMs of [7000, 0]) {
			const { listener } = await serve({}, at, { keepAliveMs });
			await RawSocket.attached(listener.address);
		}
		expect(asked.mock.calls).toEqual([[true, 7000]]);
		asked.mockRestore();
	});
});
