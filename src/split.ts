// Cuts a stream of bytes into messages: lines with their newlines, pieces up to a NUL, or all of
// it at once. It knows nothing of 9P.

/** What ends a message. */
export type Message = "line" | "nul" | "whole";

/**
 * The messages of `input`, in order; the last one may lack its end. Throws an Error when a
 * message is longer than `most` bytes: cutting it would make two of it.
 */
export async function* messages(
	input: AsyncIterable<Uint8Array>,
	how: Message,
	most: number,
): AsyncGenerator<Uint8Array> {
	const end = how === "line" ? 10 : how === "nul" ? 0 : -1;
	let held = Buffer.alloc(0);
	let n = 0;
	for await (const chunk of input) {
		held = Buffer.concat([held, chunk]);
		for (let at = end < 0 ? -1 : held.indexOf(end); at >= 0; at = held.indexOf(end)) {
			yield check(held.subarray(0, how === "line" ? at + 1 : at), ++n, most);
			held = held.subarray(at + 1);
		}
		check(held, n + 1, most);
	}
	if (held.length > 0) yield held;
}

function check(message: Buffer, n: number, most: number): Buffer {
	if (message.length <= most) return message;
	throw new Error(
		`message ${n} of the input is longer than ${most} bytes, the most that goes in one write`,
	);
}
