import { describe, expect, it, vi } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { DMDIR, NOTAG, ORDWR, OREAD, OWRITE, type Tmessage } from "../src/9p/fcall.gen.ts";
import { Client, ConnectionLost, RequestCancelled, RequestRefused } from "../src/client.ts";
import { clientOf, Script } from "./peers.ts";
import { newServer } from "./wire.ts";

vi.setConfig({ testTimeout: 60_000 }); // against hanging, however busy the machine
const qid = { type: 0, vers: 0, path: 1n };

describe("a session", () => {
	it("ER-8: is of the smaller msize", async () => {
		const server = newServer({ limits: { msize: 4096 } });
		const { client, conn } = await clientOf(server);
		expect(client.msize).toBe(4096);
		client.close();
		expect(conn.msize).toBe(0);
		expect(server.snapshot().openConnections).toBe(0);
	});

	it("ER-8: is refused with a msize that is too small", async () => {
		const refused = clientOf(newServer(), { msize: 128 });
		await expect(refused).rejects.toThrow("Tversion: Numerical result out of range");
	});

	it("ER-7: is refused when no version is common", async () => {
		const refused = clientOf(newServer(), { version: "9P1999" });
		await expect(refused).rejects.toThrow("does not speak 9P1999: it answered unknown");
	});

	it("ER-7: is plain 9P2000 where the server has no dialects", async () => {
		const { client } = await clientOf(newServer(), { version: "9P2000.L" });
		expect((await client.attach("glenda")).qid.type).toBe(p9.QTDIR);
	});

	it("LM-5: is refused with the server's reason when there are too many", async () => {
		const server = newServer({ limits: { connections: 0 } });
		await expect(clientOf(server)).rejects.toThrow("Tversion: Too many open files in system");
	});

	it("LX-1: looks like Linux's only when made so", async () => {
		const server = newServer();
		const plain = await clientOf(server);
		const linux = await clientOf(server, { firstTag: 0, firstFid: 0 });
		for (const { client } of [plain, linux]) await client.attach("glenda");
		expect([plain.conn.linux, linux.conn.linux]).toEqual([false, true]);
	});

	it("has fids that another attach refused frees", async () => {
		const { client } = await clientOf(newServer());
		await expect(client.attach("glenda", "/other")).rejects.toThrow("file does not exist");
		expect((await client.attach("glenda")).fid).toBe(2);
	});

	it("is traced", async () => {
		const lines: string[] = [];
		await clientOf(newServer(), {
			trace: (direction, buf, from, to) => {
				const m = p9.decode(buf, from, to);
				lines.push(`${direction} ${m.type === 0 ? m.why : p9.format(m)}`);
			},
		});
		expect(lines).toEqual([
			"T Tversion tag NOTAG msize 8192 version 9P2000",
			"R Rversion tag NOTAG msize 8192 version 9P2000",
		]);
	});
});

