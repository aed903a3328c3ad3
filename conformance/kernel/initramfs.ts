/**
 * The guest's first root: BusyBox, the modules its kernel needs, and the scripts. Reads what is
 * installed here and returns an archive; starts nothing.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CpioEntry, cpio, S_IFDIR, S_IFREG } from "./cpio.ts";
import type { KernelImage } from "./image.ts";
import { loadOrder, parseBuiltin, parseModulesDep, readModule, wanted } from "./modules.ts";
import { guestFolder, type Scenario } from "./scenario.ts";

/** A static BusyBox, or `undefined`. */
export function findBusybox(): string | undefined {
	return ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path));
}

/** The folder of a kernel's modules, or `undefined`. */
export function findModules(kernel: KernelImage, under?: string): string | undefined {
	const folders = under === undefined ? ["/lib/modules", "/usr/lib/modules"] : [under];
	return folders
		.flatMap((folder) => [join(folder, kernel.release), folder])
		.find((folder) => existsSync(join(folder, "modules.dep")));
}

/** The archive to give to QEMU. Throws when a file is missing or can't be decompressed. */
export function initramfs(
	kernel: KernelImage,
	busybox: string,
	modules: string,
	scenarios: readonly Scenario[],
): Buffer {
	const { files, missing } = loadOrder(
		wanted,
		parseModulesDep(readFileSync(join(modules, "modules.dep"), "utf8")),
		parseBuiltin(readFileSync(join(modules, "modules.builtin"), "utf8")),
	);
	if (missing.length > 0) throw new Error(`${modules}: no module ${missing.join(", ")}`);
	const plain = (file: string) => basename(file).replace(/\.(xz|zst|gz)$/, "");
	return cpio([
		...["bin", "dev", "etc", "modules", "scenarios"].map(folder),
		{
			name: "init",
			mode: S_IFREG | 0o755,
			data: readFileSync(join(guestFolder("guest"), "init.sh")),
		},
		{ name: "bin/busybox", mode: S_IFREG | 0o755, data: readFileSync(busybox) },
		file("etc/passwd", "root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n"),
		file("etc/group", "root:x:0:\nuser:x:1000:\n"),
		file("env", `KREL=${kernel.release}\nNODE='${process.execPath}'\nCLI='${command()}'\n`),
		file("modules/order", `${files.map(plain).join("\n")}\n`),
		...files.map((s) => file(`modules/${plain(s)}`, readModule(join(modules, s)))),
		...readdirSync(guestFolder("guest"))
			.filter((s) => s !== "init.sh")
			.map((s) => file(`scenarios/${s}`, readFileSync(join(guestFolder("guest"), s)))),
		...scenarios.map((s) => file(`scenarios/${s.id}.sh`, s.script)),
	]);
}

// Our own command, as the host's userland finds it.
function command(): string {
	return fileURLToPath(new URL("../../src/cli.js", import.meta.url));
}

function folder(name: string): CpioEntry {
	return { name, mode: S_IFDIR | 0o755 };
}

function file(name: string, data: string | Uint8Array): CpioEntry {
	return { name, mode: S_IFREG | 0o644, data };
}
