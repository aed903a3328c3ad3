/**
 * Which module files a kernel needs, and in which order: what `modprobe --show-depends` says, read
 * from modules.dep(5) and modules.builtin. Parsing and ordering are pure; only `readModule` touches
 * files.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";

/** Module name -> its file, and the files it needs, as modules.dep lists them. */
export type ModuleTable = ReadonlyMap<
	string,
	{ readonly file: string; readonly needs: readonly string[] }
>;

/** The modules this runner wants in a guest. */
export const wanted: readonly string[] = [
	"virtio_pci",
	"virtio_net",
	"9pnet_fd",
	"9p",
	"9pnet_virtio",
];

/** The text of modules.dep as a table by module name. */
export function parseModulesDep(text: string): ModuleTable {
	const table = new Map<string, { file: string; needs: string[] }>();
	for (const line of text.split("\n")) {
		const colon = line.indexOf(":");
		if (colon < 0) continue;
		const file = line.slice(0, colon).trim();
		const needs = line
			.slice(colon + 1)
			.split(" ")
			.filter((s) => s !== "");
		table.set(moduleName(file), { file, needs });
	}
	return table;
}

/** The names in the text of modules.builtin. */
export function parseBuiltin(text: string): ReadonlySet<string> {
	return new Set(
		text
			.split("\n")
			.filter((s) => s !== "")
			.map(moduleName),
	);
}

/**
 * Files to load for `names`, in an order in which each follows what it needs. Names that are built
 * in need no file; one that is nowhere is returned in `missing`.
 */
export function loadOrder(
	names: readonly string[],
	table: ModuleTable,
	builtin: ReadonlySet<string>,
): { readonly files: readonly string[]; readonly missing: readonly string[] } {
	const files = new Set<string>();
	const missing: string[] = [];
	for (const name of names) {
		const module = table.get(name);
		if (module === undefined) {
			if (!builtin.has(name)) missing.push(name);
			continue;
		}
		// modules.dep lists what a module needs in the reverse of the order of loading.
		for (const file of [...module.needs].reverse()) files.add(file);
		files.add(module.file);
	}
	return { files: [...files], missing };
}

/** `kernel/net/9p/9pnet-fd.ko.xz` -> `9pnet_fd`: file names and module names differ in dashes. */
export function moduleName(file: string): string {
	return basename(file)
		.replace(/\.ko(\.\w+)?$/, "")
		.replaceAll("-", "_");
}

/** The content of a module file, decompressed. Throws when the tool for it is missing. */
export function readModule(path: string): Buffer {
	const raw = readFileSync(path);
	if (path.endsWith(".xz")) return filter("xz", raw);
	if (path.endsWith(".zst")) return filter("zstd", raw);
	if (path.endsWith(".gz")) return gunzipSync(raw);
	return raw;
}

/** What `tool -dc` makes of `data`. Throws when the tool is missing or refuses. */
export function filter(tool: string, data: Uint8Array): Buffer {
	const run = spawnSync(tool, ["-dc"], { input: data, maxBuffer: 1 << 28 });
	if (run.error !== undefined) throw new Error(`${tool}: ${run.error.message}`);
	if (run.status !== 0) throw new Error(`${tool}: ${run.stderr.toString().trim()}`);
	return run.stdout;
}
