// A client of 9P2000: the session from the other side. Promises are its own affair; bytes come and
// go by a pipe that it is given. It knows nothing of sockets and clocks.

import { IOHDRSZ, NOFID, Rerror, Tattach, Tversion, VERSION9P } from "./9p/fcall.gen.ts";
import { type CallOptions, Calls, type CallsOptions, type Pipe, RequestRefused } from "./calls.ts";
import { ClientFid, FidNumbers } from "./clientfid.ts";

export type { CallOptions, Pipe } from "./calls.ts";
export { ConnectionLost, RequestCancelled, RequestRefused } from "./calls.ts";
export type { ClientFid } from "./clientfid.ts";

export interface ClientOptions extends CallsOptions {
	/** What to propose (9P2000). */
	version?: string;
	/** Number of the first fid (1). */
	firstFid?: number;
}

export class Client extends Calls {
	private readonly fids: FidNumbers;

	private constructor(connect: (to: Calls) => Pipe, options: ClientOptions) {
		super(connect, options);
		this.fids = new FidNumbers(options.firstFid ?? 1);
	}

	/**
	 * A client with a session (version(5)). `connect` returns the pipe to the server, and sees to it
	 * that what comes back goes to `receive` of its argument, and the end to `lost`.
	 */
	static async open(connect: (to: Calls) => Pipe, options: ClientOptions = {}): Promise<Client> {
		const client = new Client(connect, options);
		const version = options.version ?? VERSION9P;
		try {
			const r = await client.version(version);
			if (r.type === Rerror) throw new RequestRefused(Tversion, r.ename);
			if (r.version !== version && r.version !== VERSION9P) {
				throw new Error(`the server does not speak ${version}: it answered ${r.version}`);
			}
			if (r.msize <= IOHDRSZ) throw new Error(`the server's msize is too small: ${r.msize}`);
		} catch (e) {
			client.close();
			throw e;
		}
		return client;
	}

	/** A fid on the root of the tree `aname`, as `uname` (attach(5)). */
	async attach(uname: string, aname = "", options: CallOptions = {}): Promise<ClientFid> {
		const fid = this.fids.take();
		try {
			const m = { type: Tattach, fid, afid: NOFID, uname, aname } as const;
			const { qid } = await this.call(m, options);
			return new ClientFid(this, this.fids, fid, qid);
		} catch (e) {
			this.fids.free(fid);
			throw e;
		}
	}
}
