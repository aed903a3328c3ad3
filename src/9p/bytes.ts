// Integers and strings of the wire, little-endian, and the value that stands for bad input. Nothing
// here checks bounds for its caller: generated code has done so before it asks. Must not know what
// a message is.

/** What decode and parse answer for bad input: a value, never an exception. */
export interface Malformed {
	/** No message has this number: `f.type === 0` tells a Malformed from an Fcall. */
	type: 0;
	/** The message's tag, NOTAG when it could not be known. */
	tag: number;
	why: string;
	/** Where: bytes from the start of the frame, or columns from the start of the line, from 0. */
	at: number;
}

/** Builds a Malformed. */
export function malformed(tag: number, why: string, at: number): Malformed {
	return { type: 0, tag, why, at };
}

/** The frame ended inside the fixed part of `name`. */
export function missing(tag: number, name: string, at: number): Malformed {
	return malformed(tag, `${name} is cut short`, at);
}

/** A count within `name` promises more than the frame has. */
export function overrun(tag: number, name: string, field: string, at: number): Malformed {
	return malformed(tag, `${name}: ${field} runs past the end`, at);
}

/** Bytes are left over after `name`. */
export function trailing(tag: number, name: string, at: number): Malformed {
	return malformed(tag, `bytes after the end of ${name}`, at);
}

export function u8(buf: Uint8Array, at: number): number {
	return buf[at] as number;
}

export function u16(buf: Uint8Array, at: number): number {
	return (buf[at] as number) | ((buf[at + 1] as number) << 8);
}

export function u32(buf: Uint8Array, at: number): number {
	return (u16(buf, at) | (u16(buf, at + 2) << 16)) >>> 0;
}

export function u64(buf: Uint8Array, at: number): bigint {
	scratch.setUint32(0, u32(buf, at), true);
	scratch.setUint32(4, u32(buf, at + 4), true);
	return scratch.getBigUint64(0, true);
}

export function putU8(buf: Uint8Array, at: number, v: number): void {
	if ((v & 0xff) !== v) throw misfit(v, "u8");
	buf[at] = v;
}

export function putU16(buf: Uint8Array, at: number, v: number): void {
	if ((v & 0xffff) !== v) throw misfit(v, "u16");
	buf[at] = v;
	buf[at + 1] = v >>> 8;
}

export function putU32(buf: Uint8Array, at: number, v: number): void {
	if (v >>> 0 !== v) throw misfit(v, "u32");
	buf[at] = v;
	buf[at + 1] = v >>> 8;
	buf[at + 2] = v >>> 16;
	buf[at + 3] = v >>> 24;
}

export function putU64(buf: Uint8Array, at: number, v: bigint): void {
	if (v < 0n || v > 0xffff_ffff_ffff_ffffn) throw misfit(v, "u64");
	scratch.setBigUint64(0, v, true);
	putU32(buf, at, scratch.getUint32(0, true));
	putU32(buf, at + 4, scratch.getUint32(4, true));
}

/**
 * The string in buf[from,to). Bytes that are not UTF-8 become lone surrogates U+DC80 to U+DCFF, one
 * each, which putText turns back into the same bytes.
 */
export function text(buf: Uint8Array, from: number, to: number): string {
	if (from === to) return "";
	const s = asBuffer(buf).toString("utf8", from, to);
	return s.includes("\ufffd") ? escapedText(buf, from, to) : s;
}

/** Bytes that `s` has on the wire, without its count. */
export function textSize(s: string): number {
	const n = Buffer.byteLength(s);
	if (n === s.length || !s.match(lone)) return n;
	// Buffer counts a lone surrogate as the three bytes of U+FFFD; it stands for one.
	return n - 2 * (s.match(everyLone) as string[]).length;
}

/** Writes the bytes of `s`, no count before them; returns where they end. */
export function putText(buf: Uint8Array, at: number, s: string): number {
	let p = at;
	for (let i = 0; i < s.length; i++) {
		const c = s.charCodeAt(i);
		if (c >= 0x80) return putWideText(buf, at, s);
		buf[p++] = c;
	}
	return p;
}

/** Writes `s` with its two-byte count; returns where it ends. */
export function putString(buf: Uint8Array, at: number, s: string): number {
	const end = putText(buf, at + 2, s);
	putU16(buf, at, end - at - 2);
	return end;
}

const scratch = new DataView(new ArrayBuffer(8));
const lone = /\p{Surrogate}/u;
const everyLone = /\p{Surrogate}/gu;

function misfit(v: number | bigint, type: string): RangeError {
	return new RangeError(`${v} does not fit ${type}`);
}

function asBuffer(buf: Uint8Array): Buffer {
	return Buffer.isBuffer(buf) ? buf : Buffer.from(buf.buffer, buf.byteOffset, buf.byteLength);
}

function putWideText(buf: Uint8Array, at: number, s: string): number {
	const bytes = Buffer.allocUnsafe(textSize(s));
	if (!lone.test(s)) {
		bytes.write(s);
	} else {
		let p = 0;
		for (const ch of s) {
			const c = ch.codePointAt(0) as number;
			if (c >= 0xdc80 && c <= 0xdcff) bytes[p++] = c - 0xdc00;
			else if (c >= 0xd800 && c <= 0xdfff) throw new RangeError("unpaired surrogate in a string");
			else p += bytes.write(ch, p);
		}
	}
	// A short buf is found out at the message's end, where encode looks once.
	if (at + bytes.length <= buf.length) buf.set(bytes, at);
	return at + bytes.length;
}

function escapedText(buf: Uint8Array, from: number, to: number): string {
	const bytes = asBuffer(buf);
	let s = "";
	let valid = from;
	let at = from;
	while (at < to) {
		const n = sequence(bytes, at, to);
		if (n > 0) {
			at += n;
			continue;
		}
		s += bytes.toString("utf8", valid, at) + String.fromCharCode(0xdc00 + u8(bytes, at));
		valid = ++at;
	}
	return s + bytes.toString("utf8", valid, to);
}

// Length of the well-formed UTF-8 sequence at `at`, 0 if there is none (Unicode, table 3-7).
function sequence(buf: Uint8Array, at: number, to: number): number {
	const a = u8(buf, at);
	if (a < 0x80) return 1;
	const n = a < 0xc2 ? 0 : a < 0xe0 ? 2 : a < 0xf0 ? 3 : a < 0xf5 ? 4 : 0;
	if (n === 0 || to - at < n) return 0;
	const low = a === 0xe0 ? 0xa0 : a === 0xf0 ? 0x90 : 0x80;
	const high = a === 0xed ? 0x9f : a === 0xf4 ? 0x8f : 0xbf;
	const b = u8(buf, at + 1);
	if (b < low || b > high) return 0;
	for (let i = 2; i < n; i++) if ((u8(buf, at + i) & 0xc0) !== 0x80) return 0;
	return n;
}
