// Holds spec/README.md and the tests together: every rule has a test, every citation a rule.

import { describe, expect, it } from "vitest";
import { filesBelow, textOf } from "../files.ts";

describe("the rules of spec/README.md", () => {
	it("are numbered in order, each once", () => {
		expect(rules.length).toBeGreaterThan(0);
		for (const prefix of prefixes) {
			const numbers = rules.filter((id) => id.startsWith(prefix)).map(numberOf);
			expect(numbers, prefix).toEqual([...new Set(numbers)].sort((a, b) => a - b));
		}
	});

	it("are each cited by a test", () => {
		const tests = [...filesBelow("test"), ...filesBelow("conformance")].map(textOf);
		const tested = new Set(tests.flatMap(titlesIn).flatMap(idsIn));
		expect(rules.filter((id) => !tested.has(id))).toEqual([]);
	});

	it("exist wherever one is cited", () => {
		const unknown = ["src", "spec", "test", "conformance", "bench"]
			.flatMap(filesBelow)
			.filter((path) => /\.(ts|mjs|json|md|sh|txt)$/.test(path))
			.flatMap((path) =>
				idsIn(textOf(path))
					.filter((id) => !rules.includes(id))
					.map((id) => `${path}: ${id}`),
			);
		expect(unknown).toEqual([]);
	});

	it("are cited by titles and headers, and by nothing else", () => {
		const id = rules[0];
		const title = (call: string) => titlesIn(call).flatMap(idsIn);
		expect(title(`it("${id}: a title", () => {`)).toEqual([id]);
		expect(title(`it.each(rows)("${id}: %s", (row) => {`)).toEqual([id]);
		expect(title(`\tdescribe(\n\t\t'${id}: on two lines', () => {`)).toEqual([id]);
		expect(title(`#!/bin/sh\n# rules: ${id}\n`)).toEqual([id]);
		expect(title(`// ${id}: a comment`)).toEqual([]);
		expect(title(`expect(answer, "${id}").toBe(1)`)).toEqual([]);
	});
});

const rules = [...textOf("spec/README.md").matchAll(/^- \*\*([A-Z]{2}-\d+)\*\* /gm)].map(
	(match) => match[1] as string,
);
const prefixes = [...new Set(rules.map((id) => id.slice(0, 3)))];

function numberOf(id: string): number {
	return Number(id.slice(3));
}

function idsIn(text: string): string[] {
	return text.match(new RegExp(`\\b(?:${prefixes.join("|")})\\d+\\b`, "g")) ?? [];
}

/**
 * What cites for a test: titles of it() and its like, and the `# rules:` line of a guest script.
 */
function titlesIn(source: string): string[] {
	const call =
		/(?:\b(?:it|test|describe)(?:\.[a-z]+)?|\.each\([^()]*\))\(\s*(["'`])(.*?)(?<!\\)\1/gs;
	const header = /^# rules:()(.*)$/gm;
	return [call, header].flatMap((where) =>
		[...source.matchAll(where)].map((match) => match[2] as string),
	);
}
