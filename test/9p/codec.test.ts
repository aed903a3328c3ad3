import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as codec from "../../src/9p/fcall.gen.ts";
import { decode, encode, type Fcall, messages, sizeOf } from "../../src/9p/fcall.gen.ts";
import { message, messageOf, plain, stat } from "./arbitrary.ts";

describe.each(messages)("$name", (info) => {
	it("comes back from its bytes, from a Buffer as from a Uint8Array", () => {
		fc.assert(
			fc.property(messageOf(info), (f) => {
				const bytes = frameOf(f);
				expect(plain(decode(bytes, 0, bytes.length))).toEqual(plain(f));
				expect(plain(decode(Buffer.from(bytes), 0, bytes.length))).toEqual(plain(f));
			}),
		);
	});

	it("is Malformed when anything is missing, and when anything follows", () => {
		const cut = fc.tuple(messageOf(info), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 9 }));
		fc.assert(
			fc.property(cut, ([f, at, more]) => {
				const bytes = frameOf(f);
				const short = bytes.slice(0, at % bytes.length);
				expect(decode(short, 0, short.length).type).toBe(0);
				expect(decode(resized(short), 0, short.length).type).toBe(0);
				const long = Buffer.concat([bytes, more]);
				expect(decode(long, 0, long.length).type).toBe(0);
				expect(decode(resized(long), 0, long.length)).toMatchObject({
					type: 0,
					tag: f.tag,
					why: expect.stringMatching(/after the end|size is not right/),
				});
			}),
		);
	});

	it("does not fit a buffer one byte too short", () => {
		fc.assert(
			fc.property(messageOf(info), (f) => {
				expect(() => encode(f, new Uint8Array(sizeOf(f) - 1), 0)).toThrow(RangeError);
			}),
		);
	});
});

describe("decode", () => {
	it("does not look at what lies around the frame", () => {
		const place = fc.tuple(
			message(),
			fc.nat(20),
			fc.nat(20),
			fc.nat(),
			fc.integer({ min: 0, max: 255 }),
		);
		fc.assert(
			fc.property(place, ([f, before, after, at, byte]) => {
				const bytes = frameOf(f);
				bytes[7 + (at % bytes.length)] = byte;
				const [alone, zeros, ones] = [
					bytes,
					within(bytes, before, after, 0),
					within(bytes, before, after, 255),
				];
				const answer = decode(alone, 0, alone.length);
				expect(decode(zeros, before, before + bytes.length)).toEqual(answer);
				expect(decode(ones, before, before + bytes.length)).toEqual(answer);
			}),
			{ numRuns: 1000 },
		);
	});

	it("answers any bytes with a value, and takes only what encode would write", () => {
		const noise = fc.tuple(
			message(),
			fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))),
		);
		fc.assert(
			fc.property(noise, ([f, changes]) => {
				const bytes = frameOf(f);
				for (const [at, byte] of changes) bytes[4 + (at % (bytes.length - 4))] = byte;
				const g = decode(bytes, 0, bytes.length);
				if (g.type !== 0) expect(frameOf(g)).toEqual(bytes);
			}),
			{ numRuns: 2000 },
		);
	});

	it("gives data as a view, not a copy", () => {
		const bytes = frameOf({ type: codec.Rread, tag: 1, data: new Uint8Array([1, 2, 3]) });
		const f = decode(bytes, 0, bytes.length);
		bytes[codec.Rread_data] = 9;
		expect(f).toMatchObject({ data: new Uint8Array([9, 2, 3]) });
	});

	it.each([
		["no header", "", 0xffff, "the header is cut short", 0],
		["half a header", "0700000078", 0xffff, "the header is cut short", 5],
		["a size of more than the frame", "080000007801 00", 1, "size is not that of the frame", 0],
		["a size of 2^32-1", "ffffffff780100", 1, "size is not that of the frame", 0],
		["Terror", "070000006a0100", 1, "Terror is illegal: an error only ever answers a request", 4],
		["type 0", "07000000000100", 1, "type 0 is unknown", 4],
		["type 99", "07000000630100", 1, "type 99 is unknown", 4],
		["type 128", "07000000800100", 1, "type 128 is unknown", 4],
		[
			"a string of 65535",
			"0d000000640100 00200000 ffff",
			1,
			"Tversion: version runs past the end",
			11,
		],
		[
			"17 names",
			"110000006e0100 00000000 01000000 1100",
			1,
			"Twalk: nwname is more than MAXWELEM",
			15,
		],
		["65535 qids", "090000006f0100 ffff", 1, "Rwalk: nwqid is more than MAXWELEM", 7],
		["a name cut short", "120000006e0100 00000000 01000000 0100 00", 1, "Twalk is cut short", 18],
		["a count of 2^32-1", "0b000000750100 ffffffff", 1, "Rread: data runs past the end", 7],
		["nstat of 65535", "090000007d0100 ffff", 1, "Rstat: stat runs past the end", 7],
		["a stat without a size", "090000007d0100 0000", 1, "stat is cut short", 9],
	])("is told what is wrong: %s", (_name, hex, tag, why, at) => {
		const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
		expect(decode(bytes, 0, bytes.length)).toEqual({ type: 0, tag, why, at });
	});

	it("does not read a frame that the buffer does not hold", () => {
		expect(decode(new Uint8Array(7), 0, 8)).toMatchObject({ type: 0, at: 7 });
		expect(codec.decodeStat(new Uint8Array(49), 0, 60)).toMatchObject({ why: "stat is cut short" });
	});
});

