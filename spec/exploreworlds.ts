// The worlds that `npm run explore` walks, most at three capacities: who the clients are and which
// limits bite. Every fault kind is possible in all of them that have somebody it can befall.

import type { Limits, Mode } from "./chanstate.ts";
import type { Client, World } from "./exploreworld.ts";

export type Size = "small" | "large";

/** Bounds of the sizes: what a path and a client may do. */
export const bounds = {
	small: { clients: 3, messages: 4, faults: 2, ops: 3 },
	large: { clients: 3, messages: 4, faults: 3, ops: 4 },
} as const;

interface Cast {
	readonly name: string;
	/**
	 * Each as `w`, `r`, `rw`; after it `L` (Linux), `x` (ORCLOSE), `1` (on channel 1), `+` (on the
	 * first's connection).
	 */
	readonly clients: readonly string[];
	readonly sizes?: readonly number[];
	readonly limits?: Partial<Limits>;
	readonly msize?: number;
	readonly reopen?: boolean;
	/** Of the small size, where three would take long: a resize leads to the others. */
	readonly capacities?: readonly number[];
}

const casts: readonly Cast[] = [
	{ name: "a writer and two readers", clients: ["w", "r", "r"] },
	{ name: "two writers and a reader", clients: ["w", "w", "r"] },
	{ name: "a reader of each kind", clients: ["w", "r", "rL"] },
	{ name: "two Linux readers", clients: ["w", "rL", "rL"] },
	{ name: "two writers and a Linux reader", clients: ["w", "w", "rL"] },
	{ name: "Linux fids that read and write", clients: ["rwL", "rwL", "w"], capacities: [1] },
	{ name: "a Linux reader of large buffers", clients: ["w", "rL", "r"], msize: 28 },
	{ name: "one connection for two", clients: ["w", "r+", "r"] },
	{ name: "one Linux connection for all", clients: ["wL", "rL+", "rL+"] },
	{ name: "three that read and write", clients: ["rw", "rw", "rw"], capacities: [1] },
	{ name: "a reader that removes", clients: ["w", "rx", "r"] },
	{ name: "a writer that removes", clients: ["wx", "r", "rL"] },
	{ name: "openers", clients: ["w", "w", "r"], reopen: true },
	{ name: "Linux openers", clients: ["w", "rL", "rL"], reopen: true },
	{
		name: "few bytes in a channel",
		clients: ["w", "w", "r"],
		sizes: [1, 2],
		limits: { channelBytes: 2 },
		capacities: [2],
	},
	{
		name: "few bytes in two channels",
		clients: ["w", "w1", "r"],
		sizes: [1, 2],
		limits: { serverBytes: 2 },
		capacities: [1],
	},
	{
		name: "few bytes held",
		clients: ["w", "w", "r"],
		sizes: [1, 2],
		limits: { connHeld: 2, serverHeld: 3 },
	},
	{ name: "messages of three bytes", clients: ["w", "rL", "r"], sizes: [3] },
];

/** All worlds of a size. */
export function worlds(size: Size): World[] {
	const { messages, faults, ops } = bounds[size];
	return casts.flatMap((cast) => {
		const clients = cast.clients.map((text, i) => client(text, i));
		const channels = Math.max(...clients.map((c) => c.chan)) + 1;
		return (size === "large" ? [0, 1, 2] : (cast.capacities ?? [0, 1, 2])).map((capacity) => ({
			name: `${cast.name} (${cast.clients.join(" ")}), capacity ${capacity}`,
			clients,
			capacities: Array.from({ length: channels }, () => capacity),
			sizes: cast.sizes ?? [2],
			limits: { zeros: 2, ...cast.limits },
			msize: cast.msize ?? 8192,
			reopen: cast.reopen ?? false,
			messages,
			faults,
			ops,
		}));
	});
}

function client(text: string, i: number): Client {
	const mode = (/^[rw]+/.exec(text)?.[0] ?? "") as Mode;
	return {
		conn: text.includes("+") ? 1 : i + 1,
		fid: i + 2,
		chan: text.includes("1") ? 1 : 0,
		mode,
		linux: text.includes("L"),
		rclose: text.includes("x"),
	};
}
