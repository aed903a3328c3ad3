// What other clients do beside the measured load, in a process of its own on the generator's core.
// Run it compiled: crowd.js fill|list|churn PORT NUMBER. The number is that of channels for fill,
// of seconds for the others. Prints one line of JSON; any surprise ends it with a status.

import { fileURLToPath } from "node:url";
import { churn } from "./churn.ts";
import { output, start } from "./machine.ts";
import { OREAD, rootFid, Tclunk, Topen, Tread, Twalk, u16, u32, u64, Wire } from "./wire.ts";

/** What a crowd does: it makes channels, reads directory and ctl over and over, comes and goes. */
export type Act = "fill" | "list" | "churn";

/** Starts a crowd; what it printed, parsed, when it has ended. */
export function startCrowd(
	act: Act,
	port: number,
	amount: number,
): { readonly ended: Promise<Record<string, number>> } {
	const args = [fileURLToPath(import.meta.url), act, String(port), String(amount)];
	const ended = output(start("load", process.execPath, args), `crowd ${act}`);
	return { ended: ended.then((line) => JSON.parse(line)) };
}

async function main(act: string, port: number, amount: number): Promise<Record<string, number>> {
	switch (act) {
		case "fill":
			return fill(port, amount);
		case "list":
			return list(port, amount);
		case "churn":
			return churn(port, amount);
		default:
			throw new Error("usage: crowd.js fill|list|churn PORT NUMBER");
	}
}

async function fill(port: number, channels: number): Promise<Record<string, number>> {
	const wire = await Wire.dial(port);
	const window = 64;
	for (let made = 0; made < channels; made += window) {
		const names = Array.from({ length: Math.min(window, channels - made) }, (_, i) => made + i);
		await Promise.all(names.map((name) => wire.create(`other.${name}`)));
	}
	wire.die();
	return { channels };
}

/** Reads the whole root and the whole of ctl, by turns. */
async function list(port: number, seconds: number): Promise<Record<string, number>> {
	const wire = await Wire.dial(port, 1 << 20);
	const deadline = performance.now() + seconds * 1000;
	const bytes = { directory: 0, ctl: 0, rounds: 0 };
	while (performance.now() < deadline) {
		bytes.directory = await readAll(wire, []);
		bytes.ctl = await readAll(wire, ["ctl"]);
		bytes.rounds++;
	}
	wire.die();
	return bytes;
}

async function readAll(wire: Wire, path: readonly string[]): Promise<number> {
	const fid = path.length > 0 ? await wire.open(path[0] as string, OREAD) : await openRoot(wire);
	const count = 65536 - 24;
	let offset = 0;
	for (let n = -1; n !== 0; offset += n) {
		const reply = await wire.ask(Tread, u32(fid), u64(offset), u32(count));
		n = reply.readUInt32LE(0);
	}
	await wire.ask(Tclunk, u32(fid));
	return offset;
}

async function openRoot(wire: Wire): Promise<number> {
	const fid = wire.newFid();
	await wire.ask(Twalk, u32(rootFid), u32(fid), u16(0));
	await wire.ask(Topen, u32(fid), Uint8Array.of(OREAD));
	return fid;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const [act = "", port, amount] = process.argv.slice(2);
	console.log(JSON.stringify(await main(act, Number(port), Number(amount))));
	process.exit(0);
}
