// A fid: one client's hold on a file, and what the file keeps for it between requests. Data only.

import type { Qid } from "./9p/fcall.gen.ts";
import type { CtlWriter } from "./ctl.ts";
import type { DirRead } from "./dirread.ts";
import type { LinuxFid } from "./linux.ts";
import type { Node } from "./node.ts";
import { NOT_OPEN, type SessionFid } from "./session.ts";
import type { Message } from "./store.ts";

export class Fid implements SessionFid {
	readonly fid: number;
	readonly uname: string;
	node: Node;
	mode = NOT_OPEN;
	blocked = 0;
	/** How many of the blocked requests are reads. */
	reads = 0;
	removeOnClose = false;
	/** The rest of a message that was read in part, from `restAt` on (CH-8). */
	rest: Message | null = null;
	restAt = 0;
	/** Only on Linux connections, and only for channels and ctl. */
	linux: LinuxFid | null = null;
	dir: DirRead | null = null;
	ctl: CtlWriter | null = null;
	/** What ctl said when this fid first read it. */
	snapshot: Buffer | null = null;
	/** Memory that its snapshot of ctl or of a directory takes, and a held line of ctl. */
	snapshotBytes = 0;

	constructor(fid: number, uname: string, node: Node) {
		this.fid = fid;
		this.uname = uname;
		this.node = node;
	}

	get qid(): Qid {
		return this.node.qid;
	}
}
