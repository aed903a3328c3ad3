import { describe, expect, it } from "vitest";
import { parse, Tclunk, Twalk } from "../src/9p/fcall.gen.ts";
import { traceLine } from "../src/trace.ts";
import { frame } from "./wire.ts";

describe("a trace line", () => {
	it("says when, on which connection, who, and what", () => {
		const m = { type: Twalk, tag: 2, fid: 1, newfid: 3, wname: ["pipeline"] } as const;
		const buf = Buffer.concat([Buffer.from("before"), frame(m), Buffer.from("behind")]);
		const line = traceLine(1.5, 7, "C", buf, 6, buf.length - 6);
		expect(line).toBe("1.500000 7 C Twalk tag 2 fid 1 newfid 3 nwname 1 0:pipeline");
		expect(parse(line.split(" ").slice(3).join(" "))).toEqual(m);
	});

	it("holds the bytes of what is no message, and why it is none", () => {
		const buf = frame({ type: Tclunk, tag: 1, fid: 2 });
		buf[4] = 99;
		expect(traceLine(0, 0, "S", buf, 0, buf.length)).toBe(
			"0.000000 0 S ?0b00000063010002000000 type 99 is unknown",
		);
	});

	it("is one line, whatever it holds", () => {
		const name = "new\nline\u2028\u0085";
		const buf = frame({ type: Twalk, tag: 1, fid: 1, newfid: 2, wname: [name] });
		expect(traceLine(0, 0, "C", buf, 0, buf.length)).not.toMatch(/[\n\u2028\u0085]/);
	});
});
