// Unix sockets by name: where plan9port's tools look for services (intro(4), getns(3) there), and
// what to do with a socket that is there already. It serves nothing.

import { chmodSync, lstatSync, mkdirSync, statSync, unlinkSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";

/** The name space's directory: $NAMESPACE, else /tmp/ns.$USER.$DISPLAY as getns(3) has it. */
export function namespaceDir(env: NodeJS.ProcessEnv, user: string): string {
	const given = env["NAMESPACE"];
	if (given !== undefined && given !== "") return given;
	const display = (env["DISPLAY"] || ":0").replace(/(:\d*)\.0$/, "$1").replaceAll("/", "_");
	return `/tmp/ns.${user}.${display}`;
}

/**
 * The path to post `srvname` at, its directory made (mode 0700) if need be. Throws an Error that
 * says what is wrong with the directory: one that others may write is not safe to post in.
 */
export function postPath(srvname: string, dir: string): string {
	try {
		mkdirSync(dir, { recursive: true, mode: 0o700 });
	} catch (e) {
		throw new Error(`can't make the directory ${dir}: ${(e as NodeJS.ErrnoException).code}`);
	}
	const { uid, mode } = statSync(dir);
	if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
		throw new Error(`${dir} belongs to somebody else or is writable by others: set NAMESPACE`);
	}
	return join(dir, srvname);
}

/**
 * Removes a socket that nobody listens on. Throws an Error if somebody does, or if it is no
 * socket.
 */
export async function clearStale(path: string): Promise<void> {
	const there = lstatSync(path, { throwIfNoEntry: false });
	if (there === undefined) return;
	if (!there.isSocket()) throw new Error(`${path} is there and is not a socket`);
	if (await answers(path)) throw new Error(`${path} is served already`);
	unlinkSync(path);
}

/** For the owner only. */
export function makePrivate(path: string): void {
	chmodSync(path, 0o600);
}

function answers(path: string): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = net.connect({ path });
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
		// Refused is stale; anything else (no permission, say) may well be alive.
		socket.once("error", (e: NodeJS.ErrnoException) => resolve(e.code !== "ECONNREFUSED"));
	});
}
