// Recorded traces replayed against our server over a real socket, and what a replay must notice.

import { describe, expect, it } from "vitest";
import type { Message } from "../../conformance/trace/format.ts";
import { answeredIn, tagOf } from "../../conformance/trace/names.ts";
import { Tflush } from "../../src/9p/fcall.gen.ts";
import { parsed, recorded, replayable, replayed, session } from "./traces.ts";

const FAST = { timeoutMs: 300 };

describe("recorded traces", () => {
	it.each(replayable)("$name: the server differs where a deviation says so", async ({ trace }) => {
		expect(await replayed(trace)).toEqual([]);
	});

	it.each(replayable)(
		"$name: each rule that it cites is needed",
		async ({ text }) => {
			const lines = text.split("\n");
			const cited = new Set<string>();
			for (const [i, line] of lines.entries()) {
				const rule = /^deviation (\S+ \S+)/.exec(line)?.[1];
				if (rule === undefined || cited.has(rule)) continue;
				cited.add(rule);
				const without = parsed(lines.toSpliced(i, 1).join("\n"));
				expect(await replayed(without, FAST), line).not.toEqual([]);
			}
		},
		60_000,
	);

	it("the server may belong to anybody", async () => {
		const { trace } = replayable.find(({ name }) => name.includes("plan9-dchan-dirs")) ?? {};
		expect(trace && (await replayed(trace, { uname: "somebody-else" }))).toEqual([]);
	});

	it.each(recorded)("$name: the client's half is right", ({ trace }) => {
		const messages = trace.entries.filter((e): e is Message => e.kind === "message");
		const client = messages.filter((m) => m.side === "C");
		expect(client.filter((m) => m.fcall === null)).toEqual([]);
		// What each tag stands for; after Rflush the flushed tag is free too (flush(5)).
		const open = new Map<string, Message>();
		for (const m of messages) {
			const key = `${m.conn} ${tagOf(m)}`;
			const request = open.get(key)?.fcall;
			if (m.side === "S") {
				open.delete(key);
				if (request?.type === Tflush) open.delete(`${m.conn} ${request.oldtag}`);
			} else {
				expect(request, `line ${m.line}: its tag is in use`).toBeUndefined();
				open.set(key, m);
			}
		}
		expect(answeredIn(trace).size).toBeGreaterThan(client.length * 0.8);
	});
});

const CREATE = `0.000000 0 C Twalk tag 1 fid 0 newfid 5 nwname 0
	0.000000 0 S Rwalk tag 1 nwqid 0
	0.000000 0 C Tcreate tag 1 fid 5 name p perm 0666 mode 2
	0.000000 0 S Rcreate tag 1 qid (0000000000000007 0 ) iounit 0
	0.000000 1 C Twalk tag 1 fid 0 newfid 6 nwname 1 0:p
	0.000000 1 S Rwalk tag 1 nwqid 1 0:(0000000000000007 0 )
	0.000000 1 C Topen tag 1 fid 6 mode 2
	0.000000 1 S Ropen tag 1 qid (0000000000000007 0 ) iounit 0`;
const READ = "0.000000 0 C Tread tag 1 fid 5 offset 0 count 9";
const WRITE = '0.000000 1 C Twrite tag 1 fid 6 offset 0 count 2 "a\\n"';
const GOT = '0.000000 0 S Rread tag 1 count 2 "a\\n"';
const WROTE = "0.000000 1 S Rwrite tag 1 count 2";

