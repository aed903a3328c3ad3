// Random numbers from a seed: the same seed gives the same numbers, on every machine (mulberry32).

export class Random {
	private state: number;

	constructor(seed: number) {
		this.state = seed | 0;
	}

	/** At least 0 and less than n. */
	below(n: number): number {
		this.state = (this.state + 0x6d2b79f5) | 0;
		let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((((t ^ (t >>> 14)) >>> 0) * n) / 0x1_0000_0000) | 0;
	}

	/** True once in n times. */
	once(n: number): boolean {
		return this.below(n) === 0;
	}

	pick<T>(all: readonly T[]): T {
		return all[this.below(all.length)] as T;
	}
}
