import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { NOTAG, type Tmessage } from "../src/9p/fcall.gen.ts";
import { Client } from "../src/client.ts";
import { Script, tread, twrite } from "./peers.ts";

const qid = { type: 0, vers: 0, path: 1n };

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

function size(n: number): Buffer {
	const buf = Buffer.alloc(7);
	buf.writeUInt32LE(n, 0);
	return buf;
}
