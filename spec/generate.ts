// From the table to the source of src/9p/fcall.gen.ts: a pure function. What is generated is plain
// code, one function a message, without dispatch over fields at run time. Must not import src.

import { decoders } from "./decoding.ts";
import { encoders } from "./encoding.ts";
import {
	type Constant,
	capital,
	type Field,
	fixedSize,
	intSizes,
	type Kind,
	legal,
	type Message,
	type Struct,
	type Table,
	valueFields,
} from "./table.ts";
import { texts } from "./texts.ts";

/** The whole generated file. Throws an Error if the table asks for something not understood. */
export function generate(table: Table): string {
	const all = legal(table);
	return [
		"// generated from spec/9p2000.json; do not edit",
		"//",
		`// The messages of ${table.protocol}: numbers, types, decode, encode, text form, metadata.`,
		"",
		imports,
		"",
		...table.constants.flatMap(constant),
		`/** version(5): the protocol spoken. */`,
		`export const VERSION9P = "${table.protocol}";`,
		"/** intro(5): bytes before a message's own fields. */",
		`export const HDRSZ = ${headerSize(table)};`,
		...offsets("Fcall", table.header, 0),
		"",
		...table.structs.flatMap((s) => [...interfaceOf(capital(s.name), s), ""]),
		...all.flatMap((m) => message(table, m)),
		union("Tmessage", "What a client sends.", all, "T"),
		union("Rmessage", "What a server sends.", all, "R"),
		"/** Any message. */",
		"export type Fcall = Tmessage | Rmessage;",
		"",
		...decoders(table),
		...encoders(table),
		...texts(table),
		...limits(table),
		...table.kinds.flatMap(kindCheck),
		...metadata(table),
		"",
	].join("\n");
}

const imports = `import {
	type Malformed, malformed, missing, overrun, putString, putU16, putU32, putU64, putU8,
	text, textSize, trailing, u16, u32, u64, u8,
} from "./bytes.ts";
import {
	type Letters, flags, hex, octal, quote, quoteBytes, Scanner, symbol, unusual,
} from "./text.ts";`;

function headerSize(table: Table): number {
	return table.header.reduce((n, f) => n + (fixedSize(table, f.type) ?? 0), 0);
}

function constant(c: Constant): string[] {
	const value = c.value > 9 ? `0x${c.value.toString(16)}` : String(c.value);
	const decimal = /^(QT|DM|NO)/.test(c.name) ? value : c.value;
	return [`/** ${c.man}(5): ${c.meaning}. */`, `export const ${c.name} = ${decimal};`];
}

function interfaceOf(name: string, s: Struct): string[] {
	const lines = [`/** ${s.man}(5): ${s.meaning}. */`, `export interface ${name} {`];
	return [...lines, ...members(s.fields), "}"];
}

function message(table: Table, m: Message): string[] {
	const hot = m.hot === true ? offsets(m.name, m.fields, headerSize(table)) : [];
	return [
		`/** ${m.man}(5): ${m.meaning}. */`,
		`export const ${m.name} = ${m.number};`,
		`/** ${m.man}(5): ${m.meaning}. */`,
		`export interface ${m.name} {`,
		`	type: typeof ${m.name};`,
		...members(table.header.filter((f) => f.name === "tag")),
		...members(m.fields),
		"}",
		...hot,
		"",
	];
}

function members(fields: readonly Field[]): string[] {
	return valueFields(fields).flatMap((f) => {
		const type = f.list === true ? `readonly ${typeName(f)}[]` : typeName(f);
		return [`	/** ${capital(f.meaning)}. */`, `	${f.name}: ${type};`];
	});
}

function typeName(f: Field): string {
	if (f.type === "u64") return "bigint";
	if (f.type in intSizes) return "number";
	if (f.type === "bytes") return "Uint8Array";
	return f.type === "string" ? "string" : capital(f.type);
}

