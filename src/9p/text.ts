// The words of the one-line text form: how a number, a string, a run of bytes is written, and a
// Scanner that reads them back. Each value has exactly one text. Must not know what a message is.

import { type Malformed, malformed, putText, text, textSize } from "./bytes.ts";

/** A number, or `name` where it has its one special value: `NOFID`, `NOTAG`. */
export function symbol(v: number, none: number, name: string): string {
	return v === none ? name : String(v);
}

/** `0666`; zero is `0`. */
export function octal(v: number): string {
	return v === 0 ? "0" : `0${v.toString(8)}`;
}

/** 16 digits. */
export function hex(v: bigint): string {
	return v.toString(16).padStart(16, "0");
}

/** The letters of the bits set; bits without one follow as `+` and a number. */
export function flags(v: number, letters: Letters): string {
	let s = "";
	let rest = v;
	for (const [letter, bit] of letters) {
		if ((v & bit) === 0) continue;
		s += letter;
		rest &= ~bit;
	}
	return rest === 0 ? s : `${s}+${rest}`;
}

/** A string: bare if plain, else in quotes. */
export function quote(s: string): string {
	return bare.test(s) ? s : `"${s.replace(hidden, escapeText)}"`;
}

/** Bytes: always in quotes, ASCII only. */
export function quoteBytes(data: Uint8Array): string {
	let s = '"';
	for (let i = 0; i < data.length; i++) s += byteText[data[i] as number];
	return `${s}"`;
}

/** Which letter stands for which bit, in the order they are written. */
export type Letters = readonly (readonly [letter: string, bit: number])[];

/**
 * Reads a line from left to right. The first thing that does not fit is kept in `why` and `at`, and
 * from then on every answer is an empty one: callers need to look only at the end.
 */
export class Scanner {
	readonly #line: string;
	#at = 0;
	#why = "";

	constructor(line: string) {
		this.#line = line;
	}

	get ok(): boolean {
		return this.#why === "";
	}

