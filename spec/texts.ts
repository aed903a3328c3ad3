// Emits format and parse: one line of text a message, as Plan 9's %F has it where that can be read
// back. A field is ` name value`; what is counted follows its count without a name of its own.

import {
	type Constant,
	capital,
	counterOf,
	type Field,
	fixedSize,
	intSizes,
	type Kind,
	legal,
	type Message,
	type Struct,
	structOf,
	type Table,
	valueFields,
} from "./table.ts";

/** Source of format, parse and their functions for each message and struct. */
export function texts(table: Table): string[] {
	const t = new Words(table);
	return [
		...formats(table, t),
		...parses(table),
		...table.structs.flatMap((s) => structText(s, t)),
		...legal(table)
			.filter((m) => m.fields.length > 0)
			.flatMap((m) => messageParser(m, t)),
		...t.letterTables(),
	];
}

function formats(table: Table, t: Words): string[] {
	return [
		"/** The message in one line of text, as in `Twalk tag 2 fid 1 newfid 3 nwname 1 0:a`. */",
		"export function format(f: Fcall): string {",
		'	const tag = symbol(f.tag, NOTAG, "NOTAG");',
		"	switch (f.type) {",
		...legal(table).map((m) => {
			const fields = m.fields.map((f) => t.formatField(m.fields, f, "f")).join("");
			return `		case ${m.name}: return \`${m.name} tag \${tag}${fields}\`;`;
		}),
		"	}",
		"}",
		"",
		"function formatList<E>(list: readonly E[], one: (e: E) => string): string {",
		'	return list.map((e, i) => ` ${i}:${one(e)}`).join("");',
		"}",
		"",
	];
}

function parses(table: Table): string[] {
	const cases = legal(table).map((m) =>
		m.fields.length > 0
			? `		case "${m.name}": return parse${m.name}(s, tag);`
			: `		case "${m.name}": return { type: ${m.name}, tag };`,
	);
	return [
		"/**",
		" * Reads a line that format wrote: exactly so, else Malformed, with the column, from 0, of",
		" * what differs. parse(format(f)) equals f.",
		" */",
		"export function parse(line: string): Fcall | Malformed {",
		"	const s = new Scanner(line);",
		"	const name = s.word();",
		'	s.expect(" tag ");',
		'	const tag = s.symbol(0xffff, NOTAG, "NOTAG");',
		"	const f = s.ok ? parseFields(name, s, tag) : undefined;",
		"	const bad = s.problem(tag);",
		"	if (bad !== undefined) return bad;",
		"	if (f === undefined) return malformed(tag, `no message ${name}`, 0);",
		"	const usual = format(f);",
		"	return usual === line ? f : unusual(tag, line, usual);",
		"}",
		"",
		"function parseFields(name: string, s: Scanner, tag: number): Fcall | undefined {",
		"	switch (name) {",
		...cases,
		"		default: return undefined;",
		"	}",
		"}",
		"",
	];
}

function messageParser(m: Message, t: Words): string[] {
	const members = [`type: ${m.name}`, "tag", ...valueFields(m.fields).map((f) => f.name)];
	return [
		`function parse${m.name}(s: Scanner, tag: number): ${m.name} {`,
		...m.fields.flatMap((f) => t.parseField(m.fields, f)),
		`	return { ${members.join(", ")} };`,
		"}",
		"",
	];
}

function structText(s: Struct, t: Words): string[] {
	const name = capital(s.name);
	const fields = s.text.order.map((n) => s.fields.find((f) => f.name === n) as Field);
	const label = (f: Field) => (s.text.labels ? `${f.name} ` : "");
	const words = fields.map((f) => `${label(f)}\${${t.formatValue(f, `s.${f.name}`)}}`);
	return [
		`function format${name}(s: ${name}): string {`,
		`	return \`(${words.join(" ")})\`;`,
		"}",
		"",
		`function parse${name}(s: Scanner): ${name} {`,
		...fields.flatMap((f, i) => [
			`	s.expect("${i === 0 ? "(" : " "}${label(f)}");`,
			`	const ${f.name} = ${t.parseValue(f)};`,
		]),
		'	s.expect(")");',
		`	return { ${valueFields(s.fields)
			.map((f) => f.name)
			.join(", ")} };`,
		"}",
		"",
	];
}

