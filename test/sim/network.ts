// A network in virtual time: bytes arrive later, cut anywhere or several sends at once, in order.
// Everything that happens is an event of one queue; what happens next is drawn from the seed.

import type { Random } from "./random.ts";

export class Clock {
	/** Microseconds since the start. */
	now = 0;
	private readonly events: { at: number; order: number; run: () => void }[] = [];
	private order = 0;

	/** Calls `run` after a while. */
	after(us: number, run: () => void): void {
		const event = { at: this.now + us, order: this.order++, run };
		let i = this.events.length;
		while (i > 0 && later(this.events[i - 1] as typeof event, event)) i--;
		this.events.splice(i, 0, event);
	}

	/** The next event happens; false if there is none. */
	next(): boolean {
		const event = this.events.shift();
		if (event === undefined) return false;
		this.now = event.at;
		event.run();
		return true;
	}
}

const later = (a: { at: number; order: number }, b: { at: number; order: number }) =>
	a.at > b.at || (a.at === b.at && a.order > b.order);

/** One direction of a connection. */
export class Pipe {
	/** Arrivals that cut a send, and that joined several. */
	splits = 0;
	joins = 0;
	private readonly clock: Clock;
	private readonly random: Random;
	private readonly arrive: (bytes: Buffer) => void;
	private sent: Buffer[] = [];
	private moving = false;
	private cut = false;

	constructor(clock: Clock, random: Random, arrive: (bytes: Buffer) => void) {
		this.clock = clock;
		this.random = random;
		this.arrive = arrive;
	}

	send(bytes: Buffer): void {
		this.sent.push(bytes);
		this.move();
	}

	/** Nothing more arrives but some of the bytes on their way. Returns those. */
	drop(): Buffer {
		this.cut = true;
		const all = Buffer.concat(this.sent);
		return all.subarray(0, this.random.below(all.length + 1));
	}

	private move(): void {
		if (this.moving || this.sent.length === 0 || this.cut) return;
		this.moving = true;
		this.clock.after(1 + this.random.below(this.random.once(8) ? 2000 : 60), () => {
			this.moving = false;
			if (this.cut) return;
			const bytes = this.take();
			this.move();
			this.arrive(bytes);
		});
	}

	private take(): Buffer {
		const count = 1 + this.random.below(this.sent.length);
		const all = Buffer.concat(this.sent.slice(0, count));
		const n = this.random.once(3) ? 1 + this.random.below(all.length) : all.length;
		if (n < all.length) this.splits++;
		if (count > 1) this.joins++;
		this.sent = [...(n < all.length ? [all.subarray(n)] : []), ...this.sent.slice(count)];
		return all.subarray(0, n);
	}
}
