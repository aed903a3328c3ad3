// Rows of text become a table for a terminal or a README. Pure.

/** Columns padded to their widest cell; the first is flush left, the others flush right. */
export function table(rows: readonly (readonly string[])[]): string {
	const columns = Math.max(0, ...rows.map((row) => row.length));
	const widths = Array.from({ length: columns }, (_, column) =>
		Math.max(...rows.map((row) => [...(row[column] ?? "")].length)),
	);
	return rows
		.map((row) => row.map((cell, column) => pad(cell, widths[column] as number, column > 0)))
		.map((cells) => cells.join("  ").trimEnd())
		.join("\n");
}

function pad(cell: string, width: number, right: boolean): string {
	const blank = " ".repeat(width - [...cell].length);
	return right ? blank + cell : cell + blank;
}
