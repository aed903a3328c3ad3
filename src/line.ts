// A line: an intrusive queue whose members leave from the middle at no cost, as a flush needs it.
// It knows nothing of what stands in it; a member stands in at most one line.

/** What can stand in a line. The fields belong to the line. */
export interface Linked {
	prev: Linked | null;
	next: Linked | null;
	line: Line<Linked> | null;
}

/** First come, first served. */
export class Line<T extends Linked> {
	first: T | null = null;
	last: T | null = null;
	length = 0;

	push(x: T): void {
		x.line = this as unknown as Line<Linked>;
		x.prev = this.last;
		x.next = null;
		if (this.last === null) this.first = x;
		else this.last.next = x;
		this.last = x;
		this.length++;
	}

	shift(): T | null {
		const x = this.first;
		if (x !== null) this.remove(x);
		return x;
	}

	/** Takes out x, which must stand in this line. */
	remove(x: T): void {
		if (x.prev === null) this.first = x.next as T | null;
		else x.prev.next = x.next;
		if (x.next === null) this.last = x.prev as T | null;
		else x.next.prev = x.prev;
		x.prev = null;
		x.next = null;
		x.line = null;
		this.length--;
	}
}
