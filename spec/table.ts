// What spec/9p2000.json looks like to the generator: the same as 9p2000.schema.json says, in types.
// A dialect (9P2000.u, 9P2000.L) can be a table of its own that names this one in `extends`: its
// entries replace those of the same name, and add the rest. None exists yet.

/** The whole table. */
export interface Table {
	protocol: string;
	extends?: string;
	header: readonly Field[];
	constants: readonly Constant[];
	kinds: readonly Kind[];
	structs: readonly Struct[];
	messages: readonly Message[];
}

/** A number with a name; `letter` stands for its bit in the text form. */
export interface Constant {
	name: string;
	value: number;
	man: string;
	letter?: string;
	meaning: string;
}

/** What values of a field are about: how they are written, and which strings are allowed. */
export interface Kind {
	name: string;
	of: string;
	man: string;
	/** The constant that is written by its name. */
	none?: string;
	/** `octal`, `hex`, or the prefix of the constants whose letters are written. */
	print?: string;
	pattern?: string;
	not?: readonly string[];
	maxBytes?: number;
	meaning: string;
}

/** A composite type. */
export interface Struct {
	name: string;
	man: string;
	text: { order: readonly string[]; labels: boolean };
	fields: readonly Field[];
	meaning: string;
}

/** One message; `illegal` ones have a number and nothing else. */
export interface Message {
	name: string;
	number: number;
	man: string;
	illegal?: boolean;
	/** Its fields of fixed place are read and written in place too. */
	hot?: boolean;
	fields: readonly Field[];
	meaning: string;
}

/** One field as it lies on the wire. */
export interface Field {
	name: string;
	/** `u8`, `u16`, `u32`, `u64`, `string`, `bytes`, or a struct's name. */
	type: string;
	list?: boolean;
	kind?: string;
	/** The field whose elements (of a list) or bytes it counts; `rest`: all that follows. */
	counts?: string;
	/** A constant, or an expression with `msize`, which only a session can know. */
	max?: string;
	meaning: string;
}

/** Bytes of each integer type. */
export const intSizes: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8 };

/** `fid` to `Fid`. */
export function capital(s: string): string {
	return s.slice(0, 1).toUpperCase() + s.slice(1);
}

/** The struct a field is of, if it is of one. */
export function structOf(table: Table, type: string): Struct | undefined {
	return table.structs.find((s) => s.name === type);
}

/** Bytes a type always takes, undefined if that varies. */
export function fixedSize(table: Table, type: string): number | undefined {
	if (type in intSizes) return intSizes[type];
	const fields = structOf(table, type)?.fields;
	if (fields === undefined) return undefined;
	let n = 0;
	for (const f of fields) {
		const size = fixedSize(table, f.type);
		if (size === undefined) return undefined;
		n += size;
	}
	return n;
}

/** The field of `fields` that counts `f`. */
export function counterOf(fields: readonly Field[], f: Field): Field | undefined {
	return fields.find((c) => c.counts === f.name);
}

/** The fields a value has: counts follow from what they count. */
export function valueFields(fields: readonly Field[]): Field[] {
	return fields.filter((f) => f.counts === undefined);
}

/** An expression to stand after a minus. */
export function term(s: string): string {
	return s.includes(" ") ? `(${s})` : s;
}

/** The messages that exist. */
export function legal(table: Table): Message[] {
	return table.messages.filter((m) => m.illegal !== true);
}