describe("a fid", () => {
	it("CH-1: carries messages from a writer to a reader", async () => {
		const server = newServer();
		const [a, b] = [(await clientOf(server)).client, (await clientOf(server)).client];
		const writer = await a.attach("glenda");
		await writer.create("pipeline", 0o666, OWRITE);
		const reader = await (await b.attach("glenda")).walk("/pipeline");
		await reader.open(OREAD);
		const read = reader.readMessage();
		expect(await writer.write("hello")).toBe(5);
		expect(text(await read)).toBe("hello");
		expect(writer.offset).toBe(5n);
		await writer.remove();
		expect(await reader.readMessage()).toBeNull();
		await reader.clunk();
	});

	it("CH-8: reads a message in parts", async () => {
		const { client } = await clientOf(newServer());
		const { reader, writer } = await channel(client);
		const written = writer.write("hello, world");
		expect(text(await reader.read(5))).toBe("hello");
		expect(text(await reader.readMessage())).toBe(", world");
		await written;
	});

	it("TR-9: walks more names than one Twalk carries", async () => {
		const { client } = await clientOf(newServer());
		const names = Array.from({ length: 40 }, (_, n) => `d${n}`);
		let fid = await client.attach("glenda");
		for (const name of names) {
			const dir = await fid.walk([]);
			await dir.create(name, (DMDIR | 0o777) >>> 0, OREAD);
			await dir.clunk();
			fid = await fid.walk(name);
		}
		const root = await client.attach("glenda");
		const deep = await root.walk(names);
		expect(deep.qid).toEqual(fid.qid);
		expect((await deep.stat()).name).toBe("d39");
		expect((await (await deep.walk("..")).stat()).name).toBe("d38");
	});

	it("TR-9: says why a walk stopped half-way, and keeps no fid", async () => {
		const server = newServer();
		const { client } = await clientOf(server);
		const root = await client.attach("glenda");
		const dir = await root.walk("");
		await dir.create("private", (DMDIR | 0o700) >>> 0, OREAD);
		const inside = await root.walk("private");
		await inside.create("c", 0o666, OREAD);
		const other = await (await clientOf(server, { firstFid: 7 })).client.attach("rob");
		await expect(other.walk("private/c")).rejects.toThrow("Twalk: permission denied");
		await expect(other.walk("private/c/d")).rejects.toThrow("Twalk: permission denied");
		await expect(other.walk("ctl/c/d")).rejects.toThrow("Twalk: not a directory");
		await expect(root.walk("private/d")).rejects.toThrow("Twalk: file does not exist");
		await expect(root.walk("private/d/e")).rejects.toMatchObject({ ename: "file does not exist" });
		// A fid left over at the server would refuse its number to the next.
		const fids = await Promise.all(Array.from({ length: 40 }, () => root.walk("private/c")));
		expect(new Set(fids.map((fid) => fid.fid)).size).toBe(40);
	});

	it("TR-21: reads a directory whole", async () => {
		const { client } = await clientOf(newServer(), { msize: 256 });
		const root = await client.attach("glenda");
		const names = Array.from({ length: 50 }, (_, n) => `c${String(n).padStart(2, "0")}`);
		for (const name of names) {
			const fid = await root.walk([]);
			await fid.create(name, 0o666, OREAD);
			await fid.clunk();
		}
		await root.open(OREAD);
		for (let twice = 0; twice < 2; twice++) {
			expect((await root.readdir()).map((stat) => stat.name)).toEqual([...names, "ctl"]);
		}
	});

	it("TR-17: changes what it is told to and nothing else", async () => {
		const { client } = await clientOf(newServer());
		const fid = await client.attach("glenda");
		await fid.create("c", 0o666, ORDWR);
		const before = await fid.stat();
		await fid.wstat({ name: "d", mode: 0o600 });
		expect(await fid.stat()).toEqual({ ...before, name: "d", mode: 0o600 });
		await fid.wstat({});
		await expect(fid.wstat({ uid: "rob" })).rejects.toThrow("Twstat: Operation not permitted");
	});

	it("TR-19: is of no use after it has ended, even when removing was refused", async () => {
		const { client } = await clientOf(newServer());
		const root = await client.attach("glenda");
		await expect(root.remove()).rejects.toThrow("Tremove: Operation not permitted");
		await expect(root.stat()).rejects.toThrow("fid 1 has ended: nothing was sent");
		await expect(root.clunk()).rejects.toThrow("has ended");
	});

	it("keeps to the iounit of its server", async () => {
		const { client, ...script } = await openScript();
		const attached = client.attach("glenda");
		script.answer((m) => ({ type: p9.Rattach, tag: m.tag, qid }));
		const fid = await attached;
		const opened = fid.open(OREAD);
		script.answer((m) => ({ type: p9.Ropen, tag: m.tag, qid: { ...qid, vers: 3 }, iounit: 100 }));
		await opened;
		expect(fid.qid.vers).toBe(3);
		void fid.readMessage().catch(() => {});
		expect(script.requests()).toMatchObject([{ type: p9.Tread, count: 100, offset: 0n }]);
	});

	it("finds fault with a directory that is none", async () => {
		const { client, ...script } = await openScript();
		const attached = client.attach("glenda");
		script.answer((m) => ({ type: p9.Rattach, tag: m.tag, qid }));
		const entries = (await attached).readdir();
		script.answer((m) => ({ type: p9.Rread, tag: m.tag, data: Buffer.from("\x05") }));
		await expect(entries).rejects.toThrow("directory entry 0: ");
	});
});