describe("a replay", () => {
	it("takes answers in any order", async () => {
		for (const answers of [
			[GOT, WROTE],
			[WROTE, GOT],
		]) {
			expect(await replayed(session([CREATE, READ, WRITE, ...answers].join("\n")))).toEqual([]);
		}
	});

	it("sends nothing before the answers that were recorded before it", async () => {
		// Both write first, and one reads: who is first got into the line first (CH-4).
		const second = '0.000000 0 C Twrite tag 2 fid 5 offset 0 count 2 "b\\n"';
		const lines = [CREATE, WRITE, second, READ, GOT, WROTE, READ.replace("tag 1", "tag 3")];
		const rest = ['0.000000 0 S Rread tag 3 count 2 "b\\n"', "0.000000 0 S Rwrite tag 2 count 2"];
		expect(await replayed(session([...lines, ...rest].join("\n")))).toEqual([]);
	});

	it("notices another answer", async () => {
		const lines = [CREATE, READ, WRITE, GOT.replace("a\\n", "b\\n"), WROTE];
		expect(await replayed(session(lines.join("\n")))).toMatchObject([
			{ line: 21, why: 'data is "a\\n", not "b\\n"', actual: 'Rread tag 1 count 2 "a\\n"' },
		]);
	});

	it("notices that one file became two", async () => {
		const walk = "0.000000 1 C Twalk tag 1 fid 0 newfid 7 nwname 1 0:p";
		const other = "0.000000 1 S Rwalk tag 1 nwqid 1 0:(0000000000000008 0 )";
		const differences = await replayed(session([CREATE, walk, other].join("\n")));
		expect(differences).toMatchObject([{ why: expect.stringContaining("qid.path") }]);
	});

	it("notices an answer that does not come", async () => {
		const differences = await replayed(session(`${CREATE}\n${READ}\n${GOT}`), FAST);
		expect(differences[0]).toMatchObject({ line: 20, why: "no answer in time" });
	});

	it("notices an answer where the recording was blocked: before silence", async () => {
		const empty = '0.000000 0 C Twrite tag 1 fid 5 offset 0 count 0 ""';
		const later = "1.000000 0 C Tclunk tag 2 fid 0\n1.000000 0 S Rclunk tag 2";
		const answer = "1.000000 0 S Rwrite tag 1 count 0";
		const differences = await replayed(session([CREATE, empty, later, answer].join("\n")));
		expect(differences[0]).toMatchObject({ line: 20, why: "still blocked here" });
		const soon = later.replaceAll("1.0", "0.0");
		expect(await replayed(session([CREATE, empty, soon, answer].join("\n")))).toEqual([]);
	});

	it.each([
		["a flush", "0.000000 0 C Tflush tag 2 oldtag 1\n0.000000 0 S Rflush tag 2"],
		["a clunk", "0.000000 0 C Tclunk tag 2 fid 5\n0.000000 0 S Rclunk tag 2"],
		["the end of the connection", "0.000000 0 close"],
		["the end", "mark the end"],
	])("notices an answer where the recording was blocked: before %s", async (_, end) => {
		const empty = '0.000000 0 C Twrite tag 1 fid 5 offset 0 count 0 ""';
		const differences = await replayed(session([CREATE, empty, end].join("\n")));
		expect(differences).toMatchObject([
			{ why: "still blocked here", actual: "Rwrite tag 1 count 0" },
		]);
	});

	it("lets a flushed request be answered, or not", async () => {
		const flush = "0.000000 0 C Tflush tag 2 oldtag 1";
		const interrupted = "0.000000 0 S Rerror tag 1 ename interrupted";
		const flushed = "0.000000 0 S Rflush tag 2";
		for (const lines of [
			[CREATE, READ, flush, interrupted, flushed],
			[CREATE, READ, flush, flushed],
		]) {
			expect(await replayed(session(lines.join("\n")))).toEqual([]);
		}
	});

	it("notices a deviation that is not needed", async () => {
		const deviation = 'deviation CH-1 expect Rread tag 1 count 2 "a\\n"';
		const lines = [CREATE, READ, WRITE, deviation, GOT, WROTE];
		expect(await replayed(session(lines.join("\n")))).toMatchObject([
			{ line: 21, why: "the deviation is not needed" },
		]);
		const ended = session([CREATE, "mark replay ends here", deviation, GOT].join("\n"));
		expect(await replayed(ended)).toMatchObject([{ why: "the deviation is not needed" }]);
	});

	it("leaves out what a deviation skips, and waits for nothing where one says so", async () => {
		const lines = [
			CREATE,
			"deviation CH-1 skip",
			WRITE,
			WROTE,
			READ,
			"deviation CH-1 nothing",
			GOT,
			"deviation FL-3 also 0 Rflush tag 3",
		];
		const flush = "0.000000 0 C Tflush tag 3 oldtag 9";
		const trace = session([...lines.slice(0, -1), flush, ...lines.slice(-1)].join("\n"));
		expect(await replayed(trace)).toEqual([]);
	});

	it("sends bytes that are no message as they are", async () => {
		const raw = "0.000000 0 C ?080000007801000a Tclunk is cut short";
		const answer = '0.000000 0 S Rerror tag 1 ename "Bad message"';
		expect(await replayed(session(`${raw}\n${answer}`))).toEqual([]);
	});
});
