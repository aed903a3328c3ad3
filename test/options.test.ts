// The arguments of the serving command.

import { describe, expect, it } from "vitest";
import { HELP, Mistake, parseServe, type ServeOptions } from "../src/options.ts";
import { DEFAULT_LIMITS, type Limits } from "../src/stats.ts";

const K = 1024;
const M = K * K;
const G = K * M;

/** Each limit's flag, and its least and greatest value. */
const FLAGS: readonly [string, keyof Limits, number, number][] = [
	["msize", "msize", 256, 64 * M],
	["connections", "connections", 1, M],
	["fids", "fids", 1, M],
	["requests", "requests", 1, 65535],
	["files", "files", 0, 16 * M],
	["capacity", "capacity", 0, G],
	["channel-bytes", "channelBytes", 1, G],
	["queued-bytes", "serverBytes", 0, 64 * G],
	["blocked-bytes", "connectionWriteBytes", 0, G],
	["all-blocked-bytes", "serverWriteBytes", 0, 64 * G],
	["rest-bytes", "restBytes", 0, G],
	["unsent-bytes", "unsent", K, G],
	["buffer-bytes", "bufferBytes", K, 64 * G],
	["snapshot-bytes", "snapshotBytes", K, 64 * G],
];

function parsed(...argv: string[]): ServeOptions {
	const options = parseServe(argv);
	if (typeof options === "string") throw new Error(options);
	return options;
}

describe("limits", () => {
	it("every one has a flag", () => {
		expect(FLAGS.map(([, limit]) => limit).sort()).toEqual(Object.keys(DEFAULT_LIMITS).sort());
		expect(parsed().limits).toEqual({});
	});

	for (const [flag, limit, least, most] of FLAGS) {
		it(`--${flag}: from ${least} to ${most}, and --help says what it is without`, () => {
			for (const n of [least, most]) {
				expect(parsed(`--${flag}=${n}`).limits).toEqual({ [limit]: n });
				expect(parsed(`--${flag}`, `${n}`).limits).toEqual({ [limit]: n });
			}
			const needed = `a number from ${least} to ${most} is needed`;
			for (const bad of [`${most + 1}`, `${least - 1}`, "", "1.5", "1e3", "0x400", " 1024", "4K"]) {
				expect(() => parseServe([`--${flag}=${bad}`])).toThrow(
					`dchan: --${flag}=${bad}: ${needed}`,
				);
			}
			expect(HELP).toMatch(new RegExp(`^ {2}--${flag}=N +.* \\(${DEFAULT_LIMITS[limit]}\\)$`, "m"));
		});

		it(`--${flag}: its default is one that may be asked for`, () => {
			const n = DEFAULT_LIMITS[limit];
			expect(parsed(`--${flag}=${n}`).limits).toEqual({ [limit]: n });
		});
	}
});

describe("the other arguments", () => {
	const local = { net: "tcp", host: "127.0.0.1", port: 6666 };

	it("none: it serves on the default address", () => {
		expect(parsed()).toEqual({
			places: [{ address: local, linux: "auto" }],
			srvname: null,
			mountpoint: null,
			log: false,
			trace: false,
			keepAliveMs: 60_000,
			limits: {},
		});
	});

	it("-s or -m alone: on no port", () => {
		expect(parsed("-s", "svc")).toMatchObject({ places: [], srvname: "svc", mountpoint: null });
		expect(parsed("-m", "/mnt")).toMatchObject({ places: [], srvname: null, mountpoint: "/mnt" });
		expect(parsed("-s", "svc", "-a", "tcp!127.0.0.1!6666").places).toHaveLength(1);
	});

	it("-a unix!, -d and -D together, --linux for the -a after it", () => {
		const argv = "-dD -a unix!/tmp/s --linux=never -a tcp!127.0.0.1!6666 --linux auto".split(" ");
		expect(parsed(...argv)).toMatchObject({
			places: [
				{ address: { net: "unix", path: "/tmp/s" }, linux: "auto" },
				{ address: local, linux: "never" },
			],
			log: true,
			trace: true,
		});
	});

	it("--keepalive: at its limits and one past", () => {
		expect(parsed("--keepalive=0").keepAliveMs).toBe(0);
		expect(parsed("--keepalive=86400").keepAliveMs).toBe(86_400_000);
		expect(() => parseServe(["--keepalive=86401"])).toThrow("a number from 0 to 86400 is needed");
		expect(() => parseServe(["--keepalive=-1"])).toThrow("a number from 0 to 86400 is needed");
	});

	it("--help and --version", () => {
		expect(parseServe(["-d", "--help"])).toBe("help");
		expect(parseServe(["--version", "-d"])).toBe("version");
	});

	it.each([
		[["-s", ""], 2, "dchan: -s : a name without / is needed"],
		[["-s", "a/b"], 2, "dchan: -s a/b: a name without / is needed"],
		[["-m"], 2, "dchan: Option '-m"],
		[["--linux="], 2, "dchan: --linux=: auto, always or never is needed"],
		[["extra"], 2, "Usage: dchan "],
		[["-a", "unix!"], 1, "dchan: bad dial string unix!"],
	] as const)("%j can't be", (argv, status, said) => {
		let mistake: unknown;
		try {
			parseServe([...argv]);
		} catch (e) {
			mistake = e;
		}
		expect(mistake).toBeInstanceOf(Mistake);
		expect(mistake).toMatchObject({ status, message: expect.stringContaining(said) });
	});
});
