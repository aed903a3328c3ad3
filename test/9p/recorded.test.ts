// Frames from real connections, byte for byte.

import { expect, it } from "vitest";
import { decode, encode, format, messages, parse, sizeOf } from "../../src/9p/fcall.gen.ts";
import { textOf } from "../files.ts";
import { plain } from "./arbitrary.ts";

const recorded = [...textOf("test/9p/recorded.txt").matchAll(/^([0-9a-f]+)\n(.+)$/gm)].map(
	([, hex, line]) => ({ hex: hex as string, line: line as string }),
);

it.each(recorded)("a recorded frame: $line", ({ hex, line }) => {
	const bytes = Buffer.from(hex, "hex");
	const f = decode(bytes, 0, bytes.length);
	if (f.type === 0) throw new Error(f.why);
	expect(format(f)).toBe(line);
	expect(plain(parse(line))).toEqual(plain(f));
	const again = Buffer.alloc(sizeOf(f));
	expect(encode(f, again, 0)).toBe(bytes.length);
	expect(again.toString("hex")).toBe(hex);
});

it("the recorded frames are of every message but Rauth, which nobody sent", () => {
	const names = new Set(recorded.map(({ line }) => line.split(" ", 1)[0]));
	expect(messages.map((m) => m.name).filter((name) => !names.has(name))).toEqual(["Rauth"]);
});
