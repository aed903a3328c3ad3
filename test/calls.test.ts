import { describe, expect, it, vi } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { NOTAG } from "../src/9p/fcall.gen.ts";
import { Client, ConnectionLost, RequestCancelled, RequestRefused } from "../src/client.ts";
import { channel, clientOf, Script, text, tread, twrite } from "./peers.ts";
import { newServer } from "./wire.ts";

vi.setConfig({ testTimeout: 60_000 }); // against hanging, however busy the machine

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