describe("cancelling", () => {
	it("FL-1: a blocked read takes no message", async () => {
		const { client } = await clientOf(newServer());
		const { reader, writer } = await channel(client);
		const abort = new AbortController();
		const read = reader.readMessage({ signal: abort.signal });
		abort.abort("enough");
		await expect(read).rejects.toThrow(RequestCancelled);
		await expect(read).rejects.toMatchObject({ cause: "enough" });
		const written = writer.write("kept");
		expect(text(await reader.readMessage())).toBe("kept");
		await written;
	});

	it("FL-1: a blocked write leaves no message", async () => {
		const { client } = await clientOf(newServer());
		const { reader, writer } = await channel(client);
		const abort = new AbortController();
		const written = writer.write("gone", 0n, { signal: abort.signal });
		abort.abort();
		await expect(written).rejects.toThrow("Twrite was cancelled");
		const read = reader.readMessage();
		await writer.write("next");
		expect(text(await read)).toBe("next");
	});

	it("FL-2: an answer that came first is honoured", async () => {
		const script = await Script.open();
		const abort = new AbortController();
		const read = script.client.request(tread(10), { signal: abort.signal });
		abort.abort();
		const [t, flush] = script.requests() as [p9.Tread, p9.Tflush];
		expect(flush).toMatchObject({ type: p9.Tflush, oldtag: t.tag });
		script.reply({ type: p9.Rread, tag: t.tag, data: Buffer.from("first") });
		script.reply({ type: p9.Rflush, tag: flush.tag });
		expect(await read).toMatchObject({ type: p9.Rread, data: Buffer.from("first") });
	});

	it("flush(5): a tag is free only after Rflush", async () => {
		const script = await Script.open({ firstTag: 5 });
		const abort = new AbortController();
		const read = script.client.request(tread(10), { signal: abort.signal });
		abort.abort();
		const [t, flush] = script.requests() as [p9.Tread, p9.Tflush];
		expect([t.tag, flush.tag]).toEqual([5, 6]);
		script.reply({ type: p9.Rread, tag: 5, data: Buffer.from("") });
		await read;
		script.onRequest = (m) => script.reply({ type: p9.Rclunk, tag: m.tag });
		// All other tags once around, and then the next.
		const tags = new Set<number>();
		for (let n = 0; n < NOTAG - 2; n++) {
			void script.client.request({ type: p9.Tclunk, fid: 1 });
			for (const m of script.requests()) tags.add(m.tag);
		}
		expect(tags.size).toBe(NOTAG - 2);
		expect(tags.has(5) || tags.has(6)).toBe(false);
		script.reply({ type: p9.Rflush, tag: 6 });
		await script.client.request({ type: p9.Tclunk, fid: 1 });
		expect(script.requests()).toMatchObject([{ tag: 5 }]);
	});

	it("what is cancelled already is not sent", async () => {
		const script = await Script.open();
		const signal = AbortSignal.abort();
		await expect(script.client.request(tread(10), { signal })).rejects.toThrow(RequestCancelled);
		expect(script.requests()).toEqual([]);
	});

	it("what was answered, or flushed already, is not flushed", async () => {
		const script = await Script.open();
		const abort = new AbortController();
		const { signal } = abort;
		script.onRequest = (m) => script.reply({ type: p9.Rclunk, tag: m.tag });
		await script.client.request({ type: p9.Tclunk, fid: 1 }, { signal });
		script.onRequest = () => {};
		const read = script.client.request(tread(1), { signal });
		script.requests();
		abort.abort();
		signal.dispatchEvent(new Event("abort"));
		const [flush, ...more] = script.requests() as [p9.Tflush];
		expect(more).toEqual([]);
		script.reply({ type: p9.Rflush, tag: flush.tag });
		await expect(read).rejects.toThrow(RequestCancelled);
	});
});

