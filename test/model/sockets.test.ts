// The model of channels and the server behind TCP and Unix sockets do the same. Fewer runs than in
// memory: what is tried here is that nothing on the way makes a difference.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "vitest";
import type { Address } from "../../src/dial.ts";
import { settings } from "./memory.ts";
import { commands, holds } from "./run.ts";
import { onSocket } from "./sockets.ts";

const FILE = "test/model/sockets.test.ts";
const RUNS = Number(process.env["FC_RUNS"] ?? 12);

describe("model and server on sockets", () => {
	const dir = mkdtempSync(join(tmpdir(), "dchan-model-"));
	afterAll(() => rmSync(dir, { recursive: true }));
	let made = 0;
	const addresses: Record<string, () => Address> = {
		tcp: () => ({ net: "tcp", host: "127.0.0.1", port: 0 }),
		unix: () => ({ net: "unix", path: join(dir, `s${made++}`) }),
	};
	const all = Object.keys(addresses).flatMap((net) =>
		settings.map((s) => [net, s.name, s] as const),
	);

	it.each(all)("CH-2, CH-3, CH-8, LX-2, EN-1, FL-1, FL-6: agree over %s, %s", (net, _, setting) => {
		const address = addresses[net] as () => Address;
		return holds(FILE, commands(80), () => onSocket(address(), setting), { numRuns: RUNS });
	});
});
