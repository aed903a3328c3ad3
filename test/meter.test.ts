// Rates by the second and their averages, as ctl shows them.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ORDWR, OWRITE, Tflush, Tread, Twrite } from "../src/9p/fcall.gen.ts";
import { Meter } from "../src/meter.ts";
import { Talk } from "./talk.ts";
import { newServer } from "./wire.ts";

/** A channel /a of capacity 100, a fid on it, and ctl's four numbers for it. */
function grown() {
	const c = new Talk(newServer());
	c.mkchan("/a");
	c.write(c.opened("/ctl", OWRITE), "/a 100");
	const ctl = c.opened("/ctl");
	const numbers = () => {
		const [rx, tx, averageRx, averageTx] = c.text(ctl).trimEnd().split("\t").slice(2).map(Number);
		return { rx, tx, averageRx, averageTx };
	};
	return { c, fid: c.opened("/a", ORDWR), numbers, tick: (now: number) => c.wire.server.tick(now) };
}

const NONE = { rx: 0, tx: 0, averageRx: 0, averageTx: 0 };

describe("ctl's numbers", () => {
	it("CT-2: are those of the last full second", () => {
		const { c, fid, numbers, tick } = grown();
		for (let i = 0; i < 3; i++) c.write(fid, "x");
		c.text(fid);
		expect(numbers()).toEqual(NONE);
		tick(1001);
		expect(numbers()).toEqual({ rx: 1, tx: 3, averageRx: 1, averageTx: 3 });
		c.text(fid);
		expect(numbers()).toEqual({ rx: 1, tx: 3, averageRx: 1, averageTx: 3 });
		tick(1002);
		expect(numbers()).toEqual({ rx: 1, tx: 0, averageRx: 1, averageTx: 3 });
		tick(1003);
		expect(numbers()).toEqual({ ...NONE, averageRx: 1, averageTx: 3 });
	});

	it("CT-2: a read counts when it takes a message, not for the rest and not for nothing", () => {
		const { c, fid, numbers, tick } = grown();
		c.write(fid, "abc");
		tick(1001);
		expect(c.text(fid, 0, 1)).toBe("a");
		tick(1002);
		expect(numbers().rx).toBe(1);
		expect(c.text(fid, 0, 1)).toBe("b");
		expect(c.text(fid, 0, 0)).toBe("");
		expect(c.text(fid)).toBe("c");
		tick(1003);
		expect(numbers().rx).toBe(0);
	});

	it("CT-2: requests count when they are completed, and never when they are flushed", () => {
		const { c, fid, numbers, tick } = grown();
		c.write(c.opened("/ctl", OWRITE), "/a 0");
		const flushed = c.start({ type: Twrite, fid, offset: 0n, data: Buffer.from("x") });
		c.ask({ type: Tflush, oldtag: flushed });
		c.start({ type: Twrite, fid, offset: 0n, data: Buffer.from("y") });
		tick(1001);
		expect(numbers()).toEqual(NONE);
		c.start({ type: Tread, fid, offset: 0n, count: 9 });
		tick(1002);
		expect(c.wire.replies()).toHaveLength(2);
		expect(numbers()).toEqual({ rx: 1, tx: 1, averageRx: 1, averageTx: 1 });
	});

	it("CT-2: end of file is no read, and writes of 0 bytes are no writes", () => {
		const { c, fid, numbers, tick } = grown();
		c.write(fid, "");
		c.mkchan("/b");
		const gone = c.opened("/b");
		c.unlink("/b");
		expect(c.text(gone)).toBe("");
		tick(1001);
		expect(numbers()).toEqual(NONE);
		expect(c.wire.server.stats.reads).toBe(0);
	});

	it("CT-3: the first second that is not 0 starts the average, later ones halve the way", () => {
		const { c, fid, numbers, tick } = grown();
		const averages: unknown[] = [];
		for (const [second, n] of [0, 7, 2, 0, 0, 10, 1, 1, 1].entries()) {
			tick(2000 + second);
			for (let i = 0; i < n; i++) c.write(fid, "x");
			tick(2001 + second);
			averages.push(numbers().averageTx);
		}
		expect(averages).toEqual([0, 7, 4, 4, 4, 7, 4, 2, 1]);
	});
});

describe("a meter", () => {
	it("CT-2, CT-3: says the same however often and late it is asked", () => {
		const seconds = fc.array(fc.record({ n: fc.nat(20), asked: fc.nat(2) }), { maxLength: 30 });
		fc.assert(
			fc.property(seconds, fc.nat(3), (events, idle) => {
				const meter = new Meter();
				let average = 0;
				let now = 5000;
				for (const { n, asked } of events) {
					for (let i = 0; i < asked; i++) meter.roll(now);
					for (let i = 0; i < n; i++) meter.count(now);
					if (n > 0) average = average === 0 ? n : Math.trunc((average + n) / 2);
					now++;
				}
				meter.roll(now + idle);
				const last = idle > 0 ? 0 : (events.at(-1)?.n ?? 0);
				expect({ last: meter.last, average: meter.average }).toEqual({ last, average });
			}),
		);
	});
});