describe("a lost connection", () => {
	it("FL-6: says of each request whether it may have happened", async () => {
		const script = await Script.open();
		const sent = script.client.call(twrite("x"));
		const flushed = new AbortController();
		const cancelled = script.client.call(tread(1), { signal: flushed.signal });
		flushed.abort();
		script.client.lost("the cable was cut");
		script.client.lost("and cut again");
		await expect(sent).rejects.toThrow(
			"connection lost: the cable was cut; Twrite may have happened",
		);
		await expect(sent).rejects.toMatchObject({ mayHaveHappened: true });
		await expect(cancelled).rejects.toThrow(ConnectionLost);
		const late = script.client.call(twrite("y"));
		await expect(late).rejects.toMatchObject({ mayHaveHappened: false });
		await expect(late).rejects.toThrow("the cable was cut; Twrite was not sent");
		script.bytes(Buffer.from("anything"));
	});

	it("is no reason to wait when it is lost from the start", async () => {
		const open = Client.open((to) => {
			to.lost("nobody there");
			return { send() {}, close() {} };
		});
		await expect(open).rejects.toThrow("connection lost: nobody there; Tversion was not sent");
	});

	it("FL-6: is what close leaves", async () => {
		const { client } = await clientOf(newServer());
		const { reader } = await channel(client);
		const read = reader.readMessage();
		client.close();
		await expect(read).rejects.toThrow("closed by this side; Tread may have happened");
	});
});

describe("a server that breaks the protocol", () => {
	const bad: Record<string, [(tag: number) => Buffer | p9.Fcall, string]> = {
		"a reply of another type": [
			(tag) => ({ type: p9.Rwrite, tag, count: 1 }),
			"the reply to Tread is of another type: Rwrite tag 1 count 1",
		],
		"a tag that nobody uses": [
			(tag) => ({ type: p9.Rclunk, tag: tag + 1 }),
			"it answers no request: Rclunk tag 2",
		],
		"a request": [(tag) => ({ type: p9.Tclunk, tag, fid: 1 }), "of another type: Tclunk"],
		"more bytes than were asked for": [
			(tag) => ({ type: p9.Rread, tag, data: Buffer.from("0123456789A") }),
			"more than was asked: Rread",
		],
		"a frame above msize": [() => size(8193), "a frame of impossible size"],
		"a frame of nothing": [() => size(6), "a frame of impossible size"],
		"a body that does not fit": [
			(tag) => Buffer.from([8, 0, 0, 0, p9.Rclunk, tag, 0, 0]),
			"a reply that is none: ",
		],
		"a type that is none": [
			(tag) => Buffer.from([7, 0, 0, 0, 106, tag, 0]),
			"a reply that is none: ",
		],
	};
	for (const [title, [answer, why]] of Object.entries(bad)) {
		it(`is cut for ${title}`, async () => {
			const script = await Script.open();
			const read = script.client.call(tread(10));
			const bytes = answer((script.requests()[0] as Tmessage).tag);
			if ("type" in bytes) script.reply(bytes);
			else script.bytes(bytes);
			await expect(read).rejects.toThrow("the server broke the protocol: ");
			await expect(read).rejects.toThrow(why);
			expect(script.closed).toBe(true);
		});
	}

	const wrongCounts: [Parameters<Client["call"]>[0], (tag: number) => p9.Rmessage][] = [
		[twrite("abc"), (tag) => ({ type: p9.Rwrite, tag, count: 4 })],
		[
			{ type: p9.Twalk, fid: 1, newfid: 2, wname: ["a"] },
			(tag) => ({ type: p9.Rwalk, tag, wqid: [qid, qid] }),
		],
		[
			{ type: p9.Twalk, fid: 1, newfid: 2, wname: ["a"] },
			(tag) => ({ type: p9.Rwalk, tag, wqid: [] }),
		],
	];
	for (const [request, answer] of wrongCounts) {
		it(`is cut for ${p9.format(answer(1))}`, async () => {
			const script = await Script.open();
			const reply = script.client.call(request);
			script.reply(answer(1));
			await expect(reply).rejects.toThrow(p9.format(answer(1)));
		});
	}

	it("is cut for an answer that comes twice", async () => {
		const script = await Script.open();
		const abort = new AbortController();
		const read = script.client.call(tread(10), { signal: abort.signal });
		abort.abort();
		const data = Buffer.from("a");
		script.reply({ type: p9.Rread, tag: 1, data }, { type: p9.Rread, tag: 1, data });
		await read;
		expect(script.closed).toBe(true);
	});

	it("FL-3: is cut for refusing a Tflush", async () => {
		const script = await Script.open();
		const abort = new AbortController();
		const read = script.client.call(tread(10), { signal: abort.signal });
		abort.abort();
		script.reply({ type: p9.Rerror, tag: 2, ename: "no such tag" });
		await expect(read).rejects.toThrow("the reply to Tflush is of another type");
	});

	it("is cut for a msize larger than was proposed, or of no use", async () => {
		const answers = (msize: number) =>
			Client.open(
				(to) => {
					const script = new Script();
					script.onRequest = () =>
						script.reply({ type: p9.Rversion, tag: NOTAG, msize, version: "9P2000" });
					return script.pipe(to);
				},
				{ msize: 1000 },
			);
		await expect(answers(1001)).rejects.toThrow("msize grew: Rversion");
		await expect(answers(24)).rejects.toThrow("the server's msize is too small: 24");
	});

	it("ER-7: is left when it speaks another version", async () => {
		await expect(Script.open({}, "9P2001")).rejects.toThrow("it answered 9P2001");
	});
});

