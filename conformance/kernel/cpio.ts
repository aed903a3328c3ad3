/**
 * A cpio archive in the "newc" format, which is what the Linux kernel unpacks as its first root
 * (Documentation/driver-api/early-userspace/buffer-format). It knows nothing of what it packs.
 */

/** One member of an archive. `data` is a file's content or a link's target. */
export interface CpioEntry {
	readonly name: string;
	/** File type and permission bits, as in stat(2). */
	readonly mode: number;
	readonly data?: Uint8Array | string;
}

export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;

/** The archive of `entries`, in their order, with its trailer. A folder must precede its files. */
export function cpio(entries: readonly CpioEntry[]): Buffer {
	const parts: Buffer[] = [];
	entries.forEach((entry, i) => {
		member(parts, entry, i + 1);
	});
	member(parts, { name: "TRAILER!!!", mode: 0 }, 0);
	return Buffer.concat(parts);
}

function member(parts: Buffer[], entry: CpioEntry, ino: number): void {
	const name = Buffer.from(`${entry.name}\0`);
	const data = Buffer.from(entry.data ?? "");
	const directory = (entry.mode & 0o170000) === S_IFDIR;
	// ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
	const fields = [
		ino,
		entry.mode,
		0,
		0,
		directory ? 2 : 1,
		0,
		data.length,
		0,
		0,
		0,
		0,
		name.length,
		0,
	];
	const header = Buffer.from(`070701${fields.map(hex8).join("")}`);
	parts.push(header, name, padding(header.length + name.length), data, padding(data.length));
}

function hex8(n: number): string {
	return n.toString(16).padStart(8, "0");
}

function padding(length: number): Buffer {
	return Buffer.alloc((4 - (length % 4)) % 4);
}
