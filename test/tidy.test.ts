// Style that no tool of ours checks: sizes, opening comments, and what must never be committed.

import { describe, expect, it } from "vitest";
import { filesBelow, textOf } from "./files.ts";

describe("source files", () => {
	it("have at most 300 lines", () => {
		const sizes = code.map((path) => ({ path, lines: linesOf(path).length }));
		expect(sizes.filter(({ lines }) => lines > 300)).toEqual([]);
	});

	it("have no line over 100 columns", () => {
		expect(linesWhere(typescript, (line) => line.replaceAll("\t", "  ").length > 100)).toEqual([]);
	});

	it("open with a comment, in src and spec", () => {
		const opens = (text: string) => /^(#!.*\n)?\/[/*]/.test(text);
		expect(
			typescript.filter((path) => /^(src|spec)\//.test(path)).filter((p) => !opens(textOf(p))),
		).toEqual([]);
	});

	it("run every test", () => {
		const off = /\b(it|test|describe)\.(only|skip|todo|fails)\b/;
		expect(linesWhere(typescript, (line) => off.test(line))).toEqual([]);
	});

	it("know no randomness in src", () => {
		const src = typescript.filter((path) => path.startsWith("src/"));
		expect(linesWhere(src, (line) => line.includes("Math.random"))).toEqual([]);
	});
});

describe("the project", () => {
	it("names no machine and no registry", () => {
		const never = [/\/(work|farm)\//, /\.\.\/shared\b/, /npmjs\.(org|com)/, /artifactory/i];
		const text = files.filter((path) => /\.(ts|mjs|json|md|sh|c|txt)$|\/run$|rc$/.test(path));
		const found = linesWhere(text, (line) => never.some((pattern) => pattern.test(line)));
		expect(found.filter((place) => !place.startsWith("test/tidy.test.ts:"))).toEqual([]);
	});

	it("locks versions, and no addresses", () => {
		expect(textOf("package-lock.json")).not.toContain('"resolved"');
		const pins = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
		expect(pins.length).toBeGreaterThan(0);
		expect(pins.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
	});

	it("ships every package that src imports", () => {
		const imports = typescript
			.filter((path) => path.startsWith("src/"))
			.flatMap((path) => [...textOf(path).matchAll(/^\s*(?:}|import .*) from "([^."][^"]*)"/gm)])
			.map((match) => match[1] as string)
			.filter((name) => !name.startsWith("node:"));
		expect(imports.filter((name) => !(name in (manifest.dependencies ?? {})))).toEqual([]);
	});
});

const files = filesBelow(".");
const generated = /\.gen\.ts$/;
const code = files.filter((path) => /\.(ts|mjs|c|sh)$/.test(path) && !generated.test(path));
const typescript = code.filter((path) => path.endsWith(".ts"));
const manifest: {
	dependencies?: Record<string, string>;
	devDependencies?: Record<string, string>;
} = JSON.parse(textOf("package.json"));

function linesOf(path: string): string[] {
	return textOf(path).replace(/\n$/, "").split("\n");
}

function linesWhere(paths: readonly string[], bad: (line: string) => boolean): string[] {
	return paths.flatMap((path) =>
		linesOf(path).flatMap((line, n) => (bad(line) ? [`${path}:${n + 1}: ${line.trim()}`] : [])),
	);
}
