import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { clientOf } from "./peers.ts";
import { newServer } from "./wire.ts";

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
		for (const { client } of [plain, linux]) await client.attach("nobody");
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
