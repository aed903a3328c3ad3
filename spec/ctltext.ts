// One line of ctl, there and back: Plan 9's quoting (quote(2)) and the line's grammar (CT-4, CT-6).

/** A string as its UTF-8 bytes, one character each. */
export const utf8 = (text: string) => String.fromCharCode(...new TextEncoder().encode(text));

/** A path as ctl shows it. */
export const quote = (path: string) =>
	/[ \t']/.test(path) ? `'${path.replaceAll("'", "''")}'` : path;

/**
 * A line without its newline: undefined if it is ignored, the error if it is bad. The capacity is
 * not judged: what is wrong with the path comes first.
 */
export function parseLine(line: string): { path: string; capacity: string } | string | undefined {
	if (/^[ \t]*(#|$)/.test(line)) return undefined;
	const [path, capacity] = words(line) ?? [];
	if (path === undefined) return "Invalid argument";
	if (!path.startsWith("/")) return "file does not exist";
	return { path, capacity: capacity ?? "" };
}

/** The words of a line, quotes taken off; nothing if a quote is not closed. */
export function words(line: string): string[] | undefined {
	const out: string[] = [];
	let rest = line.replace(/^[ \t]+/, "");
	while (rest !== "") {
		const parts = /^(?:'(?:[^']|'')*'|[^ \t'])+/.exec(rest);
		if (!parts || /^'/.test(rest.slice(parts[0].length))) return undefined;
		out.push(
			parts[0].replace(/'((?:[^']|'')*)'/g, (_, quoted: string) => quoted.replaceAll("''", "'")),
		);
		rest = rest.slice(parts[0].length).replace(/^[ \t]+/, "");
	}
	return out;
}
