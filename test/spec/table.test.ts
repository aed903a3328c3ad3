// The table against its schema, against itself, and against what was generated from it.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { generate } from "../../spec/generate.ts";
import type { Field, Message, Table } from "../../spec/table.ts";
import { textOf } from "../files.ts";

describe("spec/9p2000.json", () => {
	it("is what its schema says", () => {
		const valid = new Ajv({ allErrors: true, strict: true });
		const check = valid.compile(JSON.parse(textOf("spec/9p2000.schema.json")));
		check(table);
		expect(check.errors).toBeNull();
		expect(check({ ...table, messages: [{ name: "Tfoo", number: 300 }] })).toBe(false);
	});

	it("has every message of 9P2000, T even and R odd, Terror illegal", () => {
		const numbers = table.messages.map((m) => m.number);
		expect(numbers).toEqual(Array.from({ length: 28 }, (_, i) => 100 + i));
		for (const m of table.messages) expect(m.name[0], m.name).toBe(m.number % 2 === 0 ? "T" : "R");
		for (let i = 0; i < 28; i += 2) {
			expect(table.messages[i + 1]?.name.slice(1)).toBe(table.messages[i]?.name.slice(1));
		}
		expect(table.messages.filter((m) => m.illegal).map((m) => m.number)).toEqual([106]);
	});

	it("names a manual page for every message, constant, kind and struct", () => {
		const entries = [table.messages, table.constants, table.kinds, table.structs].flat();
		expect(entries.filter((e) => !/^[a-z]+$/.test(e.man))).toEqual([]);
		const replies = table.messages.filter((m) => m.name.startsWith("R"));
		const request = (r: Message) => table.messages.find((m) => m.number === r.number - 1);
		expect(replies.filter((r) => r.man !== request(r)?.man)).toEqual([]);
	});

	it("uses each name once", () => {
		for (const group of [table.constants, table.kinds, table.structs, ...bodies]) {
			const names = group.map((e) => e.name);
			expect(names).toEqual([...new Set(names)]);
		}
	});

	it("refers only to what it has", () => {
		const constants = table.constants.map((c) => c.name);
		const types = [
			"u8",
			"u16",
			"u32",
			"u64",
			"string",
			"bytes",
			...table.structs.map((s) => s.name),
		];
		for (const fields of bodies) {
			for (const f of fields) {
				expect(types).toContain(f.type);
				if (f.max !== undefined) expect(constants).toContain(f.max.replace("msize - ", ""));
				if (f.counts !== undefined) expect(["rest", ...fields.map(nameOf)]).toContain(f.counts);
				if (f.kind === undefined) continue;
				expect(table.kinds.filter((k) => k.name === f.kind).map((k) => k.of)).toEqual([f.type]);
			}
		}
		for (const k of table.kinds) {
			if (k.none !== undefined) expect(constants).toContain(k.none);
			if (k.pattern !== undefined) expect(() => new RegExp(k.pattern ?? "", "u")).not.toThrow();
		}
	});

	it("writes every field of a struct", () => {
		for (const s of table.structs) {
			const values = s.fields.filter((f) => f.counts === undefined).map(nameOf);
			expect([...s.text.order].sort()).toEqual(values.sort());
		}
	});
});

describe("the generator", () => {
	it("has been run: src/9p/fcall.gen.ts is fresh", () => {
		expect(generate(table) === textOf("src/9p/fcall.gen.ts"), "run npm run generate").toBe(true);
	});

	it("needs for a new message nothing but its entry", async () => {
		const codec = await generated({ ...table, messages: [...table.messages, extra] });
		const f = {
			type: 200,
			tag: 1,
			oid: 2,
			key: { type: 1, vers: 2, path: 3n },
			wkey: ["a", "\udcff"],
			flags: 4n,
			wperm: [],
			blob: new Uint8Array([5, 6]),
			last: "z",
		};
		const bytes = new Uint8Array(codec.sizeOf(f));
		expect(codec.encode(f, bytes, 0)).toBe(bytes.length);
		expect(codec.decode(bytes, 0, bytes.length)).toEqual(f);
		expect(codec.decode(bytes, 0, bytes.length - 1)).toHaveProperty("why");
		const line =
			'Tmany tag 1 oid 2 key (0000000000000003 2 +1) nkey 2 0:a 1:"\\xff" ' +
			'flags 4 nperm 0 nblob 2 "\\x05\\x06" last z';
		expect(codec.format(f)).toBe(line);
		expect(codec.parse(line)).toEqual(f);
	});

	it("says what it can't do", () => {
		const broken =
			(...fields: Field[]) =>
			() =>
				generate({ ...table, messages: [{ ...extra, fields }] });
		const meaning = "nothing";
		expect(broken({ name: "a", type: "bytes", meaning })).toThrow("nothing counts a");
		expect(broken({ name: "a", type: "u8", list: true, meaning })).toThrow("nothing counts a");
		const n = { name: "n", type: "u16", counts: "a", meaning };
		expect(broken(n, { name: "a", type: "stat", list: true, meaning })).toThrow("a list of stat");
	});
});

const table: Table = JSON.parse(textOf("spec/9p2000.json"));
const bodies = [table.header, ...[...table.structs, ...table.messages].map((e) => e.fields)];

const extra: Message = {
	name: "Tmany",
	number: 200,
	man: "intro",
	meaning: "fields of every type in an unusual order",
	fields: [
		{ name: "oid", type: "u8", meaning: "a byte" },
		{ name: "key", type: "qid", meaning: "a struct" },
		{ name: "nkey", type: "u8", counts: "wkey", meaning: "how many strings" },
		{ name: "wkey", type: "string", list: true, meaning: "strings" },
		{ name: "flags", type: "u64", meaning: "an integer after a list" },
		{ name: "nperm", type: "u32", counts: "wperm", meaning: "how many structs" },
		{ name: "wperm", type: "qid", list: true, meaning: "structs" },
		{ name: "nblob", type: "u16", counts: "blob", meaning: "how many bytes" },
		{ name: "blob", type: "bytes", meaning: "bytes not at the end" },
		{ name: "last", type: "string", meaning: "a string at the end" },
	],
};

function nameOf(f: Field): string {
	return f.name;
}

/** The functions of a generated file, of messages that the types of ours do not know. */
interface Codec {
	sizeOf(f: object): number;
	encode(f: object, buf: Uint8Array, at: number): number;
	decode(buf: Uint8Array, from: number, to: number): object;
	format(f: object): string;
	parse(line: string): object;
}

async function generated(t: Table): Promise<Codec> {
	const src = new URL("../../src/9p/", import.meta.url).pathname;
	const dir = mkdtempSync(join(tmpdir(), "table-"));
	try {
		const path = join(dir, "fcall.gen.ts");
		writeFileSync(path, generate(t).replaceAll('from "./', `from "${src}`));
		return (await import(path)) as Codec;
	} finally {
		rmSync(dir, { recursive: true });
	}
}