function offsets(name: string, fields: readonly Field[], start: number): string[] {
	const lines: string[] = [];
	let at = start;
	for (const f of fields) {
		lines.push(
			`/** Where ${f.name} begins in a frame. */`,
			`export const ${name}_${f.name} = ${at};`,
		);
		at += intSizes[f.type] ?? 0;
		if (!(f.type in intSizes)) break;
	}
	return lines;
}

function union(name: string, doc: string, all: readonly Message[], letter: string): string {
	const names = all.map((m) => m.name).filter((n) => n.startsWith(letter));
	return `/** ${doc} */\nexport type ${name} =\n\t| ${names.join("\n\t| ")};\n`;
}

// Limits that name msize are the session's; those of constants stop decode and encode themselves.
function limits(table: Table): string[] {
	const cases = legal(table).flatMap((m) =>
		m.fields.flatMap((f) => {
			if (f.max === undefined || !f.max.includes("msize")) return [];
			const counted = m.fields.find((g) => g.name === f.counts);
			const v = counted === undefined ? `f.${f.name}` : `f.${counted.name}.length`;
			return [`		case ${m.name}: return ${v} > ${f.max} ? "${f.name}" : "";`];
		}),
	);
	return [
		"/** The field of `f` that is over its limit where msize was agreed on, or an empty string. */",
		"export function overLimit(f: Fcall, msize: number): string {",
		"	switch (f.type) {",
		...cases,
		'		default: return "";',
		"	}",
		"}",
		"",
	];
}

function kindCheck(k: Kind): string[] {
	if (k.pattern === undefined && k.not === undefined && k.maxBytes === undefined) return [];
	const all = [
		...(k.not ?? []).map((s) => `s !== ${JSON.stringify(s)}`),
		...(k.pattern === undefined ? [] : [`${k.name}Pattern.test(s)`]),
		...(k.maxBytes === undefined ? [] : [`textSize(s) <= ${k.maxBytes}`]),
	];
	const pattern = `const ${k.name}Pattern = new RegExp(${JSON.stringify(k.pattern)}, "u");`;
	return [
		`/** ${k.man}(5): ${k.meaning}${k.maxBytes ? `, at most ${k.maxBytes} bytes` : ""}. */`,
		`export function is${capital(k.name)}(s: string): boolean {`,
		`	return ${all.join(" && ")};`,
		"}",
		...(k.pattern === undefined ? [] : [pattern]),
		"",
	];
}

function metadata(table: Table): string[] {
	const pair = ([key, v]: [string, unknown]) => `${key}: ${JSON.stringify(v)}`;
	const list = (fields: readonly Field[]) =>
		fields.map(({ meaning, ...f }) => `\t\t{ ${Object.entries(f).map(pair).join(", ")} },`);
	const structs = table.structs.flatMap((s) => [`	${s.name}: [`, ...list(s.fields), "	],"]);
	const messages = legal(table).flatMap((m) => {
		const head = `number: ${m.number}, name: "${m.name}", man: "${m.man}", hot: ${m.hot === true}`;
		return [`	{ ${head}, fields: [`, ...list(m.fields), "	] },"];
	});
	return [
		fieldInfo,
		"/** Every message, in the order of their numbers. */",
		"export const messages: readonly MessageInfo[] = [",
		...messages,
		"];",
		"",
		"/** The fields of the composite types. */",
		"export const structs: Readonly<Record<string, readonly FieldInfo[]>> = {",
		...structs,
		"};",
	];
}

const fieldInfo = `/** One field as it lies on the wire, counts included. */
export interface FieldInfo {
	name: string;
	/** u8, u16, u32, u64, string, bytes, or a key of \`structs\`. */
	type: string;
	list?: boolean;
	/** What its values are about: tag, fid, name, uname, ... */
	kind?: string;
	/** The field it counts, elements of a list, else bytes; \`rest\`: all that follows. */
	counts?: string;
	/** The name of a constant, or an expression with msize. */
	max?: string;
}

/** One message. */
export interface MessageInfo {
	number: number;
	name: string;
	/** Page of section 5 of the manual. */
	man: string;
	/** Whether its fields' offsets are exported. */
	hot: boolean;
	fields: readonly FieldInfo[];
}
`;