	/** Passes over exactly `s`. */
	expect(s: string): void {
		if (!this.ok) return;
		if (this.#line.startsWith(s, this.#at)) this.#at += s.length;
		else this.#fail(`expected ${JSON.stringify(s)}`);
	}

	/** The letters here: a message's name. */
	word(): string {
		return this.#match(wordHere, "expected a word");
	}

	/** A number from 0 to `max`. */
	uint(max: number): number {
		return Number(this.#integer(digitsHere, "", BigInt(max)));
	}

	/** A number, or `name`, which stands for `none`. */
	symbol(max: number, none: number, name: string): number {
		if (!this.#line.startsWith(name, this.#at)) return this.uint(max);
		this.expect(name);
		return none;
	}

	octal(max: number): number {
		return Number(this.#integer(digitsHere, "0o", BigInt(max)));
	}

	uint64(): bigint {
		return this.#integer(digitsHere, "", 0xffff_ffff_ffff_ffffn);
	}

	hex(): bigint {
		return this.#integer(hexHere, "0x", 0xffff_ffff_ffff_ffffn);
	}

	flags(letters: Letters, max: number): number {
		let v = 0;
		for (const [letter, bit] of letters) {
			if (!this.ok || this.#line[this.#at] !== letter) continue;
			v |= bit;
			this.#at++;
		}
		if (this.#line[this.#at] !== "+") return v;
		this.expect("+");
		return v | this.uint(max);
	}

	string(): string {
		if (this.ok && this.#line[this.#at] !== '"') return this.#match(bareHere, "expected a string");
		const data = this.bytes();
		return text(data, 0, data.length);
	}

	/** What stands in quotes. */
	bytes(): Uint8Array {
		this.expect('"');
		const start = this.#at;
		if (this.ok) this.#toQuote();
		// Escapes of bytes pass through the same lone surrogates as bytes that are not UTF-8. One that
		// does not exist reads as something, and is found out because it is not how that is written.
		const s = this.#line.slice(start, this.#at).replace(escaped, unescaped);
		this.expect('"');
		const data = new Uint8Array(this.ok ? textSize(s) : 0);
		if (this.ok) putText(data, 0, s);
		return data;
	}

	/** What did not fit, or left over after the end; undefined if all is well. */
	problem(tag: number): Malformed | undefined {
		if (this.ok && this.#at < this.#line.length) this.#fail("expected the end");
		return this.ok ? undefined : malformed(tag, this.#why, this.#at);
	}

	// Moves to the quote that ends a string: in a loop, for a pattern would need a stack.
	#toQuote(): void {
		for (; this.#at < this.#line.length; this.#at++) {
			const c = this.#line.codePointAt(this.#at) as number;
			if (c === quoteMark) return;
			// Half a character is no text, and would be taken for an escaped byte.
			if (c >= 0xd800 && c <= 0xdfff) return this.#fail("half a character");
			if (c === backslash || c > 0xffff) this.#at++;
		}
		this.#at = this.#line.length;
	}

	#integer(digits: RegExp, radix: "" | "0o" | "0x", max: bigint): bigint {
		const start = this.#at;
		const s = this.#match(digits, "expected a number");
		// Octal and hexadecimal digits are matched as decimal ones, or with a few too many of them.
		const wrong = s.length > 24 || (radix === "0o" && /[89]/.test(s));
		const v = s === "" || wrong ? 0n : BigInt(radix + s);
		if (!wrong && v <= max) return v;
		this.#at = start;
		this.#fail(wrong ? "not such a number" : `more than ${max}`);
		return 0n;
	}

	#match(what: RegExp, why: string): string {
		if (!this.ok) return "";
		what.lastIndex = this.#at;
		const s = what.exec(this.#line)?.[0];
		if (s === undefined) {
			this.#fail(why);
			return "";
		}
		this.#at += s.length;
		return s;
	}

	#fail(why: string): void {
		if (this.ok) this.#why = why;
	}
}

/** What is wrong with a line that reads well but is not how its message is written. */
export function unusual(tag: number, line: string, usual: string): Malformed {
	let at = 0;
	while (line[at] === usual[at]) at++;
	return malformed(tag, `written ${JSON.stringify(usual.slice(at, at + 20))}`, at);
}

const bare = /^[!#-&*-[\]-~]+$/;
const bareHere = /[!#-&*-[\]-~]+/y;
const wordHere = /[A-Za-z]+/y;
const digitsHere = /[0-9]+/y;
const hexHere = /[0-9a-f]+/y;
const escaped = /\\(?:x[0-9a-f]{2}|.)/gs;
const quoteMark = 0x22;
const backslash = 0x5c;
// Controls, invisible formatting (it can turn a line of a log around), and bytes that are no UTF-8.
const hidden = /["\\\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

const byteText: readonly string[] = Array.from({ length: 256 }, (_, b) => {
	if (b === 0x0a) return "\\n";
	if (b === 0x09) return "\\t";
	if (b === 0x22 || b === 0x5c) return `\\${String.fromCharCode(b)}`;
	if (b >= 0x20 && b < 0x7f) return String.fromCharCode(b);
	return `\\x${b.toString(16).padStart(2, "0")}`;
});

function escapeText(ch: string): string {
	const c = ch.codePointAt(0) as number;
	if (c >= 0xdc80 && c <= 0xdcff) return byteText[c - 0xdc00] as string;
	return Array.from(Buffer.from(ch), (b) => byteText[b]).join("");
}

function unescaped(s: string): string {
	if (s === "\\n") return "\n";
	if (s === "\\t") return "\t";
	if (s.length !== 4) return s.slice(1);
	const b = Number.parseInt(s.slice(2), 16);
	return String.fromCharCode(b < 0x80 ? b : 0xdc00 + b);
}