/** How each field is written and read. */
class Words {
	readonly #table: Table;

	constructor(table: Table) {
		this.#table = table;
	}

	formatField(fields: readonly Field[], f: Field, v: string): string {
		const value = `${v}.${f.name}`;
		if (f.list === true) {
			const one = f.type === "string" ? "quote" : `format${capital(f.type)}`;
			return `\${formatList(${value}, ${one})}`;
		}
		if (f.type === "bytes") return ` \${quoteBytes(${value})}`;
		if (f.counts === undefined) return ` ${f.name} \${${this.formatValue(f, value)}}`;
		return this.#counted(fields, f) ? ` ${f.name} \${${v}.${f.counts}.length}` : "";
	}

	parseField(fields: readonly Field[], f: Field): string[] {
		if (f.list === true) return this.#parseList(fields, f);
		if (f.type === "bytes") return ['	s.expect(" ");', `	const ${f.name} = s.bytes();`];
		if (f.counts !== undefined && !this.#counted(fields, f)) return [];
		const label = `	s.expect(" ${f.name} ");`;
		if (f.counts === undefined) return [label, `	const ${f.name} = ${this.parseValue(f)};`];
		const isList = fields.some((g) => g.name === f.counts && g.list === true);
		// A count of bytes is compared with the bytes when the whole line is, a list's tells its end.
		const limit = f.max !== undefined && !f.max.includes("msize") ? f.max : this.#largest(f.type);
		return [label, `	${isList ? `const ${f.name} = ` : ""}s.uint(${limit});`];
	}

	formatValue(f: Field, v: string): string {
		const kind = this.#kind(f);
		if (f.type === "string") return `quote(${v})`;
		if (structOf(this.#table, f.type) !== undefined) return `format${capital(f.type)}(${v})`;
		if (kind?.none !== undefined) return `symbol(${v}, ${kind.none}, "${kind.none}")`;
		if (kind?.print === undefined) return v;
		const plain = kind.print === "octal" || kind.print === "hex";
		return plain ? `${kind.print}(${v})` : `flags(${v}, ${kind.print}letters)`;
	}

	parseValue(f: Field): string {
		const kind = this.#kind(f);
		const max = this.#largest(f.type);
		if (f.type === "string") return "s.string()";
		if (structOf(this.#table, f.type) !== undefined) return `parse${capital(f.type)}(s)`;
		if (kind?.none !== undefined) return `s.symbol(${max}, ${kind.none}, "${kind.none}")`;
		if (kind?.print === "octal") return `s.octal(${max})`;
		if (kind?.print === "hex") return "s.hex()";
		if (kind?.print !== undefined) return `s.flags(${kind.print}letters, ${max})`;
		return f.type === "u64" ? "s.uint64()" : `s.uint(${max})`;
	}

	/** `const QTletters`, for each prefix that a kind prints. */
	letterTables(): string[] {
		const prefixes = this.#table.kinds
			.flatMap((k) => k.print ?? [])
			.filter((p) => /^[A-Z]/.test(p));
		return [...new Set(prefixes)].flatMap((prefix) => {
			const has = (c: Constant) => c.name.startsWith(prefix) && c.letter !== undefined;
			const pairs = this.#table.constants.filter(has).map((c) => `["${c.letter}", ${c.name}]`);
			return [`const ${prefix}letters: Letters = [${pairs.join(", ")}];`, ""];
		});
	}

	#parseList(fields: readonly Field[], f: Field): string[] {
		const type = f.type === "string" ? "string" : capital(f.type);
		return [
			`	const ${f.name}: ${type}[] = [];`,
			`	for (let i = 0; s.ok && i < ${counterOf(fields, f)?.name}; i++) {`,
			"		s.expect(` ${i}:`);",
			`		${f.name}.push(${this.parseValue(f)});`,
			"	}",
		];
	}

	// The bytes of a struct are not written: they follow from its text.
	#counted(fields: readonly Field[], count: Field): boolean {
		const f = fields.find((g) => g.name === count.counts);
		return f !== undefined && (f.list === true || f.type === "bytes");
	}

	#kind(f: Field): Kind | undefined {
		return this.#table.kinds.find((k) => k.name === f.kind);
	}

	#largest(type: string): string {
		return `0x${"ff".repeat(intSizes[type] ?? fixedSize(this.#table, type) ?? 0)}`;
	}
}
