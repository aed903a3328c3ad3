// One connection of a replay: its socket, its names, and what can be learned from them about
// requests that the server has not answered.

import { type Fcall, Tflush } from "../../src/9p/fcall.gen.ts";
import type { Address } from "../../src/dial.ts";
import { Names, type Request } from "./names.ts";
import { Peer } from "./peer.ts";

export class Link {
	readonly peer: Peer;
	readonly names = new Names();
	/** There is a session, so probes are understood. */
	session = false;

	static async dial(address: Address): Promise<Link> {
		return new Link(await Peer.dial(address));
	}

	private constructor(peer: Peer) {
		this.peer = peer;
	}

	/**
	 * A Tflush of nothing: when its Rflush is here, all that was sent before it has been looked at,
	 * and what could be answered is answered (flush(5)).
	 */
	async probe(timeoutMs: number): Promise<void> {
		if (!this.session || this.peer.closed) return;
		const tag = this.names.freeTag();
		this.peer.send({ type: Tflush, tag, oldtag: this.names.freeTag(tag) });
		await this.peer.take(tag, timeoutMs);
	}

	/** Whether something was sent that is not answered. */
	get waits(): boolean {
		return this.names.requests.some((r) => !r.answered && !r.skipped);
	}

	/** Requests that the recording has not answered by now, but the server has, and its answers. */
	async early(which: (r: Request) => boolean, timeoutMs: number): Promise<[Request, Fcall][]> {
		const blocked = this.names.requests.filter(
			(r) => r.recordedAnswer === null && !r.answered && !r.skipped && !r.flushed && which(r),
		);
		if (blocked.length > 0) await this.probe(timeoutMs);
		const found: [Request, Fcall][] = [];
		for (const r of blocked) {
			const got = this.peer.taken(r.playedTag);
			if (got === undefined) continue;
			this.names.answer(r, got);
			found.push([r, got]);
		}
		return found;
	}
}
