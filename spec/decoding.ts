// Emits decode: for each message a function that walks its frame once. Runs of fixed fields are
// checked against the end together; after that, positions are constants from the run's start.

import {
	capital,
	counterOf,
	type Field,
	fixedSize,
	intSizes,
	legal,
	type Message,
	structOf,
	type Table,
	term,
	valueFields,
} from "./table.ts";

/** Source of decode, decodeStat and one function for each message and struct. */
export function decoders(table: Table): string[] {
	const variable = table.structs.filter((s) => fixedSize(table, s.name) === undefined);
	return [
		...entry(table),
		...variable.flatMap((s) => [
			`/** Decodes buf[from,to), exactly one ${s.name} with its leading size. ${s.man}(5) */`,
			`export function decode${capital(s.name)}(${frame}): ${capital(s.name)} | Malformed {`,
			`	if (to > buf.length) return missing(NOTAG, "${s.name}", buf.length - from);`,
			`	return read${capital(s.name)}(buf, from, to, NOTAG, from);`,
			"}",
			"",
		]),
		...table.structs.flatMap((s) =>
			variable.includes(s) ? loose(table, s.name) : tight(table, s.name),
		),
		...legal(table).flatMap((m) => messageDecoder(table, m.name, m.fields)),
	];
}

const frame = "buf: Uint8Array, from: number, to: number";

function entry(table: Table): string[] {
	const cases = table.messages.map((m) =>
		m.illegal === true
			? `		case ${m.number}: return malformed(tag, "${illegal(m)}", Fcall_type);`
			: `		case ${m.name}: return decode${m.name}(buf, from, to, tag);`,
	);
	return [
		"/**",
		" * Decodes buf[from,to), exactly one frame. Data is a view of buf. Never reads outside of the",
		" * frame and never throws: missing and trailing bytes and unknown types are Malformed.",
		" */",
		`export function decode(${frame}): Fcall | Malformed {`,
		'	if (to > buf.length) return missing(NOTAG, "the frame", buf.length - from);',
		'	if (to - from < HDRSZ) return missing(NOTAG, "the header", to - from);',
		"	const tag = u16(buf, from + Fcall_tag);",
		"	if (u32(buf, from) !== to - from) {",
		'		return malformed(tag, "size is not that of the frame", Fcall_size);',
		"	}",
		"	const type = u8(buf, from + Fcall_type);",
		"	switch (type) {",
		...cases,
		"		default: return malformed(tag, `type ${type} is unknown`, Fcall_type);",
		"	}",
		"}",
		"",
	];
}

function messageDecoder(table: Table, name: string, fields: readonly Field[]): string[] {
	const body = new Body(table, name, "from", fixedHeader(table));
	body.walk(fields, fixedHeader(table));
	const result = [`type: ${name}`, "tag", ...body.values(fields)];
	const buf = fields.length > 0 ? "buf" : "_buf";
	const params = `${buf}: Uint8Array, from: number, to: number, tag: number`;
	return [
		`function decode${name}(${params}): ${name} | Malformed {`,
		...body.lines,
		`	return { ${result.join(", ")} };`,
		"}",
		"",
	];
}

// A struct of varying size fills [at,to); `from` is where the frame began, for the Malformed.
function loose(table: Table, name: string): string[] {
	const fields = structOf(table, name)?.fields ?? [];
	const body = new Body(table, name, "at", 0);
	body.walk(fields, 0);
	return [
		`function read${capital(name)}(`,
		"	buf: Uint8Array, at: number, to: number, tag: number, from: number,",
		`): ${capital(name)} | Malformed {`,
		...body.lines,
		`	return { ${body.values(fields).join(", ")} };`,
		"}",
		"",
	];
}

function tight(table: Table, name: string): string[] {
	const fields = structOf(table, name)?.fields ?? [];
	let off = 0;
	const values = fields.map((f) => {
		const value = `${f.name}: ${read(f.type, plus("at", off))}`;
		off += fixedSize(table, f.type) ?? 0;
		return value;
	});
	return [
		`function read${capital(name)}(buf: Uint8Array, at: number): ${capital(name)} {`,
		`	return { ${values.join(", ")} };`,
		"}",
		"",
	];
}

function fixedHeader(table: Table): number {
	return table.header.reduce((n, f) => n + (fixedSize(table, f.type) ?? 0), 0);
}

function read(type: string, at: string): string {
	return type in intSizes ? `${type}(buf, ${at})` : `read${capital(type)}(buf, ${at})`;
}

/** A place as an offset in the frame. */
function inFrame(base: string, off: number): string {
	return base === "from" ? String(off) : `${plus(base, off)} - from`;
}

function illegal(m: Message): string {
	return `${m.name} is illegal: ${m.meaning}`;
}

function plus(base: string, off: number): string {
	return off === 0 ? base : `${base} + ${off}`;
}

/** The statements that read a sequence of fields, each value into a constant of its name. */
class Body {
	readonly lines: string[] = [];
	readonly #table: Table;
	readonly #name: string;
	#base: string;
	#off = 0;
	/** How far the frame is known to reach, from #base. */
	#known: number;

	constructor(table: Table, name: string, base: string, known: number) {
		this.#table = table;
		this.#name = name;
		this.#base = base;
		this.#known = known;
	}

