// A server in memory for the commands, and its connections.

import type { Limits } from "../../spec/chanstate.ts";
import type { StepFunction } from "../../spec/exploreworld.ts";
import type { Limits as ServerLimits } from "../../src/stats.ts";
import { checkLines } from "../lines.ts";
import { newServer, Wire } from "../wire.ts";
import { Journal } from "./journal.ts";
import type { Real } from "./run.ts";
import { type Link, OWNER, UNSENT, World, type Worldly } from "./world.ts";

/** What a world is made with: the server's limits and what they are in the model. */
export interface Setting {
	readonly name: string;
	readonly names: number;
	readonly server: Partial<ServerLimits>;
	readonly model: Partial<Limits>;
}

export const settings: readonly Setting[] = [
	{ name: "wide", names: 2, server: {}, model: {} },
	{
		name: "few bytes in a channel and held",
		names: 2,
		server: { channelBytes: 8, connectionWriteBytes: 12, serverWriteBytes: 20 },
		model: { channelBytes: 8, connHeld: 12, serverHeld: 20 },
	},
	{
		name: "few bytes in the server",
		names: 1,
		server: { serverBytes: 530 },
		model: { serverBytes: 530 },
	},
	{ name: "few bytes of rests", names: 2, server: { restBytes: 4 }, model: { rests: 4 } },
];

/** A world in memory. */
export async function inMemory(
	setting: Setting,
	model?: StepFunction,
): Promise<Real & { end(): Promise<void> }> {
	const limits = { unsent: UNSENT, ...setting.server };
	const server = newServer({ uname: OWNER, limits });
	const journal = new Journal();
	const wires = new Set<Wire>();
	const link = (): Link => {
		const { tracer, closed } = journal.connection();
		const wire = new Wire(server, { trace: tracer });
		wires.add(wire);
		const got: ReturnType<Wire["replies"]> = [];
		return {
			send: (...messages) => got.push(...wire.send(...messages)),
			replies: () => [...got.splice(0), ...wire.replies()],
			turn(stalled) {
				wire.stalled = stalled;
				wire.take();
				server.flush();
			},
			close() {
				wires.delete(wire);
				closed();
				wire.close();
			},
		};
	};
	const place: Worldly = { server, journal, link, stalls: true };
	const world = new World(place, setting.model, setting.names, model);
	const check = () =>
		checkLines(
			server,
			[...wires].map((w) => w.conn),
		);
	return { world, place, check, end: async () => {} };
}
