// What went over the connections of a server, kept as a trace: a counter-example's text replays
// with `dchan trace replay`.

import { type Entry, formatTrace } from "../../conformance/trace/format.ts";
import { decode, type Fcall } from "../../src/9p/fcall.gen.ts";
import type { Tracer } from "../../src/session.ts";

export class Journal {
	private readonly entries: Entry[] = [];
	/** The number of the step, which stands for the time. */
	private steps = 0;
	private conns = 0;

	/** A step begins. */
	step(): void {
		this.steps++;
	}

	/** A new connection, whose messages the tracer hears. */
	connection(): { tracer: Tracer; closed: () => void } {
		const conn = this.conns++;
		this.add({ kind: "open", conn });
		return {
			tracer: (direction, buf, from, to) => {
				const side = direction === "T" ? "C" : "S";
				const fcall = decode(Buffer.from(buf.subarray(from, to)), 0, to - from) as Fcall;
				this.add({ kind: "message", conn, side, fcall });
			},
			closed: () => this.add({ kind: "close", conn }),
		};
	}

	/** The trace so far. */
	text(header: [string, string][]): string {
		return formatTrace({ header, entries: this.entries });
	}

	private add(
		entry:
			| { kind: "open" | "close"; conn: number }
			| { kind: "message"; conn: number; side: "C" | "S"; fcall: Fcall },
	): void {
		const line = this.entries.length + 1;
		this.entries.push({ ...entry, line, seconds: this.steps } as Entry);
	}
}
