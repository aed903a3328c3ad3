import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as wire from "../../src/9p/bytes.ts";
import { wireString } from "./arbitrary.ts";

describe("integers", () => {
	it("are little-endian and come back", () => {
		const buf = new Uint8Array(15);
		wire.putU8(buf, 0, 0xfe);
		wire.putU16(buf, 1, 0xfdfc);
		wire.putU32(buf, 3, 0xfbfaf9f8);
		wire.putU64(buf, 7, 0xf7f6f5f4f3f2f1f0n);
		expect(Buffer.from(buf).toString("hex")).toBe("fefcfdf8f9fafbf0f1f2f3f4f5f6f7");
		expect(wire.u8(buf, 0)).toBe(0xfe);
		expect(wire.u16(buf, 1)).toBe(0xfdfc);
		expect(wire.u32(buf, 3)).toBe(0xfbfaf9f8);
		expect(wire.u64(buf, 7)).toBe(0xf7f6f5f4f3f2f1f0n);
	});

	it("that do not fit are refused", () => {
		const buf = new Uint8Array(8);
		for (const bad of [-1, 1.5, Number.NaN, 2 ** 32, Number.POSITIVE_INFINITY]) {
			expect(() => wire.putU8(buf, 0, bad)).toThrow(RangeError);
			expect(() => wire.putU16(buf, 0, bad)).toThrow(RangeError);
			expect(() => wire.putU32(buf, 0, bad)).toThrow(RangeError);
		}
		expect(() => wire.putU8(buf, 0, 256)).toThrow("256 does not fit u8");
		expect(() => wire.putU16(buf, 0, 65536)).toThrow("65536 does not fit u16");
		expect(() => wire.putU64(buf, 0, -1n)).toThrow(RangeError);
		expect(() => wire.putU64(buf, 0, 2n ** 64n)).toThrow(RangeError);
		expect(buf).toEqual(new Uint8Array(8));
	});
});

describe("strings", () => {
	it("of any bytes come back byte for byte", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
				expect(written(wire.text(bytes, 0, bytes.length))).toEqual(bytes);
			}),
		);
	});

	it("that were decoded come back as they are", () => {
		fc.assert(
			fc.property(wireString(), (s) => {
				const bytes = written(s);
				expect(wire.text(bytes, 0, bytes.length)).toBe(s);
			}),
		);
	});

	it.each([
		["c3a9", "\u00e9"],
		["efbfbd", "\ufffd"],
		["efbbbf41", "\ufeffA"],
		["f09f9898", "\u{1f618}"],
		["f48fbfbf", "\u{10ffff}"],
		["ff", "\udcff"],
		["80", "\udc80"],
		["c3", "\udcc3"],
		["c041", "\udcc0A"],
		["c080", "\udcc0\udc80"],
		["e08080", "\udce0\udc80\udc80"],
		["eda080", "\udced\udca0\udc80"],
		["f0808080", "\udcf0\udc80\udc80\udc80"],
		["f4908080", "\udcf4\udc90\udc80\udc80"],
		["f5808080", "\udcf5\udc80\udc80\udc80"],
		["e282", "\udce2\udc82"],
		["e28241", "\udce2\udc82A"],
		["61ffefbfbd62", "a\udcff\ufffdb"],
	])("%s is no more valid than Unicode says", (hex, s) => {
		const bytes = new Uint8Array(Buffer.from(hex, "hex"));
		expect(wire.text(bytes, 0, bytes.length)).toBe(s);
		expect(Buffer.from(written(s)).toString("hex")).toBe(hex);
	});

	it("are read the same from a Buffer and from a view within more bytes", () => {
		fc.assert(
			fc.property(fc.uint8Array(), fc.uint8Array(), fc.uint8Array(), (a, b, c) => {
				const all = Buffer.concat([a, b, c]);
				const view = new Uint8Array(all.buffer, all.byteOffset, all.length);
				const s = wire.text(b, 0, b.length);
				expect(wire.text(all, a.length, a.length + b.length)).toBe(s);
				expect(wire.text(view, a.length, a.length + b.length)).toBe(s);
			}),
		);
	});

	it("with half a character are refused", () => {
		for (const s of ["\ud800", "a\udfff", "\udc7f", "\udd00\udcff"]) {
			expect(() => wire.putText(new Uint8Array(9), 0, s)).toThrow(RangeError);
		}
	});

	it("have at most 65535 bytes", () => {
		const buf = new Uint8Array(70_000);
		expect(wire.putString(buf, 0, "a".repeat(65_535))).toBe(65_537);
		expect(wire.u16(buf, 0)).toBe(65_535);
		expect(() => wire.putString(buf, 0, "a".repeat(65_536))).toThrow(RangeError);
		expect(() => wire.putString(buf, 0, "\u00e9".repeat(32_768))).toThrow(RangeError);
	});
});

function written(s: string): Uint8Array {
	const bytes = new Uint8Array(wire.textSize(s));
	expect(wire.putText(bytes, 0, s)).toBe(bytes.length);
	return bytes;
}
