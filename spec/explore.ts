// Walks all reachable nodes of a small world, breadth first, and checks every step. The first step
// that breaks a rule ends the walk, and since breadth comes first its path is a shortest one.

import type { Event, Step } from "./chanstate.ts";
import { check } from "./explorecheck.ts";
import { keyOf, roles } from "./explorekey.ts";
import { spend, watch } from "./exploreseat.ts";
import {
	kinds,
	type Move,
	moves,
	type Node,
	type StepFunction,
	start,
	type World,
} from "./exploreworld.ts";

/** A path: the events of a world after its setup, and what came of each. */
export interface Trace {
	readonly world: World;
	readonly steps: readonly { readonly event: Event; readonly effects: Step["effects"] }[];
	/** The rule that the last step breaks. */
	readonly why: string;
}
export interface Found {
	readonly world: World;
	readonly states: number;
	readonly transitions: number;
	/** Moves of the longest of the shortest paths. */
	readonly depth: number;
	/** For each fault kind, a bit for each kind that occurs with it on some path. */
	readonly pairs: readonly number[];
	readonly violation?: Trace | undefined;
}

/** Explores one world with a step function: the model's, or one that is broken on purpose. */
export function explore(world: World, step: StepFunction): Found {
	const groups = roles(world);
	const first = start(world, step);
	const index = new Map([[keyOf(world, groups, first), 0]]);
	const parents = [0];
	const choices = [0];
	/** A bit for each fault kind on some path to a state. */
	const masks = [0];
	const pairs = kinds.map(() => 0);
	let transitions = 0;
	let depth = 0;
	for (let level: [number, Node][] = [[0, first]]; level.length > 0; depth++) {
		const next: [number, Node][] = [];
		for (const [from, node] of level) {
			for (const [choice, move] of moves(world, node).entries()) {
				transitions++;
				const mask = note(pairs, masks[from] as number, move);
				const { node: to, why } = advance(world, node, move, step);
				if (why) {
					const path = [...pathTo(parents, choices, from), choice];
					const violation = replay(world, path, step);
					return { world, states: index.size, transitions, depth: depth + 1, pairs, violation };
				}
				const key = keyOf(world, groups, to);
				const known = index.get(key);
				if (known !== undefined) {
					masks[known] = (masks[known] as number) | mask;
					continue;
				}
				next.push([index.size, to]);
				index.set(key, index.size);
				parents.push(from);
				choices.push(choice);
				masks.push(mask);
			}
		}
		level = next;
	}
	return { world, states: index.size, transitions, depth: depth - 1, pairs };
}

/** Notes which fault kinds meet, and returns the kinds of the path that the move ends. */
function note(pairs: number[], mask: number, { fault }: Move): number {
	if (!fault) return mask;
	const kind = kinds.indexOf(fault);
	for (let k = 0; k < kinds.length; k++) {
		if ((mask & (1 << k)) === 0) continue;
		pairs[k] = (pairs[k] as number) | (1 << kind);
		pairs[kind] = (pairs[kind] as number) | (1 << k);
	}
	return mask | (1 << kind);
}

interface Advance {
	readonly node: Node;
	readonly steps: Trace["steps"];
	readonly why?: string | undefined;
}

/** One move: its events one by one, each checked. */
function advance(world: World, from: Node, move: Move, step: StepFunction): Advance {
	let node = spend(from, move);
	const steps: { event: Event; effects: Step["effects"] }[] = [];
	for (const event of move.events) {
		const done = attempt(step, node, event);
		if (typeof done === "string")
			return { node, steps: [...steps, { event, effects: [] }], why: done };
		const seats = watch(world, node, event, done.effects, done.state);
		steps.push({ event, effects: done.effects });
		const why = check(node, event, done);
		node = { ...node, state: done.state, seats };
		if (why) return { node, steps, why };
	}
	return { node, steps };
}

/** A step function that throws breaks the rules too. */
function attempt(step: StepFunction, node: Node, event: Event): Step | string {
	try {
		return step(node.state, event);
	} catch (e) {
		return `thrown: ${e instanceof Error ? e.message : String(e)}`;
	}
}

function pathTo(parents: readonly number[], choices: readonly number[], to: number): number[] {
	const path: number[] = [];
	for (let at = to; at !== 0; at = parents[at] as number) path.unshift(choices[at] as number);
	return path;
}

function replay(world: World, path: readonly number[], step: StepFunction): Trace {
	let node = start(world, step);
	const steps: { event: Event; effects: Step["effects"] }[] = [];
	for (const choice of path) {
		const move = moves(world, node)[choice] as Move;
		const done = advance(world, node, move, step);
		steps.push(...done.steps);
		if (done.why) return { world, steps, why: done.why };
		node = done.node;
	}
	throw new Error("the path to a violation does not lead there");
}
