// One line of ctl, there and back: Plan 9's quoting (quote(2)) and the line's grammar (CT-4, CT-6).

/** A string as its UTF-8 bytes, one character each. */
export const utf8 = (text: string) => String.fromCharCode(...new TextEncoder().encode(text));

/** A path as ctl shows it. */
export const quote = (path: string) =>
	/[ \t']/.test(path) ? `'${path.replaceAll("'", "''")}'` : path;

/** A line without its newline: undefined if it is ignored, the error if it is none (CT-6). */
export function parseLine(line: string): { path: string; capacity: number } | string | undefined {
	if (/^[ \t]*(#|$)/.test(line)) return undefined;
	const [path, capacity] = words(line) ?? [];
	if (path === undefined || !path.startsWith("/")) return "Invalid argument";
	return /^[0-9]+$/.test(capacity ?? "")
		? { path, capacity: Number(capacity) }
		: "Invalid argument";
}

/** The first two words of a line, a quoted one without its quotes; nothing if there is no such. */
export function words(line: string): string[] | undefined {
	const out: string[] = [];
	let rest = line.replace(/^[ \t]+/, "");
	while (rest !== "" && out.length < 2) {
		const [word] = /^(?:'(?:[^']|'')*'|[^ \t']+)(?![^ \t])/.exec(rest) ?? [];
		if (word === undefined) return undefined;
		out.push(word.startsWith("'") ? word.slice(1, -1).replaceAll("''", "'") : word);
		rest = rest.slice(word.length).replace(/^[ \t]+/, "");
	}
	return out;
}
