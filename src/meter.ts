// Counts events by the second, for the rates and averages of ctl (CT-2, CT-3). Seconds are rolled
// when somebody asks or counts, so a channel that is idle costs nothing. It is told the time.

export class Meter {
	/** Events in the last full second. */
	last = 0;
	/** Running average of the seconds that had events; 0 before the first. */
	average = 0;
	private second = 0;
	private n = 0;

	/** One event in second `now`. */
	count(now: number): void {
		if (now !== this.second) this.roll(now);
		this.n++;
	}

	/** Makes `last` and `average` those of second `now`. */
	roll(now: number): void {
		if (now === this.second) return;
		if (this.n > 0) this.average = this.average === 0 ? this.n : (this.average + this.n) >>> 1;
		this.last = now === this.second + 1 ? this.n : 0;
		this.n = 0;
		this.second = now;
	}
}
