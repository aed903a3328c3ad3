import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { DMDIR, ORDWR, OREAD, OWRITE, type Tmessage } from "../src/9p/fcall.gen.ts";
import { channel, clientOf, Script, text } from "./peers.ts";
import { newServer } from "./wire.ts";

const qid = { type: 0, vers: 0, path: 1n };

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
