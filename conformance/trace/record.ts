// A proxy that writes down what passes. It hands on bytes as they come, whatever they are; frames
// are cut out of a copy, for the record only.

import net from "node:net";
import type { Address } from "../../src/dial.ts";
import { Cutter } from "./cut.ts";
import { type Entry, messageOf, type Side } from "./format.ts";
import { Flow, pcapHeader } from "./pcap.ts";

export interface RecordOptions {
	/** Hears of every message, event and mark. */
	entry: (e: Entry) => void;
	/** Takes the bytes of a file of packets. */
	pcap?: (bytes: Buffer) => void;
}

export interface Recording {
	/** Where it listens; a port 0 has become a real one. */
	readonly address: Address;
	mark(text: string): void;
	/** Ends all connections and stops. */
	close(): Promise<void>;
}

/**
 * Listens, and records all connections made there on their way to `target`. Rejects with node's
 * error.
 */
export async function record(
	at: Address,
	target: Address,
	options: RecordOptions,
): Promise<Recording> {
	const start = performance.now();
	const epoch = Date.now() / 1000;
	const seconds = () => (performance.now() - start) / 1000;
	const port = at.net === "tcp" ? at.port : 564;
	const sockets = new Set<net.Socket>();
	let conns = 0;
	let server: net.Server;
	options.pcap?.(pcapHeader());

	const accept = (client: net.Socket) => {
		const conn = conns++;
		const flow = new Flow(portOf(server) ?? port, conn);
		const now = () => epoch + seconds();
		options.entry({ kind: "open", line: 0, seconds: seconds(), conn });
		options.pcap?.(flow.open(now()));
		const remote = net.connect({ ...where(target), allowHalfOpen: true });
		const cutters = { C: new Cutter(), S: new Cutter() };
		const note = (side: Side, pieces: ReturnType<Cutter["feed"]>) => {
			for (const { bytes, why } of pieces) {
				options.entry(messageOf({ line: 0, seconds: seconds(), conn, side }, bytes, why));
			}
		};
		const tap = (side: Side) => (chunk: Buffer) => {
			options.pcap?.(flow.data(side, chunk, now()));
			note(side, cutters[side].feed(chunk));
		};
		let open = true;
		const closed = () => {
			if (!open) return;
			open = false;
			options.entry({ kind: "close", line: 0, seconds: seconds(), conn });
			options.pcap?.(flow.close(now()));
		};
		for (const socket of [client, remote]) {
			sockets.add(socket);
			socket.setNoDelay(true);
			socket.on("error", () => {}); // "close" follows
		}
		client.on("end", () => {
			note("C", cutters.C.end());
			closed();
		});
		carry(client, remote, tap("C"));
		carry(remote, client, tap("S"));
		for (const socket of [client, remote]) {
			socket.on("close", () => {
				note(socket === client ? "C" : "S", cutters[socket === client ? "C" : "S"].end());
				closed();
				sockets.delete(socket);
			});
		}
	};
	server = net.createServer({ allowHalfOpen: true, noDelay: true }, accept);
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(where(at), resolve);
	});
	const real = portOf(server);
	return {
		address: at.net === "tcp" && real !== undefined ? { ...at, port: real } : at,
		mark: (text) => options.entry({ kind: "mark", line: 0, text: text.trim() }),
		async close() {
			const done = new Promise((resolve) => server.close(resolve));
			for (const socket of sockets) socket.destroy();
			await done;
		},
	};
}

// Hands on what comes in, and its end, at the pace of whoever takes it.
function carry(from: net.Socket, to: net.Socket, tap: (chunk: Buffer) => void): void {
	from.on("data", (chunk: Buffer) => {
		tap(chunk);
		if (!to.write(chunk)) {
			from.pause();
			to.once("drain", () => from.resume());
		}
	});
	from.on("end", () => to.end());
	from.on("close", () => to.destroySoon());
}

function where(a: Address): { path: string } | { port: number; host?: string } {
	if (a.net === "unix") return { path: a.path };
	return a.host === "" ? { port: a.port } : { port: a.port, host: a.host };
}

function portOf(server: net.Server): number | undefined {
	const bound = server.address();
	return bound !== null && typeof bound === "object" ? bound.port : undefined;
}
