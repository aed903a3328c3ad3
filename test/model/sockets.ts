// A server on a real socket for the commands, and its connections. After each event a Tflush goes
// round: what it is answered after has come.

import type { Fcall } from "../../src/9p/fcall.gen.ts";
import * as p9 from "../../src/9p/fcall.gen.ts";
import type { Address } from "../../src/dial.ts";
import { listen } from "../../src/transport.ts";
import { RawSocket, until } from "../sockets.ts";
import { newServer } from "../wire.ts";
import { Journal } from "./journal.ts";
import type { Setting } from "./memory.ts";
import type { Real } from "./run.ts";
import { type Link, OWNER, World, type Worldly } from "./world.ts";

const BARRIER = 0xfefe;

/** A connection that is not made before it is needed. */
class Plug implements Link {
	private readonly address: Address;
	private readonly gone: () => boolean;
	private raw: RawSocket | null = null;
	private unsent: Fcall[] = [];
	closed = false;

	constructor(address: Address, gone: () => boolean) {
		this.address = address;
		this.gone = gone;
	}

	send(...messages: Fcall[]): void {
		this.unsent.push(...messages);
	}

	replies(): Fcall[] {
		return this.raw?.replies.splice(0) ?? [];
	}

	turn(): void {
		throw new Error("a socket's buffers are too large to stall it");
	}

	close(): void {
		this.closed = true;
	}

	/** All that was sent has been looked at, and its replies have come. */
	async settle(): Promise<void> {
		if (this.raw === null) {
			this.raw = await RawSocket.connect(this.address);
			this.raw.read();
		}
		const { raw } = this;
		if (this.closed) {
			raw.socket.destroy();
			return until(this.gone);
		}
		raw.send(...this.unsent, { type: p9.Tflush, tag: BARRIER, oldtag: BARRIER });
		this.unsent = [];
		const before = () => raw.replies.some((m) => m.tag === BARRIER);
		for (let n = 1; !before(); n++) await raw.until(n);
		raw.replies.splice(
			raw.replies.findIndex((m) => m.tag === BARRIER),
			1,
		);
	}
}

/** A world on a socket. */
export async function onSocket(
	address: Address,
	setting: Setting,
): Promise<Real & { end(): Promise<void> }> {
	const server = newServer({ uname: OWNER, limits: setting.server });
	const journal = new Journal();
	const gone = new Set<number>();
	const closers = new Map<number, () => void>();
	const listener = await listen(server, address, {
		tracer: (id) => {
			const { tracer, closed } = journal.connection();
			closers.set(id, closed);
			return tracer;
		},
		closed: (id) => {
			closers.get(id)?.();
			gone.add(id);
		},
	});
	let made = 0;
	const link = () => {
		const id = made++;
		return new Plug(listener.address, () => gone.has(id));
	};
	const place: Worldly = { server, journal, link, stalls: false };
	const world = new World(place, setting.model, setting.names);
	const rest = async (from: object | undefined) => {
		await (from as Plug).settle();
		for (const other of world.open()) if (other !== from) await (other as Plug).settle();
	};
	await rest(world.open()[0]);
	world.open()[0]?.replies();
	return { world, place, rest, end: () => listener.close() };
}
