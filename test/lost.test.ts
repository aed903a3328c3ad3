// Messages that were handed to a socket and never left it, with real sockets.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ORDWR, OREAD } from "../src/9p/fcall.gen.ts";
import { listen } from "../src/transport.ts";
import { read, topen, use, walk, write } from "./chans.ts";
import { RawSocket, until } from "./sockets.ts";
import { newServer, Wire } from "./wire.ts";

const READS = 1000;
const BYTES = 8000; // so many of them are more than a socket's buffers hold

describe("a socket that dies with messages on their way", () => {
	it("CH-7: has them counted as lost", async () => {
		const dir = mkdtempSync(join(tmpdir(), "dchan-"));
		const server = newServer({ limits: { unsent: 64 << 20 } });
		const listener = await listen(server, { net: "unix", path: join(dir, "s") });
		const writer = Wire.attached(server);
		use(writer, 1, "c", ORDWR);
		const raw = await RawSocket.attached(listener.address);
		raw.send(walk(1, 0, 1, "c"), topen(2, 1, OREAD));
		raw.send(...Array.from({ length: READS }, (_, tag) => read(100 + tag, 1, BYTES)));
		await until(() => server.blockedRequests === READS);
		raw.socket.pause();
		const data = "x".repeat(BYTES);
		writer.send(...Array.from({ length: READS }, (_, tag) => write(tag, 1, data)));
		expect(server.stats).toMatchObject({ reads: READS, lostMessages: 0 });
		raw.socket.destroy();
		await until(() => server.snapshot().openConnections === 1);
		expect(server.stats.lostMessages).toBe(READS);
		await listener.close();
		rmSync(dir, { recursive: true });
	});
});
