/**
 * Kernel images: which ones are installed, what release an image is, and the uncompressed kernel
 * inside a bzImage (the boot protocol's header says where it is). QEMU starts the uncompressed one
 * by PVH without the guest having to decompress it first, in about half the time.
 */
import {
	existsSync,
	readdirSync,
	readFileSync,
	renameSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { filter } from "./modules.ts";

/** A kernel to boot. `release` is what `uname -r` will say. */
export interface KernelImage {
	readonly path: string;
	readonly release: string;
}

/** What `--kernel` may say short: the two that Debian 12 carries. */
export const series: readonly string[] = ["6.1", "6.12"];

/**
 * The image `wanted` names: a path, or a series such as `6.1`, of which the newest one in /boot is
 * taken. Debian's cloud kernels are left out: they have no 9p. `undefined` if there is none.
 */
export function findKernel(wanted: string, boot = "/boot"): KernelImage | undefined {
	if (wanted.includes("/")) return existsSync(wanted) ? imageAt(wanted) : undefined;
	const names = existsSync(boot) ? readdirSync(boot) : [];
	const newest = names
		.filter((s) => s.startsWith(`vmlinuz-${wanted}.`) && !s.includes("cloud"))
		.sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
		.at(-1);
	return newest === undefined ? undefined : imageAt(join(boot, newest));
}

/** Where a bzImage's compressed kernel is, and its release; `undefined` if this is no bzImage. */
export function parseBzImage(
	image: Buffer,
): { readonly from: number; readonly to: number; readonly release: string } | undefined {
	// Documentation/arch/x86/boot.rst: HdrS at 0x202, kernel_version, payload_offset, payload_length.
	if (image.length < 0x250 || image.toString("latin1", 0x202, 0x206) !== "HdrS") return undefined;
	const sectors = image.readUInt8(0x1f1) || 4;
	const from = (sectors + 1) * 512 + image.readUInt32LE(0x248);
	const to = from + image.readUInt32LE(0x24c);
	if (to > image.length) return undefined;
	const version = image.readUInt16LE(0x20e) + 0x200;
	const text = image.toString("latin1", version, version + 256);
	return { from, to, release: text.split(/[ \0]/)[0] ?? "" };
}

/**
 * The path of the uncompressed kernel, kept in the folder for temporary files under a name that
 * changes with the image. `undefined` when it can't be had: then the image itself is booted.
 */
export function uncompressed(kernel: KernelImage): string | undefined {
	const at = statSync(kernel.path);
	const key = `${basename(kernel.path)}-${Math.floor(at.mtimeMs)}-${at.size}`;
	const path = join(tmpdir(), `dchan-${key}.elf`);
	if (existsSync(path)) return path;
	try {
		const image = readFileSync(kernel.path);
		const where = parseBzImage(image);
		if (where === undefined) return undefined;
		const elf = decompress(image.subarray(where.from, where.to));
		if (elf?.toString("latin1", 0, 4) !== "\x7fELF") return undefined;
		// Two runs at once must not see each other's half of it.
		writeFileSync(`${path}.${process.pid}`, elf);
		renameSync(`${path}.${process.pid}`, path);
		return path;
	} catch {
		return undefined;
	}
}

function imageAt(path: string): KernelImage {
	const where = parseBzImage(readFileSync(path));
	return { path, release: where?.release ?? basename(path).replace(/^vmlinu[xz]-/, "") };
}

/** The stream ends with four bytes more: its size, which only gzip has by itself. */
function decompress(payload: Buffer): Buffer | undefined {
	const magic = payload.toString("hex", 0, 6);
	if (magic.startsWith("1f8b")) return gunzipSync(payload);
	const stream = payload.subarray(0, -4);
	if (magic === "fd377a585a00") return filter("xz", stream);
	if (magic.startsWith("28b52ffd")) return filter("zstd", stream);
	return undefined;
}
