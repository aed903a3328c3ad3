// The arguments of the serving command: what they may be, and the text that says so. It does
// nothing.

import { parseArgs } from "node:util";
import { type Address, parseDial } from "./dial.ts";
import type { LinuxMode } from "./session.ts";
import { DEFAULT_LIMITS, type Limits } from "./stats.ts";

export const USAGE = "Usage: dchan [-D] [-d] [-s srvname] [-m mptp] [-a addr]";
export const DEFAULT_ADDRESS = "tcp!127.0.0.1!6666";

/** Where to listen, and for whom. */
export interface Place {
	address: Address;
	linux: LinuxMode;
}

export interface ServeOptions {
	places: Place[];
	/** Name to post (`-s`). */
	srvname: string | null;
	/** Where to mount (`-m`). */
	mountpoint: string | null;
	log: boolean;
	trace: boolean;
	keepAliveMs: number;
	limits: Partial<Limits>;
}

/** A command line that can't be: what is wrong, and the exit status it deserves. */
export class Mistake extends Error {
	readonly status: number;

	constructor(message: string, status: number) {
		super(message);
		this.status = status;
	}
}

interface LimitFlag {
	flag: string;
	limit: keyof Limits;
	least: number;
	most: number;
	what: string;
}

const K = 1 << 10;
const M = 1 << 20;
const G = 1 << 30;

const LIMIT_FLAGS: readonly LimitFlag[] = [
	{ flag: "msize", limit: "msize", least: 256, most: 64 * M, what: "largest 9P message, bytes" },
	{ flag: "connections", limit: "connections", least: 1, most: M, what: "connections at once" },
	{ flag: "fids", limit: "fids", least: 1, most: M, what: "fids of a connection" },
	{
		flag: "requests",
		limit: "requests",
		least: 1,
		most: 65535,
		what: "blocked requests of a connection",
	},
	{ flag: "files", limit: "files", least: 0, most: 16 * M, what: "channels and directories" },
	{ flag: "capacity", limit: "capacity", least: 0, most: G, what: "largest size of a channel" },
	{ flag: "channel-bytes", limit: "channelBytes", least: 1, most: G, what: "queued in a channel" },
	{
		flag: "queued-bytes",
		limit: "serverBytes",
		least: 0,
		most: 64 * G,
		what: "queued in all channels",
	},
	{
		flag: "blocked-bytes",
		limit: "connectionWriteBytes",
		least: 0,
		most: G,
		what: "held by blocked writes of a connection",
	},
	{
		flag: "all-blocked-bytes",
		limit: "serverWriteBytes",
		least: 0,
		most: 64 * G,
		what: "held by all blocked writes",
	},
	{
		flag: "rest-bytes",
		limit: "restBytes",
		least: 0,
		most: G,
		what: "kept of messages read in part, a connection",
	},
	{
		flag: "unsent-bytes",
		limit: "unsent",
		least: K,
		most: G,
		what: "replies that wait, a connection",
	},
	{
		flag: "buffer-bytes",
		limit: "bufferBytes",
		least: K,
		most: 64 * G,
		what: "buffers of all connections",
	},
	{
		flag: "snapshot-bytes",
		limit: "snapshotBytes",
		least: K,
		most: 64 * G,
		what: "what readers of ctl and directories hold",
	},
];

export const HELP = `${USAGE}
       dchan ls|stat|create|read|write|rm|ctl --addr ADDR ...   (dchan ls --help)
       dchan trace record|show|replay ...                       (dchan trace --help)
       dchan conformance kernel [--kernel 6.1|6.12|PATH] [--target ADDR] ...
Serves channels as files over 9P2000.

  -a ADDR      listen there: tcp!HOST!PORT, tcp!*!PORT, tcp![::1]!9fs, unix!PATH;
               repeatable (without -a, -s and -m: ${DEFAULT_ADDRESS})
  -s SRVNAME   post a Unix socket of that name, for plan9port's tools and trans=unix
  -m MPTP      mount there, with the Linux kernel as root, else with 9pfuse
  -d           log what the server does
  -D           print every message
  --linux=MODE whether the -a after it serve Linux kernels: auto, always, never
  --keepalive=SECONDS  silence before TCP asks for the peer (60; 0: never)
  --help, --version

Limits (and their defaults):
${LIMIT_FLAGS.map(limitHelp).join("")}`;

/** Reads the arguments; throws a Mistake. */
export function parseServe(argv: string[]): ServeOptions | "help" | "version" {
	const options: ServeOptions = {
		places: [],
		srvname: null,
		mountpoint: null,
		log: false,
		trace: false,
		keepAliveMs: 60_000,
		limits: {},
	};
	let linux: LinuxMode = "auto";
	for (const token of tokens(argv)) {
		if (token.kind !== "option") throw new Mistake(USAGE, 2);
		const { name } = token;
		const value = token.value ?? "";
		if (name === "help" || name === "version") return name;
		if (name === "d") options.log = true;
		else if (name === "D") options.trace = true;
		else if (name === "a") options.places.push({ address: parseAddress(value), linux });
		else if (name === "s") options.srvname = srvname(value);
		else if (name === "m") options.mountpoint = value;
		else if (name === "linux") linux = linuxMode(value);
		else if (name === "keepalive") options.keepAliveMs = number(name, value, 0, 86400) * 1000;
		else setLimit(options.limits, name, value);
	}
	if (options.places.length === 0 && options.srvname === null && options.mountpoint === null) {
		options.places.push({ address: parseAddress(DEFAULT_ADDRESS), linux });
	}
	return options;
}

/** The address of a dial string; throws a Mistake. */
export function parseAddress(dial: string): Address {
	const address = parseDial(dial);
	if (typeof address === "string") throw new Mistake(`dchan: ${address}`, 1);
	return address;
}

function tokens(argv: string[]) {
	const flag = { type: "boolean" } as const;
	const value = { type: "string" } as const;
	const limits = Object.fromEntries(LIMIT_FLAGS.map((f) => [f.flag, value]));
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
				linux: value,
				keepalive: value,
				...limits,
				help: flag,
				version: flag,
			},
		}).tokens;
	} catch (e) {
		throw new Mistake(`dchan: ${(e as Error).message.split(". ")[0]}\n${USAGE}`, 2);
	}
}

function limitHelp({ flag, limit, what }: LimitFlag): string {
	const option = `  --${flag}=N`;
	return `${option.padEnd(24)}${what} (${DEFAULT_LIMITS[limit]})\n`;
}

function setLimit(limits: Partial<Limits>, name: string, value: string): void {
	const f = LIMIT_FLAGS.find(({ flag }) => flag === name) as LimitFlag;
	limits[f.limit] = number(name, value, f.least, f.most);
}

function number(name: string, value: string, least: number, most: number): number {
	const n = /^[0-9]+$/.test(value) ? Number(value) : Number.NaN;
	if (n >= least && n <= most) return n;
	throw new Mistake(
		`dchan: --${name}=${value}: a number from ${least} to ${most} is needed\n${USAGE}`,
		2,
	);
}

function linuxMode(value: string): LinuxMode {
	if (value === "auto" || value === "always" || value === "never") return value;
	throw new Mistake(`dchan: --linux=${value}: auto, always or never is needed\n${USAGE}`, 2);
}

function srvname(value: string): string {
	if (value !== "" && !value.includes("/")) return value;
	throw new Mistake(`dchan: -s ${value}: a name without / is needed\n${USAGE}`, 2);
}
