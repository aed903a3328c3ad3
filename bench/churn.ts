// Clients that connect, die and flush all the time, beside the load of a soak. One of them stays
// and reads a channel; the others write to it, take writes back, and leave in every way there is.
// What was answered must arrive, what was taken back must not, and nothing arrives twice.

import { OREAD, OWRITE, Tclunk, Tread, Tremove, Twrite, u32, u64, Wire } from "./wire.ts";

/** Runs for `seconds` and says how much happened; throws when a message is lost or too many. */
export async function churn(port: number, seconds: number): Promise<Record<string, number>> {
	const reader = await Wire.dial(port);
	const name = `churn.${process.pid}`;
	await reader.create(name);
	const ledger = new Ledger();
	const reading = readAll(reader, await reader.open(name, OREAD), ledger);
	const deadline = performance.now() + seconds * 1000;
	let clients = 0;
	while (performance.now() < deadline) {
		const crowd = Array.from({ length: 8 }, () => visit(port, name, clients++, ledger));
		await Promise.race([Promise.all(crowd), reading]);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	const fid = await reader.open(name, OREAD);
	await reader.ask(Tremove, u32(fid));
	await reading;
	reader.die();
	return { clients, ...ledger.check() };
}

const ARRIVED = 1;
const ANSWERED = 2;
const FLUSHED = 4;

/** What became of each message, by its number: a byte each, for a soak has millions. */
export class Ledger {
	#marks = new Uint8Array(1 << 16);
	#end = 0;

	arrived(number: number): void {
		if (this.#mark(number, ARRIVED) & ARRIVED) throw new Error(`message ${number} came twice`);
	}

	answered(number: number): void {
		this.#mark(number, ANSWERED);
	}

	flushed(number: number): void {
		this.#mark(number, FLUSHED);
	}

	/** Throws unless all that was answered has arrived, and nothing that was flushed. */
	check(): { answered: number; flushed: number } {
		const counts = { answered: 0, flushed: 0 };
		for (let number = 0; number < this.#end; number++) {
			const mark = this.#marks[number] as number;
			if (mark === ANSWERED) throw new Error(`message ${number} was answered and never came`);
			if (mark === (FLUSHED | ARRIVED)) throw new Error(`message ${number} came though flushed`);
			if (mark & ANSWERED) counts.answered++;
			if (mark & FLUSHED) counts.flushed++;
		}
		return counts;
	}

	/** Marks a message and returns its marks before. */
	#mark(number: number, mark: number): number {
		if (number >= this.#marks.length) {
			const more = new Uint8Array(Math.max(number + 1, this.#marks.length * 2));
			more.set(this.#marks);
			this.#marks = more;
		}
		this.#end = Math.max(this.#end, number + 1);
		const before = this.#marks[number] as number;
		this.#marks[number] = before | mark;
		return before;
	}
}

const writesEach = 16;

/** Reads until end of file. Eight reads wait at a time; the last of them is taken back. */
async function readAll(wire: Wire, fid: number, ledger: Ledger): Promise<void> {
	for (let ended = false; !ended; ) {
		const reads = Array.from({ length: 8 }, () => wire.start(Tread, u32(fid), u64(0), u32(64)));
		await wire.flush((reads.at(-1) as { tag: number }).tag);
		for (const { reply } of reads) {
			const body = await reply;
			if (body === null) continue;
			if (body.readUInt32LE(0) === 0) ended = true;
			else ledger.arrived(body.readUInt32LE(4));
		}
	}
}

/** One client: some writes, one of them taken back, then it leaves: politely, or by dying. */
async function visit(port: number, name: string, client: number, ledger: Ledger): Promise<void> {
	const wire = await Wire.dial(port);
	const fid = await wire.open(name, OWRITE);
	const writes = Array.from({ length: writesEach }, (_, i) => {
		const number = client * writesEach + i;
		return { number, ...wire.start(Twrite, u32(fid), u64(0), u32(4), u32(number)) };
	});
	const dies = client % 3 === 0;
	const settled = Promise.all(
		writes.map(async ({ number, reply }) => {
			// nobody knows what became of a write whose client died
			const body = await (dies ? reply.catch(() => undefined) : reply);
			if (body === null) ledger.flushed(number);
			else if (body !== undefined) ledger.answered(number);
		}),
	);
	await wire.flush((writes.at(-1) as { tag: number }).tag);
	if (!dies) {
		await settled;
		await wire.ask(Tclunk, u32(fid));
	}
	wire.die();
	await settled;
}
