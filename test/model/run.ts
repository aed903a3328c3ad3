// Runs commands against a world, and tells of a counter-example, shrunk, as a trace with its seed.

import fc from "fast-check";
import { type Kind, type Op, SEATS, weights } from "./event.ts";
import type { World, Worldly } from "./world.ts";

export interface Real {
	readonly world: World;
	readonly place: Worldly;
	/** After each event: all that comes has come. */
	rest?(link: object | undefined): Promise<void>;
	/** What else must hold. */
	check?(): void;
}

/** Commands of the channels. */
export function commands(maxCommands: number) {
	const kinds = Object.entries(weights).map(([kind, weight]) => ({
		weight,
		arbitrary: fc.constant(kind as Kind),
	}));
	const op: fc.Arbitrary<Op> = fc.tuple(
		fc.oneof(...kinds),
		fc.nat(SEATS - 1),
		fc.nat(30),
		fc.nat(30),
		fc.nat(30),
	);
	return fc.commands([op.map((o) => new Act(o))], { maxCommands, size: "max" });
}

class Act implements fc.AsyncCommand<object, Real> {
	private readonly op: Op;

	constructor(op: Op) {
		this.op = op;
	}

	check(): boolean {
		return true;
	}

	// Whether an operation can happen depends on the model's state, which the world holds.
	async run(_: object, { world, place, rest, check }: Real): Promise<void> {
		const event = world.eventOf(this.op);
		if (event === undefined) return;
		place.journal.step();
		const link = world.begin(event);
		await rest?.(link);
		world.judge();
		check?.();
	}

	toString(): string {
		return this.op.join(" ");
	}
}

/** Checks a property of commands; rejects with the trace of the smallest run that breaks it. */
export async function holds(
	file: string,
	all: fc.Arbitrary<Iterable<fc.AsyncCommand<object, Real>>>,
	make: () => Promise<Real & { end(): Promise<void> }>,
	parameters: { seed?: number; numRuns?: number } = {},
): Promise<void> {
	const property = fc.asyncProperty(all, async (cmds) => {
		const real = await make();
		try {
			await fc.asyncModelRun(() => ({ model: {}, real }), cmds);
		} catch (e) {
			throw new Broken(e instanceof Error ? e.message : String(e), real.place);
		} finally {
			await real.end();
		}
	});
	const found = await fc.check(property, parameters);
	if (!found.failed) return;
	const e = found.errorInstance;
	if (!(e instanceof Broken)) throw e;
	const again = `FC_SEED=${found.seed} npx vitest run ${file} --coverage.enabled=false`;
	throw new Error(
		`${e.message}\n\n${e.place.journal.text([
			["client", "commands of fast-check, shrunk"],
			["seed", String(found.seed)],
			["again", again],
		])}`,
	);
}

class Broken extends Error {
	readonly place: Worldly;

	constructor(message: string, place: Worldly) {
		super(message);
		this.place = place;
	}
}
