// Emits sizeOf and encode: for each message a function that writes its fields front to back. Values
// that don't fit, and a buffer that is too short, are the caller's mistake: a RangeError.

import {
	capital,
	counterOf,
	type Field,
	fixedSize,
	intSizes,
	legal,
	structOf,
	type Table,
	term,
} from "./table.ts";

/** Source of sizeOf, encode, sizeOfStat, encodeStat and one function for each message. */
export function encoders(table: Table): string[] {
	const variable = table.structs.filter((s) => fixedSize(table, s.name) === undefined);
	const tight = table.structs.filter((s) => !variable.includes(s));
	return [
		...sizes(table),
		...entry(table),
		...variable.flatMap((s) => structEncoder(table, s.name, s.man)),
		...tight.flatMap((s) => [
			`function put${capital(s.name)}(buf: Uint8Array, at: number, s: ${capital(s.name)}): void {`,
			...new Body(table, "s", "at", 0).walk(s.fields).lines,
			"}",
			"",
		]),
		...legal(table)
			.filter((m) => m.fields.length > 0)
			.flatMap((m) => [
				`function encode${m.name}(f: ${m.name}, buf: Uint8Array, at: number): number {`,
				...new Body(table, "f", "at", headerSize(table)).walk(m.fields).end(),
				"}",
				"",
			]),
	];
}

function sizes(table: Table): string[] {
	const variable = table.structs.filter((s) => fixedSize(table, s.name) === undefined);
	return [
		"/** Bytes that encode will write. */",
		"export function sizeOf(f: Fcall): number {",
		"	switch (f.type) {",
		...legal(table).map(
			(m) => `		case ${m.name}: return ${size(table, "f", m.fields, headerSize(table))};`,
		),
		"	}",
		"}",
		"",
		...variable.flatMap((s) => [
			`/** Bytes that encode${capital(s.name)} will write. */`,
			`export function sizeOf${capital(s.name)}(s: ${capital(s.name)}): number {`,
			`	return ${size(table, "s", s.fields, 0)};`,
			"}",
			"",
		]),
		...stringLists(table),
	];
}

function stringLists(table: Table): string[] {
	const fields = legal(table).flatMap((m) => m.fields);
	if (!fields.some((f) => f.list === true && f.type === "string")) return [];
	return [
		"function sizeOfStrings(list: readonly string[]): number {",
		"	let n = 0;",
		"	for (const s of list) n += 2 + textSize(s);",
		"	return n;",
		"}",
		"",
	];
}

function size(table: Table, v: string, fields: readonly Field[], start: number): string {
	let fixed = start;
	const terms: string[] = [];
	for (const f of fields) {
		const n = fixedSize(table, f.type);
		if (f.list === true) {
			terms.push(
				n === undefined ? `sizeOfStrings(${v}.${f.name})` : `${n} * ${v}.${f.name}.length`,
			);
		} else if (n !== undefined) fixed += n;
		else if (f.type === "bytes") terms.push(`${v}.${f.name}.length`);
		else if (f.type !== "string") terms.push(`sizeOf${capital(f.type)}(${v}.${f.name})`);
		else {
			fixed += 2;
			terms.push(`textSize(${v}.${f.name})`);
		}
	}
	return [fixed, ...terms].join(" + ");
}

function entry(table: Table): string[] {
	return [
		"/**",
		" * Writes `f` into buf from `at` on and returns where it ends. Throws RangeError if a value",
		" * does not fit its field or `f` does not fit buf; buf from `at` on is then undefined.",
		" */",
		"export function encode(f: Fcall, buf: Uint8Array, at: number): number {",
		"	const end = encodeFields(f, buf, at);",
		'	if (end > buf.length) throw new RangeError("a message does not fit its buffer");',
		"	putU32(buf, at + Fcall_size, end - at);",
		"	buf[at + Fcall_type] = f.type;",
		"	putU16(buf, at + Fcall_tag, f.tag);",
		"	return end;",
		"}",
		"",
		"function encodeFields(f: Fcall, buf: Uint8Array, at: number): number {",
		"	switch (f.type) {",
		...legal(table).map((m) =>
			m.fields.length > 0
				? `		case ${m.name}: return encode${m.name}(f, buf, at);`
				: `		case ${m.name}: return at + HDRSZ;`,
		),
		"	}",
		"}",
		"",
	];
}

