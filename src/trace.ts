// The text of traffic, one message a line: `SECONDS CONNECTION C|S MESSAGE`, C from the client
// and S from the server. `-D` prints it and trace files hold it. It is told the time.

import { decode, format } from "./9p/fcall.gen.ts";

/** One line, without a newline, for the frame `buf[from, to)` of connection `conn`. */
export function traceLine(
	seconds: number,
	conn: number,
	direction: "C" | "S",
	buf: Uint8Array,
	from: number,
	to: number,
): string {
	return `${seconds.toFixed(6)} ${conn} ${direction} ${frameText(buf, from, to)}`;
}

/** One line, without a newline, for the end of connection `conn`. */
export function closeLine(seconds: number, conn: number): string {
	return `${seconds.toFixed(6)} ${conn} close`;
}

/** A frame as text; one that does not decode as its bytes, and why: `?HEX reason`. */
function frameText(buf: Uint8Array, from: number, to: number): string {
	const m = decode(buf, from, to);
	if (m.type !== 0) return format(m);
	return `?${Buffer.from(buf.subarray(from, to)).toString("hex")} ${m.why}`;
}
