// `npm run generate`: writes src/9p/fcall.gen.ts from the table; with --check it writes nothing and
// exits 1 if the file is stale. Runs compiled, from the project's root.

import { readFileSync, writeFileSync } from "node:fs";
import { generate } from "./generate.ts";
import type { Table } from "./table.ts";

const target = "src/9p/fcall.gen.ts";
const table = JSON.parse(readFileSync("spec/9p2000.json", "utf8")) as Table;
const source = generate(table);

if (!process.argv.includes("--check")) {
	writeFileSync(target, source);
} else if (readFileSync(target, "utf8") !== source) {
	console.error(`${target} is stale: run npm run generate`);
	process.exitCode = 1;
}