function structEncoder(table: Table, name: string, man: string): string[] {
	const fields = structOf(table, name)?.fields ?? [];
	const body = new Body(table, "s", "at", 0).walk(fields);
	const type = capital(name);
	return [
		`/** Writes a ${name}, its size first; returns where it ends. Throws as encode. ${man}(5) */`,
		`export function encode${type}(s: ${type}, buf: Uint8Array, at: number): number {`,
		...body.lines,
		`	const end = ${body.place()};`,
		`	if (end > buf.length) throw new RangeError("a ${name} does not fit its buffer");`,
		...body.late,
		"	return end;",
		"}",
		"",
	];
}

function headerSize(table: Table): number {
	return table.header.reduce((n, f) => n + (fixedSize(table, f.type) ?? 0), 0);
}

function put(type: string, at: string, v: string): string {
	return `	put${capital(type)}(buf, ${at}, ${v});`;
}

/** The statements that write a sequence of fields of the value `v`. */
class Body {
	readonly lines: string[] = [];
	/** Statements for when `end` is known. */
	readonly late: string[] = [];
	readonly #table: Table;
	readonly #v: string;
	#base: string;
	#off: number;

	constructor(table: Table, v: string, base: string, off: number) {
		this.#table = table;
		this.#v = v;
		this.#base = base;
		this.#off = off;
	}

	walk(fields: readonly Field[]): this {
		for (const f of fields) this.#field(fields, f);
		return this;
	}

	place(): string {
		return this.#off === 0 ? this.#base : `${this.#base} + ${this.#off}`;
	}

	end(): string[] {
		return [...this.lines, `	return ${this.place()};`];
	}

	#field(fields: readonly Field[], f: Field): void {
		const at = this.place();
		const v = `${this.#v}.${f.name}`;
		const size = fixedSize(this.#table, f.type);
		if (f.list === true) return this.#list(fields, f, v);
		if (f.counts !== undefined) return this.#count(fields, f, at);
		if (size !== undefined) {
			this.lines.push(put(f.type, at, v));
			this.#off += size;
			return;
		}
		const end = `${f.name}End`;
		if (f.type === "string") this.lines.push(`	const ${end} = putString(buf, ${at}, ${v});`);
		else if (f.type === "bytes") {
			this.lines.push(`	const ${end} = ${at} + ${v}.length;`, `	buf.set(${v}, ${at});`);
		} else {
			const n = intSizes[counterOf(fields, f)?.type ?? ""] ?? 0;
			this.lines.push(`	const ${end} = encode${capital(f.type)}(${v}, buf, ${at});`);
			const count = `${this.#base} + ${this.#off - n}`;
			this.lines.push(put(counterOf(fields, f)?.type ?? "", count, `${end} - ${term(at)}`));
		}
		this.#base = end;
		this.#off = 0;
	}

	#count(fields: readonly Field[], f: Field, at: string): void {
		const n = intSizes[f.type] ?? 0;
		const counted = fields.find((g) => g.name === f.counts);
		const length = `${this.#v}.${f.counts}.length`;
		if (f.counts === "rest") this.late.push(put(f.type, at, `end - ${term(at)} - ${n}`));
		else if (counted?.list === true || counted?.type === "bytes") {
			if (f.max !== undefined && !f.max.includes("msize")) {
				this.lines.push(
					`	if (${length} > ${f.max}) throw new RangeError("${f.name} is more than ${f.max}");`,
				);
			}
			this.lines.push(put(f.type, at, length));
		}
		this.#off += n;
	}

	#list(fields: readonly Field[], f: Field, v: string): void {
		if (counterOf(fields, f) === undefined) throw new Error(`nothing counts ${f.name}`);
		const p = `${f.name}End`;
		const size = fixedSize(this.#table, f.type);
		this.lines.push(`	let ${p} = ${this.place()};`, `	for (const e of ${v}) {`);
		if (f.type === "string") this.lines.push(`		${p} = putString(buf, ${p}, e);`);
		else this.lines.push(`	${put(f.type, p, "e")}`, `		${p} += ${size};`);
		this.lines.push("	}");
		this.#base = p;
		this.#off = 0;
	}
}