describe("misuse", () => {
	it("a message above msize is not sent", async () => {
		const script = await Script.open();
		const { client } = script;
		await expect(client.call(twrite("x".repeat(8192 - 23)))).rejects.toThrow(
			"Twrite was not sent: it exceeds msize 8192",
		);
		await expect(client.call(tread(8192))).rejects.toThrow(RangeError);
		await expect(client.call(twrite("x".repeat(10_000)))).rejects.toThrow(RangeError);
		expect(script.requests()).toEqual([]);
	});

	it("too many outstanding requests are refused, and each can still be flushed", async () => {
		const script = await Script.open();
		const abort = new AbortController();
		const some = [0, 1].map(() => script.client.call(tread(1), { signal: abort.signal }));
		for (let n = 2; n < 0x7fff; n++) void script.client.call(tread(1));
		await expect(script.client.call(tread(1))).rejects.toThrow("too many requests outstanding");
		script.onRequest = (m) => script.reply({ type: p9.Rflush, tag: m.tag });
		abort.abort();
		for (const read of some) await expect(read).rejects.toThrow(RequestCancelled);
	});
});

it("replies may come byte by byte, and from any kind of array", async () => {
	const script = await Script.open();
	const read = script.client.call(tread(10));
	const reply = new Uint8Array([14, 0, 0, 0, p9.Rread, 1, 0, 3, 0, 0, 0, 65, 66, 67]);
	for (const byte of reply) script.bytes(new Uint8Array([byte]));
	expect(text((await read).data)).toBe("ABC");
});

it("an answer outlives the buffer that it came in", async () => {
	const script = await Script.open();
	const read = script.client.call(tread(10));
	const reply = Buffer.from([12, 0, 0, 0, p9.Rread, 1, 0, 1, 0, 0, 0, 65]);
	script.bytes(reply);
	reply.fill(0);
	expect(text((await read).data)).toBe("A");
});

it("a refusal is an answer to request, and thrown by call", async () => {
	const { client } = await clientOf(newServer());
	const m = { type: p9.Tclunk, fid: 99 } as const;
	expect(await client.request(m)).toMatchObject({ ename: "fid unknown or out of range" });
	await expect(client.call(m)).rejects.toThrow(RequestRefused);
});

function tread(count: number) {
	return { type: p9.Tread, fid: 1, offset: 0n, count } as const;
}

function twrite(data: string) {
	return { type: p9.Twrite, fid: 1, offset: 0n, data: Buffer.from(data) } as const;
}

function size(n: number): Buffer {
	const buf = Buffer.alloc(7);
	buf.writeUInt32LE(n, 0);
	return buf;
}

function text(data: Uint8Array | null): string {
	return data === null ? "nothing" : Buffer.from(data).toString();
}

// A new channel, open for writing by one fid and for reading by another.
async function channel(client: Client) {
	const writer = await client.attach("glenda");
	const reader = await writer.walk("");
	await writer.create("pipeline", 0o666, OWRITE);
	const there = await reader.walk("pipeline");
	await there.open(OREAD);
	return { reader: there, writer };
}

async function openScript() {
	const script = await Script.open();
	return {
		client: script.client,
		requests: () => script.requests(),
		answer(reply: (m: Tmessage) => p9.Rmessage) {
			for (const m of script.requests()) script.reply(reply(m));
		},
	};
}
