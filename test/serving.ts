// Servers on real sockets and clients of them, for one test each: what a test opens is closed at
// its end.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import type { Client, ClientFid, ClientOptions } from "../src/client.ts";
import type { Address } from "../src/dial.ts";
import type { Server, ServerOptions } from "../src/server.ts";
import { dial, type Listener, type ListenOptions, listen } from "../src/transport.ts";
import { newServer } from "./wire.ts";

const MIB = 1 << 20;

let dir: string;
let undo: (() => unknown)[] = [];

/** To be called once by a test file. */
export function cleanUp(): void {
	vi.setConfig({ testTimeout: 60_000 }); // against hanging, however busy the machine
	beforeEach(() => {
		dir = mkdtempSync(join(tmpdir(), "dchan-"));
		undo = [() => rmSync(dir, { recursive: true })];
	});
	afterEach(async () => {
		for (const step of undo.reverse()) await step();
	});
}

/** The path of a socket to be. */
export function path(name: string): string {
	return join(dir, name);
}

/** A server that listens, until the test ends. */
export async function serve(options: ServerOptions, address: Address, how: ListenOptions = {}) {
	const server: Server = newServer(options);
	const listener = await listen(server, address, how);
	undo.push(() => listener.close().catch(() => {}));
	return { server, listener };
}

/** A client with a fid on the root, until the test ends. */
export async function join9p(
	address: Address,
	options: ClientOptions = {},
): Promise<{ client: Client; root: ClientFid }> {
	const client = await dial(address, options);
	undo.push(() => client.close());
	return { client, root: await client.attach("glenda") };
}

/** A client that agrees to large messages. */
export function big(listener: Listener) {
	return join9p(listener.address, { msize: MIB });
}

/** A fid open on a new channel; `root` stays. */
export async function channel(root: ClientFid, name: string, mode: number): Promise<ClientFid> {
	const fid = await root.walk([]);
	await fid.create(name, 0o666, mode);
	return fid;
}

/** A fid open on what there is. */
export async function open(root: ClientFid, name: string, mode: number): Promise<ClientFid> {
	const fid = await root.walk([name]);
	await fid.open(mode);
	return fid;
}
