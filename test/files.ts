// The project's own files, for the tests that read source text as text.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The paths, relative to the root and sorted, of all files at or below `dir`. */
export function filesBelow(dir: string): string[] {
	return readdirSync(join(root, dir), { withFileTypes: true })
		.filter((entry) => !notOurs.has(entry.name))
		.flatMap((entry) => {
			const path = relative(root, join(root, dir, entry.name));
			return entry.isDirectory() ? filesBelow(path) : [path];
		})
		.sort();
}

/** The text of one file, its path relative to the root. */
export function textOf(path: string): string {
	return readFileSync(join(root, path), "utf8");
}

const root = fileURLToPath(new URL("..", import.meta.url));
const notOurs = new Set([".git", "node_modules", "dist", "coverage", ".cache"]);
