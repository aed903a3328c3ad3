// Packs the package, installs the tarball into an empty folder, and uses it there as a stranger
// would: the command, the library and the man page. Run compiled, from the project's root.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ALLOWED =
	/^(dist\/(src|conformance|spec)\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/;
const PROGRAM = `
import { Client, createServer, dial, format, listen, OREAD, OWRITE, parse, Tclunk } from "dchan";
const listener = await listen(createServer(), { net: "tcp", host: "127.0.0.1", port: 0 });
const client = await dial(listener.address);
const root = await client.attach("me");
await (await root.walk([])).create("c", 0o666, OREAD);
const reader = await root.walk("c"), writer = await root.walk("c");
await reader.open(OREAD);
await writer.open(OWRITE);
const [message] = await Promise.all([reader.readMessage(), writer.write("hello")]);
const { formatTrace } = await import("dchan/trace");
const trace = formatTrace({ header: [["client", "me"]], entries: [] });
if (trace !== "# client: me\\n") throw new Error("no trace format: " + trace);
const text = format(parse("Tclunk tag 1 fid 2"));
console.log(Buffer.from(message).toString(), text, client instanceof Client, Tclunk);
client.close();
await listener.close();
`;

function main(): void {
	const dir = mkdtempSync(join(tmpdir(), "dchan-packed-"));
	try {
		check(dir);
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}

function check(dir: string): void {
	const npm = (args: string[], cwd: string) => execFileSync("npm", args, { cwd, encoding: "utf8" });
	const packed = npm(["pack", "--ignore-scripts", "--json", "--pack-destination", dir], ".");
	const [{ filename, files }] = JSON.parse(packed) as [
		{ filename: string; files: { path: string }[] },
	];
	const strays = files.map((f) => f.path).filter((path) => !ALLOWED.test(path));
	assert.deepEqual(strays, [], "the tarball holds what it should not");
	writeFileSync(join(dir, "package.json"), '{ "type": "module" }\n');
	npm(["install", "--offline", "--no-audit", "--no-fund", join(dir, filename)], dir);
	const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
	const dchan = join(dir, "node_modules/.bin/dchan");
	assert.equal(execFileSync(dchan, ["--version"], { encoding: "utf8" }), `dchan ${version}\n`);
	assert.ok(existsSync(join(dir, "node_modules/dchan/dist/src/share/dchan.1")), "no man page");
	writeFileSync(join(dir, "program.js"), PROGRAM);
	const said = execFileSync("node", ["program.js"], { cwd: dir, encoding: "utf8" });
	assert.equal(said, "hello Tclunk tag 1 fid 2 true 120\n");
	console.log(`${filename}: ${files.length} files, installed and used`);
}

main();
