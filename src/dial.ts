// Dial strings (dial(2)): network!address!service, as `tcp!127.0.0.1!6666` and
// `unix!/tmp/ns/dchan`. Only text; it opens nothing.

/** Where to listen or to dial. An empty host means all interfaces. */
export type Address = { net: "tcp"; host: string; port: number } | { net: "unix"; path: string };

/** Services by name, and their ports (9front's /lib/ndb/common). */
const SERVICES: ReadonlyMap<string, number> = new Map([
	["9fs", 564],
	["9p", 564],
]);

/** The address a dial string names, or what is wrong with it. */
export function parseDial(dial: string): Address | string {
	const [net, ...rest] = dial.split("!");
	if (net === "unix") {
		const path = rest.join("!");
		return path === "" ? `bad dial string ${dial}: unix!PATH needs a path` : { net, path };
	}
	if (net !== "tcp" || rest.length !== 2) {
		return `bad dial string ${dial}: it is not tcp!HOST!PORT or unix!PATH`;
	}
	const [host, service] = rest as [string, string];
	if (host === "") return `bad dial string ${dial}: no host; tcp!*!PORT means all interfaces`;
	const port = SERVICES.get(service) ?? (/^[0-9]{1,5}$/.test(service) ? Number(service) : -1);
	if (port < 0 || port > 65535) return `bad dial string ${dial}: no such port: ${service}`;
	return { net, host: host === "*" ? "" : host.replace(/^\[(.*)\]$/, "$1"), port };
}

/** The dial string of an address. */
export function formatDial(a: Address): string {
	if (a.net === "unix") return `unix!${a.path}`;
	const host = a.host === "" ? "*" : a.host.includes(":") ? `[${a.host}]` : a.host;
	return `tcp!${host}!${a.port}`;
}