describe("stat", () => {
	it("comes back from its bytes alone", () => {
		fc.assert(
			fc.property(stat(), fc.nat(5), (s, at) => {
				const bytes = new Uint8Array(at + codec.sizeOfStat(s) + 1);
				const end = codec.encodeStat(s, bytes, at);
				expect(end).toBe(bytes.length - 1);
				expect(codec.decodeStat(bytes, at, end)).toEqual(s);
				expect(codec.decodeStat(bytes, at, end + 1)).toHaveProperty("why");
				expect(codec.decodeStat(bytes, at, end - 1)).toHaveProperty("why");
				expect(() => codec.encodeStat(s, bytes.subarray(0, end - 1), at)).toThrow(RangeError);
			}),
		);
	});

	it("has two sizes, and each must be right", () => {
		fc.assert(
			fc.property(stat(), fc.constantFrom(7, 9), fc.constantFrom(-1, 1), (s, at, by) => {
				const bytes = frameOf({ type: codec.Rstat, tag: 1, stat: s });
				bytes[at] = (bytes[at] as number) + by;
				expect(decode(bytes, 0, bytes.length).type).toBe(0);
			}),
		);
	});
});

describe("encode", () => {
	it("writes at its place and nowhere else", () => {
		fc.assert(
			fc.property(message(), fc.nat(20), fc.nat(20), (f, before, after) => {
				const bytes = frameOf(f);
				const buf = new Uint8Array(before + bytes.length + after).fill(0xaa);
				expect(encode(f, buf, before)).toBe(before + bytes.length);
				expect(buf).toEqual(within(bytes, before, after, 0xaa));
			}),
		);
	});

	it("refuses more names and qids than MAXWELEM", () => {
		const buf = new Uint8Array(1000);
		const wname = Array.from({ length: 17 }, () => "a");
		const wqid = wname.map(() => ({ type: 0, vers: 0, path: 0n }));
		const walk = { type: codec.Twalk, tag: 1, fid: 1, newfid: 2 } as const;
		expect(() => encode({ ...walk, wname }, buf, 0)).toThrow("nwname is more than MAXWELEM");
		expect(() => encode({ type: codec.Rwalk, tag: 1, wqid }, buf, 0)).toThrow(RangeError);
	});
});

describe("the places of hot fields", () => {
	it("are where encode writes them", () => {
		const data = new Uint8Array([7]);
		const read = frameOf({ type: codec.Tread, tag: 1, fid: 2, offset: 3n, count: 4 });
		const write = frameOf({ type: codec.Twrite, tag: 1, fid: 2, offset: 3n, data });
		const at = (bytes: Uint8Array, places: number[]) => places.map((place) => bytes[place]);
		expect(at(read, [codec.Fcall_size, codec.Fcall_type, codec.Fcall_tag])).toEqual([23, 116, 1]);
		expect(at(read, [codec.Tread_fid, codec.Tread_offset, codec.Tread_count])).toEqual([2, 3, 4]);
		expect(at(write, [codec.Twrite_fid, codec.Twrite_offset])).toEqual([2, 3]);
		expect(at(write, [codec.Twrite_count, codec.Twrite_data])).toEqual([1, 7]);
		const reply = frameOf({ type: codec.Rread, tag: 1, data });
		expect(at(reply, [codec.Rread_count, codec.Rread_data])).toEqual([1, 7]);
		expect(at(frameOf({ type: codec.Rwrite, tag: 1, count: 8 }), [codec.Rwrite_count])).toEqual([
			8,
		]);
	});
});

describe("limits of the table", () => {
	it("count is at most msize less IOHDRSZ", () => {
		const over = (f: Fcall) => codec.overLimit(f, 32);
		const read = { type: codec.Tread, tag: 1, fid: 1, offset: 0n } as const;
		expect(over({ ...read, count: 8 })).toBe("");
		expect(over({ ...read, count: 9 })).toBe("count");
		expect(over({ type: codec.Rread, tag: 1, data: new Uint8Array(8) })).toBe("");
		expect(over({ type: codec.Rread, tag: 1, data: new Uint8Array(9) })).toBe("count");
		expect(over({ ...read, type: codec.Twrite, data: new Uint8Array(9) })).toBe("count");
		expect(over({ type: codec.Rwrite, tag: 1, count: 9 })).toBe("count");
		expect(over({ type: codec.Rwstat, tag: 1 })).toBe("");
	});

	it("TR-8: a name is one element of 1 to 255 bytes of valid UTF-8, without controls", () => {
		const bad = ["", ".", "..", "/", "a/b", "a\n", "\0", "\x7f", "\u0085", "\udcff", "\ud800"];
		expect(bad.filter(codec.isName)).toEqual([]);
		const good = ["a", "...", ".a", "a b", "\u00e9", "\u{1f618}", "'", "a".repeat(255)];
		expect(good.filter((s) => !codec.isName(s))).toEqual([]);
		expect(codec.isName("a".repeat(256))).toBe(false);
		expect(codec.isName("\u00e9".repeat(128))).toBe(false);
	});
});

function frameOf(f: Fcall): Uint8Array {
	const bytes = new Uint8Array(sizeOf(f));
	expect(encode(f, bytes, 0)).toBe(bytes.length);
	return bytes;
}

function within(bytes: Uint8Array, before: number, after: number, poison: number): Uint8Array {
	const all = new Uint8Array(before + bytes.length + after).fill(poison);
	all.set(bytes, before);
	return all;
}

// The frame's size set right, so that only its body is wrong.
function resized(bytes: Uint8Array): Uint8Array {
	const copy = Uint8Array.from(bytes);
	if (copy.length >= 4) new DataView(copy.buffer).setUint32(0, copy.length, true);
	return copy;
}
