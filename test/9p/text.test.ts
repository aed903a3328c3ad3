import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fcall, format, messages, parse } from "../../src/9p/fcall.gen.ts";
import { hex, octal, quote, quoteBytes } from "../../src/9p/text.ts";
import { message, messageOf, plain } from "./arbitrary.ts";

describe.each(messages)("the text of $name", (info) => {
	it("is one printable line, and comes back", () => {
		fc.assert(
			fc.property(messageOf(info), (f) => {
				const line = format(f);
				expect(line.startsWith(`${info.name} tag `)).toBe(true);
				expect(line).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u);
				expect(plain(parse(line))).toEqual(plain(f));
			}),
		);
	});
});

describe("parse", () => {
	it("takes nothing but what format writes", () => {
		const edit = fc.tuple(
			message(),
			fc.nat(),
			fc.nat(3),
			fc.string({ unit: "binary", maxLength: 3 }),
		);
		fc.assert(
			fc.property(edit, ([f, place, drop, more]) => {
				const line = format(f);
				const at = place % line.length;
				const edited = line.slice(0, at) + more + line.slice(at + drop);
				const g = parse(edited);
				if (g.type === 0) expect(g.at).toBeLessThanOrEqual(edited.length);
				else expect(format(g)).toBe(edited);
			}),
			{ numRuns: 2000 },
		);
	});

	it.each([
		["", 0xffff, "expected a word", 0],
		["Tversion", 0xffff, 'expected " tag "', 8],
		["Tversion tag 1", 1, 'expected " msize "', 14],
		["Rclunk tag 1 ", 1, "expected the end", 12],
		["Rclunk tag 65536", 0, "more than 65535", 11],
		["Rclunk tag 65535", 65535, 'written "NOTAG"', 11],
		["Rclunk tag 01", 1, 'written "1"', 11],
		["Rclunk tag x", 0, "expected a number", 11],
		["Rclunk  tag 1", 0, 'expected " tag "', 6],
		["Terror tag 1", 1, "no message Terror", 0],
		["Tclunk tag 1 fid 4294967296", 1, "more than 4294967295", 17],
		["Tclunk tag 1 fid 9999999999999999999999999", 1, "not such a number", 17],
		["Tcreate tag 1 fid 1 name a perm 0986 mode 0", 1, "not such a number", 32],
		["Tcreate tag 1 fid 1 name a perm 666 mode 0", 1, 'written "0666 mode 0"', 32],
		["Tcreate tag 1 fid 1 name  perm 0666 mode 0", 1, "expected a string", 25],
		["Rerror tag 1 ename (", 1, "expected a string", 19],
		['Rerror tag 1 ename "plain"', 1, 'written "plain"', 19],
		['Rerror tag 1 ename "a b', 1, 'expected "\\""', 23],
		['Rerror tag 1 ename "a\\', 1, 'expected "\\""', 22],
		['Rerror tag 1 ename "a\\qb c"', 1, 'written "qb c\\""', 21],
		['Rerror tag 1 ename "a \\xC3"', 1, 'written "xC3\\""', 22],
		['Rerror tag 1 ename "a \\x41"', 1, 'written "A\\""', 22],
		['Rerror tag 1 ename "a \ud800"', 1, "half a character", 22],
		['Rread tag 1 count 2 "a"', 1, 'written "1 \\"a\\""', 18],
		["Rread tag 1 count 1 a", 1, 'expected "\\""', 20],
		['Rread tag 1 count 2 "\u00e9"', 1, 'written "\\\\xc3\\\\xa9\\""', 21],
		["Twalk tag 1 fid 1 newfid 2 nwname 17 0:a", 1, "more than 16", 34],
		["Twalk tag 1 fid 1 newfid 2 nwname 1", 1, 'expected " 0:"', 35],
		["Twalk tag 1 fid 1 newfid 2 nwname 0 0:a", 1, "expected the end", 35],
		["Rattach tag 1 qid (0000000000000001 0 ld)", 1, 'expected ")"', 39],
		["Rattach tag 1 qid (0000000000000001 0 +128)", 1, 'written "d)"', 38],
		["Rattach tag 1 qid (1 0 d)", 1, 'written "0000000000000001 0 d"', 19],
		["Rattach tag 1 qid (000000000000000A 0 d)", 1, 'expected " "', 34],
	])("says where %j is wrong", (line, _tag, why, at) => {
		expect(parse(line)).toMatchObject({ type: 0, why, at });
	});

	it("reads a line of a mebibyte of escapes", () => {
		const f: Fcall = { type: 117, tag: 1, data: new Uint8Array(1 << 20).fill(0x0a) };
		expect(plain(parse(format(f)))).toEqual(plain(f));
	});
});

describe("words", () => {
	it.each([
		["plain", "plain"],
		["", '""'],
		["a b", '"a b"'],
		['"', '"\\""'],
		["\\", '"\\\\"'],
		["'", '"\'"'],
		["(", '"("'],
		["a\tb\n", '"a\\tb\\n"'],
		["\u00e9", '"\u00e9"'],
		["\0", '"\\x00"'],
		["\u0085", '"\\xc2\\x85"'],
		["\u202e", '"\\xe2\\x80\\xae"'],
		["a\udcff", '"a\\xff"'],
	])("the string %j is %s", (s, line) => {
		expect(quote(s)).toBe(line);
	});

	it("numbers and bytes", () => {
		expect([octal(0), octal(0o666), octal(0xffffffff)]).toEqual(["0", "0666", "037777777777"]);
		expect(hex(255n)).toBe("00000000000000ff");
		expect(quoteBytes(Buffer.from('a"\\\n\t\x00\x7f\xff', "latin1"))).toBe(
			'"a\\"\\\\\\n\\t\\x00\\x7f\\xff"',
		);
	});
});
