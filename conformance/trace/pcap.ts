// Packets for Wireshark and tshark: the bytes of connections in made-up Ethernet, IP and TCP, so
// that `tshark -d tcp.port==N,9p` decodes them. Bytes in, bytes out.

import { encode, sizeOf } from "../../src/9p/fcall.gen.ts";
import { headerOf, type Message, type Side, type Trace } from "./format.ts";

/** What comes first in a file of packets. */
export function pcapHeader(): Buffer {
	const b = Buffer.alloc(24);
	b.writeUInt32LE(0xa1b2c3d4, 0);
	b.writeUInt16LE(2, 4);
	b.writeUInt16LE(4, 6);
	b.writeUInt32LE(262144, 16);
	b.writeUInt32LE(1, 20); // Ethernet
	return b;
}

/** One connection to the server at `port`, as packets. Seconds are since the epoch. */
export class Flow {
	private readonly port: number;
	private readonly clientPort: number;
	/** The next sequence number of each side. */
	private readonly seq = { C: 0, S: 0 };

	constructor(port: number, conn: number) {
		this.port = port;
		this.clientPort = 10000 + (conn % 50000);
	}

	open(seconds: number): Buffer {
		const syn = this.packet("C", SYN, EMPTY, seconds);
		this.seq.C = 1;
		const synAck = this.packet("S", SYN | ACK, EMPTY, seconds);
		this.seq.S = 1;
		return Buffer.concat([syn, synAck, this.packet("C", ACK, EMPTY, seconds)]);
	}

	data(side: Side, bytes: Buffer, seconds: number): Buffer {
		const packets: Buffer[] = [];
		for (let at = 0; at < bytes.length; at += SEGMENT) {
			const part = bytes.subarray(at, at + SEGMENT);
			packets.push(this.packet(side, ACK | PSH, part, seconds));
			this.seq[side] = (this.seq[side] + part.length) >>> 0;
		}
		return Buffer.concat(packets);
	}

	close(seconds: number): Buffer {
		const fin = this.packet("C", FIN | ACK, EMPTY, seconds);
		this.seq.C = (this.seq.C + 1) >>> 0;
		const back = this.packet("S", FIN | ACK, EMPTY, seconds);
		this.seq.S = (this.seq.S + 1) >>> 0;
		return Buffer.concat([fin, back, this.packet("C", ACK, EMPTY, seconds)]);
	}

	private packet(side: Side, flags: number, payload: Buffer, seconds: number): Buffer {
		const fromClient = side === "C";
		const b = Buffer.alloc(16 + 14 + 20 + 20 + payload.length);
		const whole = Math.floor(seconds);
		b.writeUInt32LE(whole, 0);
		b.writeUInt32LE(Math.min(999999, Math.round((seconds - whole) * 1e6)), 4);
		b.writeUInt32LE(b.length - 16, 8);
		b.writeUInt32LE(b.length - 16, 12);
		b.writeUInt16BE(0x0202, 16 + (fromClient ? 0 : 6)); // the server's address, locally made
		b.writeUInt16BE(0x0206, 16 + (fromClient ? 6 : 0));
		b.writeUInt16BE(0x0800, 28);
		const ip = b.subarray(30);
		ip[0] = 0x45;
		ip.writeUInt16BE(ip.length, 2);
		ip[8] = 64;
		ip[9] = 6;
		ip.writeUInt32BE(fromClient ? CLIENT : SERVER, 12);
		ip.writeUInt32BE(fromClient ? SERVER : CLIENT, 16);
		ip.writeUInt16BE(checksum(ip.subarray(0, 20), 0), 10);
		const tcp = ip.subarray(20);
		tcp.writeUInt16BE(fromClient ? this.clientPort : this.port, 0);
		tcp.writeUInt16BE(fromClient ? this.port : this.clientPort, 2);
		tcp.writeUInt32BE(this.seq[side], 4);
		if ((flags & ACK) !== 0) tcp.writeUInt32BE(this.seq[fromClient ? "S" : "C"], 8);
		tcp[12] = 0x50;
		tcp[13] = flags;
		tcp.writeUInt16BE(0xffff, 14);
		payload.copy(tcp, 20);
		// The pseudo header: both addresses, the protocol, the length.
		const pseudo = sum(ip.subarray(12, 20)) + 6 + tcp.length;
		tcp.writeUInt16BE(checksum(tcp, pseudo), 16);
		return b;
	}
}

/** A whole trace as a file of packets, to and from `port`. */
export function pcapOf(trace: Trace, port: number): Buffer {
	const base = (Date.parse(headerOf(trace, "date") ?? "") || 0) / 1000;
	const flows = new Map<number, Flow>();
	const out = [pcapHeader()];
	for (const e of trace.entries) {
		if (e.kind !== "message" && e.kind !== "open" && e.kind !== "close") continue;
		const seconds = base + e.seconds;
		let flow = flows.get(e.conn);
		if (flow === undefined) {
			flow = new Flow(port, e.conn);
			flows.set(e.conn, flow);
			out.push(flow.open(seconds));
		}
		if (e.kind === "message") out.push(flow.data(e.side, bytesOf(e), seconds));
		else if (e.kind === "close") out.push(flow.close(seconds));
	}
	return Buffer.concat(out);
}

/** The bytes of a recorded message. */
export function bytesOf(m: Message): Buffer {
	if (m.fcall === null) return m.raw?.bytes ?? EMPTY;
	const b = Buffer.alloc(sizeOf(m.fcall));
	encode(m.fcall, b, 0);
	return b;
}

const EMPTY = Buffer.alloc(0);
const SEGMENT = 60000; // an IP packet has at most 65535 bytes
const CLIENT = 0x0a000002;
const SERVER = 0x0a000001;
const FIN = 1;
const SYN = 2;
const PSH = 8;
const ACK = 16;

function sum(b: Buffer): number {
	let n = 0;
	for (let i = 0; i + 1 < b.length; i += 2) n += b.readUInt16BE(i);
	return b.length % 2 === 0 ? n : n + ((b.at(-1) as number) << 8);
}

// RFC 1071.
function checksum(b: Buffer, more: number): number {
	let n = sum(b) + more;
	while (n > 0xffff) n = (n & 0xffff) + (n >>> 16);
	return ~n & 0xffff;
}
