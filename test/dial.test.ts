import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, formatDial, parseDial } from "../src/dial.ts";

describe("a dial string", () => {
	const good: [string, Address, string?][] = [
		["tcp!127.0.0.1!6666", { net: "tcp", host: "127.0.0.1", port: 6666 }],
		["tcp!*!6666", { net: "tcp", host: "", port: 6666 }],
		["tcp![::1]!0", { net: "tcp", host: "::1", port: 0 }],
		["tcp!::1!65535", { net: "tcp", host: "::1", port: 65535 }, "tcp![::1]!65535"],
		["tcp!fs.example.org!9fs", { net: "tcp", host: "fs.example.org", port: 564 }, ""],
		["unix!/tmp/ns/dchan", { net: "unix", path: "/tmp/ns/dchan" }],
		["unix!a!b", { net: "unix", path: "a!b" }],
	];
	for (const [dial, address, again = dial] of good) {
		it(`names a place: ${dial}`, () => {
			expect(parseDial(dial)).toEqual(address);
			if (again !== "") expect(formatDial(address)).toBe(again);
		});
	}

	const bad: [string, string][] = [
		["", "it is not tcp!HOST!PORT or unix!PATH"],
		["6666", "it is not tcp!HOST!PORT or unix!PATH"],
		["tcp!host", "it is not tcp!HOST!PORT or unix!PATH"],
		["tcp!host!1!2", "it is not tcp!HOST!PORT or unix!PATH"],
		["il!host!9fs", "it is not tcp!HOST!PORT or unix!PATH"],
		["tcp!!6666", "no host; tcp!*!PORT means all interfaces"],
		["tcp!host!", "no such port: "],
		["tcp!host!65536", "no such port: 65536"],
		["tcp!host!-1", "no such port: -1"],
		["tcp!host!0x10", "no such port: 0x10"],
		["tcp!host!toString", "no such port: toString"],
		["unix!", "unix!PATH needs a path"],
		["unix", "unix!PATH needs a path"],
	];
	for (const [dial, why] of bad) {
		it(`says what is wrong: ${dial}`, () => {
			expect(parseDial(dial)).toBe(`bad dial string ${dial}: ${why}`);
		});
	}

	it("is parsed back to the address that it was made of", () => {
		const host = fc.oneof(fc.constant(""), fc.domain(), fc.ipV4(), fc.ipV6());
		const tcp = fc.record({
			net: fc.constant("tcp" as const),
			host,
			port: fc.integer({ min: 0, max: 65535 }),
		});
		const unix = fc.record({
			net: fc.constant("unix" as const),
			path: fc.string({ minLength: 1 }),
		});
		fc.assert(
			fc.property(fc.oneof(tcp, unix), (address) => {
				expect(parseDial(formatDial(address))).toEqual(address);
			}),
		);
	});
});
