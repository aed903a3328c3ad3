import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { ORDWR, OREAD, OWRITE } from "../src/9p/fcall.gen.ts";
import type { Address } from "../src/dial.ts";
import type { ServerOptions } from "../src/server.ts";
import { text } from "./peers.ts";
import { big, channel, cleanUp, join9p, open, path, serve } from "./serving.ts";
import { hello, RawSocket, until } from "./sockets.ts";
import { frame } from "./wire.ts";

const MIB = 1 << 20;

cleanUp();

for (const net of ["tcp", "unix"] as const) {
	for (const input of ["onread", "data"] as const) {
		describe(`over ${net}, reading by ${input}`, () => sockets(net, input));
	}
}

function sockets(net: "tcp" | "unix", input: "onread" | "data") {
	const start = (limits: ServerOptions["limits"] = {}) => {
		const place: Address =
			net === "tcp" ? { net, host: "127.0.0.1", port: 0 } : { net, path: path("s") };
		return serve({ limits }, place, { input, keepAliveMs: 60_000 });
	};

	it("CH-1: a message as large as msize lets it be arrives whole", async () => {
		const { listener } = await start();
		const [a, b] = [await big(listener), await big(listener)];
		const writer = await channel(a.root, "c", OWRITE);
		const reader = await open(b.root, "c", OREAD);
		const message = Buffer.from(Array.from({ length: 251 }, (_, n) => n));
		const data = Buffer.alloc(writer.most, message);
		for (let n = 0; n < 3; n++) {
			const read = reader.readMessage();
			expect(await writer.write(data)).toBe(data.length);
			expect(Buffer.compare((await read) as Uint8Array, data)).toBe(0);
		}
	});

	it("CH-2: pipelined messages arrive in their order", async () => {
		const { listener } = await start();
		const [a, b] = [await join9p(listener.address), await join9p(listener.address)];
		const writer = await channel(a.root, "c", OWRITE);
		const reader = await open(b.root, "c", OREAD);
		const numbers = Array.from({ length: 500 }, (_, n) => String(n));
		const reads = numbers.map(() => reader.readMessage());
		await Promise.all(numbers.map((n) => writer.write(n)));
		expect((await Promise.all(reads)).map(text)).toEqual(numbers);
	});

	it("CH-14: who takes no replies holds nobody up, and gets all when it reads again", async () => {
		const unsent = 128 << 10;
		const { listener, server } = await start({ unsent });
		const { root } = await big(listener);
		const writer = await channel(root, "c", OWRITE);
		const other = await channel(root, "other", ORDWR);
		const slow = await RawSocket.attached(listener.address, MIB);
		slow.send(twalk(2, 1, "c"), { type: p9.Topen, tag: 3, fid: 1, mode: OREAD });
		await slow.until(4);
		slow.pause();
		const size = 64 << 10;
		const asked = 2000;
		const reads = Array.from({ length: asked }, (_, n) => tread(10 + n, 1, size));
		slow.send(...reads);
		await until(() => server.blockedRequests === asked);
		// Until a write blocks although reads are waiting: they have left the line.
		const written: number[] = [];
		let stop = false;
		const writing = (async () => {
			for (let n = 0; !stop; n++) {
				await writer.write(message(n, size));
				written.push(n);
			}
		})();
		await until(() => server.blockedBytes > 0);
		expect(server.blockedRequests).toBeGreaterThan(1);
		expect(server.snapshot().bufferBytes).toBeLessThan(4 * (unsent + MIB));
		// Another channel goes on, and so does another reader of the same one.
		const echo = other.readMessage();
		await other.write("alive");
		expect(text(await echo)).toBe("alive");
		const eager = await open((await join9p(listener.address)).root, "c", OREAD);
		const taken = numberOf((await eager.readMessage()) as Uint8Array);
		stop = true;
		slow.resume();
		await writing;
		const rest = written.filter((n) => n !== taken);
		await slow.until(4 + rest.length);
		expect(slow.replies.slice(4).map((m) => numberOf((m as p9.Rread).data))).toEqual(rest);
		expect(server.stats.lostMessages).toBe(0);
	});

	it("LM-4: requests sent before the client's FIN are answered", async () => {
		const { listener } = await start();
		const raw = await RawSocket.connect(listener.address);
		raw.socket.end(Buffer.concat([...hello(8192), tstat(2), tstat(3)].map(frame)));
		raw.read();
		await raw.ended;
		expect(raw.replies.map((m) => m.tag)).toEqual([p9.NOTAG, 1, 2, 3]);
	});

	it("LM-4: requests sent before a FIN are answered though the client reads late", async () => {
		const { listener, server } = await start();
		const { root } = await big(listener);
		const names = Array.from({ length: 200 }, (_, n) => `${"x".repeat(200)}${n}`);
		await Promise.all(names.map((name) => channel(root, name, OREAD)));
		const raw = await RawSocket.connect(listener.address);
		const open = { type: p9.Topen, tag: 2, fid: 0, mode: OREAD } as const;
		// The replies are more than sockets hold.
		const count = net === "tcp" ? 400 : 50;
		const reads = Array.from({ length: count }, (_, n) => tread(10 + n, 0, 48 << 10));
		raw.socket.end(Buffer.concat([...hello(65536), open, ...reads].map(frame)));
		await until(() => server.snapshot().bufferBytes > 100_000);
		raw.read();
		await raw.ended;
		expect(raw.replies.length).toBe(3 + reads.length);
	});

	it("FL-6: a FIN cancels what is blocked, once all else is answered", async () => {
		const { listener, server } = await start();
		const { root } = await join9p(listener.address);
		const writer = await channel(root, "c", OWRITE);
		const raw = await RawSocket.attached(listener.address);
		raw.send(twalk(2, 1, "c"), { type: p9.Topen, tag: 3, fid: 1, mode: OREAD }, tread(4, 1, 9));
		raw.socket.end(frame(tstat(5)));
		await raw.ended;
		expect(raw.replies.map((m) => m.tag)).toEqual([p9.NOTAG, 1, 2, 3, 5]);
		const written = writer.write("kept");
		const reader = await open(root, "c", OREAD);
		expect(text(await reader.readMessage())).toBe("kept");
		await written;
		await until(() => server.snapshot().openConnections === 1);
	});

	it("FL-6: a reset takes its blocked requests along", async () => {
		const { listener, server } = await start();
		const { root } = await join9p(listener.address);
		const writer = await channel(root, "c", OWRITE);
		await channel(root, "d", OREAD);
		const raw = await RawSocket.attached(listener.address);
		raw.send(twalk(2, 1, "c"), { type: p9.Topen, tag: 3, fid: 1, mode: OREAD });
		raw.send(twalk(4, 2, "d"), { type: p9.Topen, tag: 5, fid: 2, mode: OWRITE });
		raw.send(tread(6, 1, 100), {
			type: p9.Twrite,
			tag: 7,
			fid: 2,
			offset: 0n,
			data: Buffer.from("never"),
		});
		await until(() => server.blockedRequests === 2);
		if (net === "tcp") raw.socket.resetAndDestroy();
		else raw.socket.destroy();
		await until(() => server.snapshot().openConnections === 1);
		expect(server.snapshot()).toMatchObject({ blockedRequests: 0, blockedBytes: 0 });
		const written = writer.write("kept");
		const reader = await open(root, "c", OREAD);
		expect(text(await reader.readMessage())).toBe("kept");
		await written;
		expect(server.stats).toMatchObject({ reads: 1, writes: 1, lostMessages: 0 });
	});

	it("ER-2: bad frames cut their connection, and nobody else notices", async () => {
		const { listener } = await start();
		const { root } = await join9p(listener.address);
		const reader = await channel(root, "c", ORDWR);
		const read = reader.readMessage();
		for (const size of [0, 6, 8193, 0xffffffff]) {
			const raw = await RawSocket.attached(listener.address);
			const bytes = Buffer.alloc(20, 0xff);
			bytes.writeUInt32LE(size, 0);
			raw.send(tstat(2));
			raw.socket.write(bytes);
			await raw.ended;
			// What came before it is answered.
			expect(raw.replies.map((m) => m.tag)).toEqual([p9.NOTAG, 1, 2]);
			raw.socket.destroy();
		}
		await reader.write("untouched");
		expect(text(await read)).toBe("untouched");
	});

	it("ER-2: requests that come byte by byte are requests", async () => {
		const { listener } = await start();
		const raw = await RawSocket.connect(listener.address);
		raw.socket.setNoDelay(true);
		raw.read();
		for (const byte of Buffer.concat([...hello(8192), tstat(2)].map(frame))) {
			await new Promise((resolve) => raw.socket.write(Buffer.from([byte]), resolve));
		}
		await raw.until(3);
		expect(raw.replies[2]).toMatchObject({ type: p9.Rstat, stat: { name: "/" } });
		raw.socket.destroy();
	});

	it("LM-5: one connection too many is told so", async () => {
		const { listener, server } = await start({ connections: 1 });
		const { root } = await join9p(listener.address);
		const raw = await RawSocket.connect(listener.address);
		raw.read();
		await raw.ended;
		const ename = "Too many open files in system";
		expect(raw.replies).toEqual([{ type: p9.Rerror, tag: p9.NOTAG, ename }]);
		expect((await root.stat()).name).toBe("/");
		expect(server.snapshot().openConnections).toBe(1);
	});

	it("FL-6: close ends the connections, and the address is free", async () => {
		const { listener, server } = await start();
		const raw = await RawSocket.attached(listener.address);
		const { root } = await join9p(listener.address);
		const read = (await channel(root, "c", OREAD)).readMessage();
		const lost = expect(read).rejects.toThrow("connection lost");
		await until(() => server.blockedRequests === 1);
		await listener.close();
		await Promise.all([lost, raw.ended]);
		expect(server.snapshot()).toMatchObject({ openConnections: 0, blockedRequests: 0 });
		await serve({}, listener.address, { input });
	});
}

function message(n: number, size: number): Buffer {
	const buf = Buffer.alloc(size, n & 0xff);
	buf.writeUInt32LE(n, 0);
	return buf;
}

function numberOf(data: Uint8Array): number {
	return Buffer.from(data).readUInt32LE(0);
}

function twalk(tag: number, newfid: number, name: string) {
	return { type: p9.Twalk, tag, fid: 0, newfid, wname: [name] } as const;
}

function tread(tag: number, fid: number, count: number) {
	return { type: p9.Tread, tag, fid, offset: 0n, count } as const;
}

function tstat(tag: number) {
	return { type: p9.Tstat, tag, fid: 0 } as const;
}
