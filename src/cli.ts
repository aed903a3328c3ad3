#!/usr/bin/env node
// The command: reads its arguments, listens, and stays until a signal. All it knows of 9P is the server.

import { readFileSync, realpathSync } from "node:fs";
import { userInfo } from "node:os";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type Address, formatDial, parseDial } from "./dial.ts";
import { createServer, type Server } from "./server.ts";
import type { LinuxMode, Tracer } from "./session.ts";
import { traceLine } from "./trace.ts";
import { type Listener, listen } from "./transport.ts";

const USAGE = "Usage: dchan [-D] [-d] [-s srvname] [-m mptp] [-a addr]";
const HELP = `${USAGE}
Serves channels as files over 9P2000.

  -a ADDR        listen there: tcp!HOST!PORT, tcp!*!PORT, tcp![::1]!9fs; repeatable
                 (without: tcp!127.0.0.1!6666)
  -d             log what the server does
  -D             print every message
  -s SRVNAME     post a service (not yet)
  -m MPTP        mount there (not yet)
  --linux=MODE   whether the -a that follow serve Linux kernels: auto, always, never
  --msize=BYTES  largest message to agree to (1048576)
  --help, --version
`;
const DEFAULT_ADDRESS = "tcp!127.0.0.1!6666";
const MSIZE_FLOOR = 256;
const MSIZE_CEILING = 64 << 20;

interface Place {
	address: Address;
	linux: LinuxMode;
}

interface Command {
	places: Place[];
	log: boolean;
	trace: boolean;
	msize: number;
}

/** A command line that can't be: what is wrong, in one line, and the exit status it deserves. */
class Mistake extends Error {
	readonly status: number;

	constructor(message: string, status: number) {
		super(message);
		this.status = status;
	}
}

/** Runs the command; resolves to its exit status. */
export async function main(argv: string[]): Promise<number> {
	try {
		const command = parse(argv);
		if (typeof command === "string") {
			process.stdout.write(command);
			return 0;
		}
		return await serve(command);
	} catch (e) {
		if (!(e instanceof Mistake)) throw e;
		process.stderr.write(`${e.message}\n`);
		return e.status;
	}
}

function parse(argv: string[]): Command | string {
	const command: Command = { places: [], log: false, trace: false, msize: 1 << 20 };
	let linux: LinuxMode = "auto";
	for (const token of tokens(argv)) {
		if (token.kind !== "option") throw new Mistake(USAGE, 2);
		const value = token.value ?? "";
		switch (token.name) {
			case "help":
				return HELP;
			case "version":
				return `dchan ${version()}\n`;
			case "d":
				command.log = true;
				break;
			case "D":
				command.trace = true;
				break;
			case "linux":
				linux = linuxMode(value);
				break;
			case "msize":
				command.msize = msize(value);
				break;
			case "a":
				command.places.push({ address: dial(value), linux });
				break;
			default:
				throw new Mistake(`dchan: -${token.name} is not there yet\n${USAGE}`, 2);
		}
	}
	if (command.places.length === 0) command.places.push({ address: dial(DEFAULT_ADDRESS), linux });
	return command;
}

function tokens(argv: string[]) {
	const flag = { type: "boolean" } as const;
	const text = { type: "string" } as const;
	try {
		return parseArgs({
			args: argv,
			tokens: true,
			options: {
				a: { type: "string", short: "a", multiple: true },
				s: { type: "string", short: "s" },
				m: { type: "string", short: "m" },
				d: { type: "boolean", short: "d" },
				D: { type: "boolean", short: "D" },
				linux: text,
				msize: text,
				help: flag,
				version: flag,
			},
		}).tokens;
	} catch {
		throw new Mistake(USAGE, 2);
	}
}

function dial(value: string): Address {
	const address = parseDial(value);
	if (typeof address === "string") throw new Mistake(`dchan: ${address}`, 1);
	return address;
}

function linuxMode(value: string): LinuxMode {
	if (value === "auto" || value === "always" || value === "never") return value;
	throw new Mistake(`dchan: --linux=${value}: it is auto, always or never\n${USAGE}`, 2);
}

function msize(value: string): number {
	const n = /^[0-9]+$/.test(value) ? Number(value) : 0;
	if (n >= MSIZE_FLOOR && n <= MSIZE_CEILING) return n;
	const range = `${MSIZE_FLOOR} to ${MSIZE_CEILING}`;
	throw new Mistake(`dchan: --msize=${value}: it is a number of bytes, ${range}\n${USAGE}`, 2);
}

async function serve(command: Command): Promise<number> {
	const stopped = new Promise<void>((resolve) => {
		for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
	});
	const server = createServer({
		uname: userInfo().username,
		now: Math.floor(Date.now() / 1000),
		limits: { msize: command.msize },
		...(command.log ? { log: (line) => process.stderr.write(`${line}\n`) } : {}),
	});
	const listeners: Listener[] = [];
	try {
		for (const place of command.places) listeners.push(await open(server, place, command.trace));
		for (const { address } of listeners) announce(address);
		await stopped;
	} finally {
		for (const listener of listeners) await listener.close();
	}
	return 0;
}

async function open(server: Server, place: Place, trace: boolean): Promise<Listener> {
	try {
		const options = { linux: place.linux, keepAliveMs: 60_000 };
		return await listen(server, place.address, trace ? { ...options, tracer } : options);
	} catch (e) {
		const why = (e as NodeJS.ErrnoException).code ?? (e as Error).message;
		const said = why === "EADDRINUSE" ? "address in use" : why;
		throw new Mistake(`dchan: can't listen on ${formatDial(place.address)}: ${said}`, 1);
	}
}

function announce(address: Address): void {
	process.stdout.write(`listening on ${formatDial(address)}\n`);
	if (address.net !== "tcp") return;
	const host = address.host === "" ? "127.0.0.1" : address.host;
	process.stdout.write(
		`mount with: mount -t 9p -o trans=tcp,port=${address.port},sync,cache=none ${host} /mnt\n`,
	);
}

let connections = 0;

// Prints the messages of one connection after another (`-D`).
function tracer(): Tracer {
	const conn = connections++;
	return (direction, buf, from, to) => {
		const side = direction === "T" ? "C" : "S";
		process.stderr.write(`${traceLine(process.uptime(), conn, side, buf, from, to)}\n`);
	};
}

function version(): string {
	const file = new URL("../../package.json", import.meta.url);
	return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

const invoked = process.argv[1];
if (invoked !== undefined && import.meta.url === pathToFileURL(realpathSync(invoked)).href) {
	process.exitCode = await main(process.argv.slice(2));
}
