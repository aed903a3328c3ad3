#!/usr/bin/env node
// The command: finds out what is asked for and hands over to the part that does it.

import { readFileSync, realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { kernelCommand } from "../conformance/kernel/main.ts";
import { traceMain } from "../conformance/trace/main.ts";
import { command, isCommand } from "./commands.ts";
import { HELP, Mistake, parseServe } from "./options.ts";
import { serve } from "./serve.ts";

/** Runs the command; resolves to its exit status: 0, 1 (it could not be done), 2 (bad usage). */
export async function main(argv: string[]): Promise<number> {
	try {
		const [word, ...rest] = argv;
		if (isCommand(word)) return await command(argv);
		if (word === "trace") return await traceMain(rest);
		if (word === "conformance" && rest[0] === "kernel") {
			return await kernelCommand(rest.slice(1), process.env["CI"] !== undefined);
		}
		const options = parseServe(argv);
		if (options === "help") process.stdout.write(HELP);
		else if (options === "version") process.stdout.write(`dchan ${version()}\n`);
		else await serve(options);
		return 0;
	} catch (e) {
		if (!(e instanceof Mistake)) throw e;
		process.stderr.write(`${e.message}\n`);
		return e.status;
	}
}

function version(): string {
	const file = new URL("../../package.json", import.meta.url);
	return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

const invoked = process.argv[1];
if (invoked !== undefined && import.meta.url === pathToFileURL(realpathSync(invoked)).href) {
	process.exitCode = await main(process.argv.slice(2));
}
