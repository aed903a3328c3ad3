// The model of channels and the server in memory do the same: several connections, Linux's and
// others, and whatever may befall them. `FC_RUNS=100000` asks for more.

import { describe, expect, it } from "vitest";
import { parseTrace, type Trace } from "../../conformance/trace/format.ts";
import { replay } from "../../conformance/trace/replay.ts";
import { step } from "../../spec/chan.ts";
import type { StepFunction } from "../../spec/exploreworld.ts";
import { listen } from "../../src/transport.ts";
import { newServer } from "../wire.ts";
import { inMemory, settings } from "./memory.ts";
import { commands, holds } from "./run.ts";

const RUNS = Number(process.env["FC_RUNS"] ?? 300);
const FILE = "test/model/chan.test.ts";

describe("model and server in memory", () => {
	it.each(settings)(
		"CH-2, CH-3, CH-8, CH-14, LX-2, LX-4, LX-6, EN-1, FL-1, LM-1, LM-3, LM-8: agree, $name",
		(setting) => holds(FILE, commands(150), () => inMemory(setting), { numRuns: RUNS }),
	);

	it("CH-3: a difference is told by a short trace that can be replayed", async () => {
		const wrong: StepFunction = (s, e) =>
			step(e.kind === "write" ? { ...s, waiting: s.waiting.toReversed() } : s, e);
		const [wide] = settings;
		const found = await holds(
			FILE,
			commands(120),
			() => inMemory(wide as (typeof settings)[0], wrong),
			{ seed: 1, numRuns: 1000 },
		).catch((e: Error) => e.message);
		const text = String(found).split("\n\n")[1] ?? "";
		const trace = parseTrace(text) as Trace;
		expect(trace).toHaveProperty("entries");
		const listener = await listen(newServer(), { net: "tcp", host: "127.0.0.1", port: 0 });
		const differences = await replay(trace, listener.address);
		await listener.close();
		expect(differences).toEqual([]);
		expect(text).toContain("# again: FC_SEED=1 npx vitest run test/model/chan.test.ts");
		expect(text.match(/ C Tread /g)).toHaveLength(2);
		expect(text.match(/ C Twrite /g)?.length).toBe(1);
	});
});
