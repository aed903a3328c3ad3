// The recorded traces, and a server to replay them against.

import { expect } from "vitest";
import { headerOf, parseTrace, type Trace } from "../../conformance/trace/format.ts";
import { type Difference, type ReplayOptions, replay } from "../../conformance/trace/replay.ts";
import { createServer } from "../../src/server.ts";
import { type ListenOptions, listen } from "../../src/transport.ts";
import { filesBelow, textOf } from "../files.ts";

export interface Recorded {
	name: string;
	text: string;
	trace: Trace;
}

/** All traces of the repository. */
export const recorded: readonly Recorded[] = filesBelow("conformance/traces")
	.filter((path) => path.endsWith(".trace"))
	.map((path) => ({ name: path, text: textOf(path), trace: parsed(textOf(path)) }));

/** Those whose answers are judged, too. */
export const replayable = recorded.filter(
	({ trace }) => headerOf(trace, "judge") !== "client-only",
);

/** A text as a trace; a test fails when it is none. */
export function parsed(text: string): Trace {
	const trace = parseTrace(text);
	if ("why" in trace) expect.fail(`${trace.line}:${trace.column}: ${trace.why}`);
	return trace;
}

/** A short trace: a session and fid 0 on the root for connections 0 and 1, then these lines. */
export function session(lines: string): Trace {
	const hello = [0, 1].map(
		(conn) => `0.000000 ${conn} open
0.000000 ${conn} C Tversion tag NOTAG msize 8216 version 9P2000
0.000000 ${conn} S Rversion tag NOTAG msize 8216 version 9P2000
0.000000 ${conn} C Tattach tag 1 fid 0 afid NOFID uname glenda aname ""
0.000000 ${conn} S Rattach tag 1 qid (0000000000000000 0 d)
`,
	);
	const body = lines.trim().replace(/^\s+/gm, "");
	return parsed(`${hello.join("")}${body}\n`);
}

/** Replays against a fresh server on loopback. */
export async function replayed(
	trace: Trace,
	options: ReplayOptions & { uname?: string } = {},
): Promise<Difference[]> {
	const { uname = "glenda", ...rest } = options;
	return withServer({}, uname, (address) => replay(trace, address, rest));
}

/** Lets `use` have a fresh server on loopback. */
export async function withServer<T>(
	options: ListenOptions,
	uname: string,
	use: (address: Parameters<typeof replay>[1]) => Promise<T>,
): Promise<T> {
	const server = createServer({ uname, now: Math.floor(Date.now() / 1000) });
	const any = { net: "tcp", host: "127.0.0.1", port: 0 } as const;
	const listener = await listen(server, any, options);
	try {
		return await use(listener.address);
	} finally {
		await listener.close();
	}
}