	walk(fields: readonly Field[], off: number): void {
		this.#off = off;
		fields.forEach((f, i) => {
			this.#need(fields.slice(i));
			this.#field(fields, f);
		});
		const end = plus(this.#base, this.#off);
		const at = inFrame(this.#base, this.#off);
		this.lines.push(`	if (${end} !== to) return trailing(tag, "${this.#name}", ${at});`);
	}

	values(fields: readonly Field[]): string[] {
		return valueFields(fields).map((f) => f.name);
	}

	// One check for all fixed bytes ahead, up to and with the count of the next string.
	#need(ahead: readonly Field[]): void {
		if (this.#off < this.#known) return;
		let n = this.#off;
		for (const f of ahead) {
			if (f.list === true || (f.type !== "string" && fixedSize(this.#table, f.type) === undefined))
				break;
			n += f.type === "string" ? 2 : (fixedSize(this.#table, f.type) ?? 0);
			if (f.type === "string") break;
		}
		if (n === this.#known || n === this.#off) return;
		this.#known = n;
		this.lines.push(
			`	if (to - ${this.#base} < ${n}) return missing(tag, "${this.#name}", to - from);`,
		);
	}

	#field(fields: readonly Field[], f: Field): void {
		const counter = counterOf(fields, f);
		const at = plus(this.#base, this.#off);
		if (f.list === true) return this.#list(f, counter, at);
		if (f.type === "string") return this.#string(f, at);
		const size = fixedSize(this.#table, f.type);
		if (size === undefined) return this.#counted(f, counter, at);
		const off = inFrame(this.#base, this.#off);
		this.lines.push(`	const ${f.name} = ${read(f.type, at)};`);
		if (f.counts === "rest") {
			this.lines.push(
				`	if (${f.name} !== to - ${term(at)} - ${size}) {`,
				`		return malformed(tag, "${this.#name}: ${f.name} is not right", ${off});`,
				"	}",
			);
		} else if (f.max !== undefined && !f.max.includes("msize")) {
			const why = `${this.#name}: ${f.name} is more than ${f.max}`;
			this.lines.push(`	if (${f.name} > ${f.max}) return malformed(tag, "${why}", ${off});`);
		}
		this.#off += size;
	}

	#string(f: Field, at: string): void {
		const end = `${f.name}End`;
		const start = plus(this.#base, this.#off + 2);
		const off = inFrame(this.#base, this.#off);
		this.lines.push(
			`	const ${end} = ${start} + u16(buf, ${at});`,
			`	if (${end} > to) return overrun(tag, "${this.#name}", "${f.name}", ${off});`,
			`	const ${f.name} = text(buf, ${start}, ${end});`,
		);
		this.#rebase(end);
	}

	// Bytes, or a struct of varying size: as many bytes as its count says.
	#counted(f: Field, counter: Field | undefined, at: string): void {
		if (counter === undefined) throw new Error(`${this.#name}: nothing counts ${f.name}`);
		const end = `${f.name}End`;
		const off = inFrame(this.#base, this.#off - (intSizes[counter.type] ?? 0));
		this.lines.push(
			`	const ${end} = ${at} + ${counter.name};`,
			`	if (${end} > to) return overrun(tag, "${this.#name}", "${f.name}", ${off});`,
		);
		if (f.type === "bytes") {
			this.lines.push(`	const ${f.name} = buf.subarray(${at}, ${end});`);
		} else {
			this.lines.push(
				`	const ${f.name} = read${capital(f.type)}(buf, ${at}, ${end}, tag, from);`,
				`	if ("why" in ${f.name}) return ${f.name};`,
			);
		}
		this.#rebase(end);
	}

	#list(f: Field, counter: Field | undefined, at: string): void {
		if (counter === undefined) throw new Error(`${this.#name}: nothing counts ${f.name}`);
		const p = `${f.name}End`;
		const size = fixedSize(this.#table, f.type);
		const type = f.type === "string" ? "string" : capital(f.type);
		this.lines.push(`	const ${f.name}: ${type}[] = [];`, `	let ${p} = ${at};`);
		this.lines.push(`	for (let i = 0; i < ${counter.name}; i++) {`);
		if (f.type === "string") {
			this.lines.push(
				`		if (to - ${p} < 2) return missing(tag, "${this.#name}", to - from);`,
				`		const end = ${p} + 2 + u16(buf, ${p});`,
				`		if (end > to) return overrun(tag, "${this.#name}", "${f.name}", ${p} - from);`,
				`		${f.name}.push(text(buf, ${p} + 2, end));`,
				`		${p} = end;`,
			);
		} else if (size !== undefined) {
			this.lines.push(
				`		if (to - ${p} < ${size}) return missing(tag, "${this.#name}", to - from);`,
				`		${f.name}.push(${read(f.type, p)});`,
				`		${p} += ${size};`,
			);
		} else {
			throw new Error(`${this.#name}: a list of ${f.type} is not understood`);
		}
		this.lines.push("	}");
		this.#rebase(p);
	}

	#rebase(base: string): void {
		this.#base = base;
		this.#off = 0;
		this.#known = 0;
	}
}
