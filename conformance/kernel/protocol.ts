/**
 * What the guest says on its second serial port, a line at a time, and the trouble to recognise on
 * its console. Pure: text in, values out. The other direction is `run …`, `done …` and `off`.
 */

/** One line of the guest. `status` is its verdict over one check. */
export type GuestLine =
	| { readonly kind: "ready"; readonly release: string }
	| { readonly kind: "begin"; readonly scenario: string; readonly user: string }
	| {
			readonly kind: "check";
			readonly status: CheckStatus;
			readonly id: string;
			readonly text: string;
	  }
	| { readonly kind: "note"; readonly text: string }
	| { readonly kind: "host"; readonly request: string }
	| {
			readonly kind: "end";
			readonly scenario: string;
			readonly status: number;
			readonly clean: boolean;
	  }
	| { readonly kind: "noise"; readonly text: string };

/** `known` is a known limit that still holds, `gone` one that holds no longer. */
export type CheckStatus = "ok" | "fail" | "known" | "gone" | "skip";

/** One line, without its newline, as a value. What is no line of the protocol is noise. */
export function parseLine(line: string): GuestLine {
	const text = line.replace(/\r$/, "");
	const [, word = "", rest = ""] = /^@(\w+) ?(.*)$/.exec(text) ?? [];
	const words = rest.split(" ");
	const [first = "", second = ""] = words;
	switch (word) {
		case "ready":
			return { kind: "ready", release: first };
		case "begin":
			return { kind: "begin", scenario: first, user: second };
		case "ok":
		case "fail":
		case "known":
		case "gone":
		case "skip":
			return { kind: "check", status: word, id: first, text: words.slice(1).join(" ") };
		case "note":
			return { kind: "note", text: rest };
		case "host":
			return { kind: "host", request: rest };
		case "end":
			return { kind: "end", scenario: first, status: Number(second), clean: words[2] === "clean" };
		default:
			return { kind: "noise", text };
	}
}

/** Cuts chunks of text into lines; what follows the last newline is kept for the next chunk. */
export function lineCutter(take: (line: string) => void): (chunk: string) => void {
	let kept = "";
	return (chunk) => {
		const lines = (kept + chunk).split("\n");
		kept = lines.pop() ?? "";
		for (const line of lines) take(line);
	};
}

/** A kernel's own complaint, found in a line of its console. */
export interface Trouble {
	/** `fatal`: this guest is of no further use. */
	readonly severity: "fatal" | "warning";
	readonly what: string;
}

/** What a console line says has gone wrong with the kernel, or `undefined`. */
export function consoleTrouble(line: string): Trouble | undefined {
	for (const [pattern, severity, what] of signs) {
		if (pattern.test(line)) return { severity, what: `${what}: ${line.trim()}` };
	}
	return undefined;
}

const signs: readonly (readonly [RegExp, Trouble["severity"], string])[] = [
	[/Kernel panic - not syncing/, "fatal", "kernel panic"],
	[/BUG: (unable to handle|kernel NULL|soft lockup|scheduling while)/, "fatal", "kernel bug"],
	[
		/\b(Oops|general protection fault|double fault|stack guard page was hit)\b/,
		"fatal",
		"kernel oops",
	],
	[/kernel BUG at /, "fatal", "kernel bug"],
	[/Out of memory: Killed process/, "fatal", "out of memory"],
	[/INFO: task .* blocked for more than/, "warning", "hung task"],
	[/rcu: .*detected stalls|rcu_\w+ self-detected stall/, "warning", "stall"],
	[/WARNING: CPU: \d+ PID: \d+ at /, "warning", "kernel warning"],
];
