import { describe, expect, it } from "vitest";
import * as p9 from "../src/9p/fcall.gen.ts";
import { format, ORDWR } from "../src/9p/fcall.gen.ts";
import { dial, listen } from "../src/transport.ts";
import { text } from "./peers.ts";
import { channel, cleanUp, join9p, path, serve } from "./serving.ts";
import { newServer } from "./wire.ts";

cleanUp();

describe("listening", () => {
	it("rejects with what is wrong", async () => {
		const { listener } = await serve({}, { net: "tcp", host: "127.0.0.1", port: 0 });
		const again = listen(newServer(), listener.address);
		await expect(again).rejects.toMatchObject({ code: "EADDRINUSE" });
	});

	it("serves on all interfaces", async () => {
		const { listener } = await serve({}, { net: "tcp", host: "", port: 0 });
		const { port } = listener.address as { port: number };
		const { client } = await join9p({ net: "tcp", host: "127.0.0.1", port });
		expect(client.msize).toBe(65536);
	});

	it("LX-1: tells each connection what the listener is for", async () => {
		const { listener, server } = await serve(
			{},
			{ net: "unix", path: path("s") },
			{ linux: "always" },
		);
		const { root } = await join9p(listener.address);
		const reader = await channel(root, "c", ORDWR);
		const written = reader.write("short");
		expect(text(await reader.read(100))).toBe("short");
		await written;
		expect(server.stats.writes).toBe(1);
		// The continuation of a short answer is owed one 0 (LX-2).
		expect(await reader.read(95)).toHaveLength(0);
	});

	it("shows its messages to a tracer", async () => {
		const lines: string[] = [];
		const tracer = (id: number) => (side: string, buf: Uint8Array, from: number, to: number) => {
			const m = p9.decode(buf, from, to);
			lines.push(`${id} ${side} ${m.type === 0 ? m.why : format(m)}`);
		};
		const { listener } = await serve({}, { net: "unix", path: path("s") }, { tracer });
		await join9p(listener.address);
		await join9p(listener.address, { msize: 1000 });
		expect(lines.filter((line) => line.includes("version"))).toEqual([
			"0 T Tversion tag NOTAG msize 65536 version 9P2000",
			"0 R Rversion tag NOTAG msize 65536 version 9P2000",
			"1 T Tversion tag NOTAG msize 1000 version 9P2000",
			"1 R Rversion tag NOTAG msize 1000 version 9P2000",
		]);
	});
});

describe("dialling", () => {
	it("says what can't be reached, and why", async () => {
		const { listener } = await serve({}, { net: "tcp", host: "127.0.0.1", port: 0 });
		const { address } = listener;
		await listener.close();
		const { port } = address as { port: number };
		await expect(dial(address)).rejects.toThrow(
			`can't connect to tcp!127.0.0.1!${port}: nobody listens there`,
		);
		const nothing = path("nothing");
		await expect(dial({ net: "unix", path: nothing })).rejects.toThrow(
			`can't connect to unix!${nothing}: no such socket`,
		);
	});

	it("a server that hangs up loses the outstanding requests", async () => {
		const { listener } = await serve({}, { net: "tcp", host: "127.0.0.1", port: 0 });
		const { root } = await join9p(listener.address);
		const reader = await channel(root, "c", ORDWR);
		const read = reader.readMessage();
		const lost = expect(read).rejects.toMatchObject({ mayHaveHappened: true });
		await reader.stat();
		await listener.close();
		await lost;
		await expect(reader.stat()).rejects.toMatchObject({ mayHaveHappened: false });
	});
});
