// Arbitraries of every message, made from the table's metadata: a message added to the table is
// drawn here without a word more. Strings are often not UTF-8, as a peer's may be.

import fc from "fast-check";
import { text } from "../../src/9p/bytes.ts";
import * as codec from "../../src/9p/fcall.gen.ts";

/** A string as it can come from the wire. */
export function wireString(): fc.Arbitrary<string> {
	const any = fc.uint8Array({ maxLength: 40 }).map((bytes) => text(bytes, 0, bytes.length));
	const odd = fc.constantFrom(
		"",
		".",
		"..",
		"/",
		"NOFID",
		'"',
		"\\",
		"a b",
		"(",
		"\u{feff}",
		"\u0085",
	);
	return fc.oneof(any, odd, fc.string({ unit: "binary", maxLength: 40 }), fc.string());
}

/** Messages of one kind. */
export function messageOf(info: codec.MessageInfo): fc.Arbitrary<codec.Fcall> {
	const fields = {
		type: fc.constant(info.number),
		tag: integer("u16", "tag"),
		...record(info.fields),
	};
	return fc.record(fields) as unknown as fc.Arbitrary<codec.Fcall>;
}

/** Any message. */
export function message(): fc.Arbitrary<codec.Fcall> {
	return fc.oneof(...codec.messages.map(messageOf));
}

/** A directory entry. */
export function stat(): fc.Arbitrary<codec.Stat> {
	return fc.record(record(codec.structs["stat"] ?? [])) as unknown as fc.Arbitrary<codec.Stat>;
}

/** A message for comparing: data in hexadecimal, whichever array it is a view of. */
export function plain(f: object): object {
	if (!("data" in f && f.data instanceof Uint8Array)) return f;
	return { ...f, data: Buffer.from(f.data).toString("hex") };
}

function record(fields: readonly codec.FieldInfo[]): Record<string, fc.Arbitrary<unknown>> {
	const values = fields.filter((f) => f.counts === undefined);
	return Object.fromEntries(values.map((f) => [f.name, field(fields, f)]));
}

function field(fields: readonly codec.FieldInfo[], f: codec.FieldInfo): fc.Arbitrary<unknown> {
	if (f.list !== true) return value(f);
	const max = constant(fields.find((c) => c.counts === f.name)?.max);
	return fc.array(value(f), { maxLength: max ?? 20, size: "max" });
}

function value(f: codec.FieldInfo): fc.Arbitrary<unknown> {
	const struct = codec.structs[f.type];
	if (struct !== undefined) return fc.record(record(struct));
	if (f.type === "string") return wireString();
	if (f.type === "bytes") return fc.uint8Array({ maxLength: 300 });
	return f.type === "u64" ? fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) : integer(f.type, f.kind);
}

function integer(type: string, kind: string | undefined): fc.Arbitrary<number> {
	const bits = Number(type.slice(1));
	const max = 2 ** bits - 1;
	const any = fc.oneof(fc.integer({ min: 0, max }), fc.nat(9), fc.constant(max));
	const bit = fc.nat(bits - 1).map((n) => 2 ** n);
	return kind === "perm" || kind === "qtype" ? fc.oneof(any, bit) : any;
}

function constant(name: string | undefined): number | undefined {
	const v = name === undefined ? undefined : (codec as Record<string, unknown>)[name];
	return typeof v === "number" ? v : undefined;
}
