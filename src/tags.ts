// The tags in use on one connection. A Map would make garbage of every message: it is copied over
// and over as entries come and go. Tags are small numbers, so an array holds those that clients
// really use.

/** What a tag stands for. `order` belongs to the table. */
export interface Tagged {
	tag: number;
	order: number;
}

/** Tags below this are in the array; what is above costs a client's memory, not ours. */
const FEW = 1024;

export class Tags<R extends Tagged> {
	/** How many tags are in use. */
	size = 0;
	private readonly few: (R | undefined)[] = [];
	private readonly many = new Map<number, R>();
	private last = 0;

	get(tag: number): R | undefined {
		return tag < FEW ? this.few[tag] : this.many.get(tag);
	}

	/** Adds r, whose tag must not be in use. */
	add(r: R): void {
		r.order = ++this.last;
		this.size++;
		if (r.tag >= FEW) this.many.set(r.tag, r);
		else {
			while (this.few.length <= r.tag) this.few.push(undefined);
			this.few[r.tag] = r;
		}
	}

	/** Removes r, which must be there. */
	remove(r: R): void {
		this.size--;
		if (r.tag >= FEW) this.many.delete(r.tag);
		else this.few[r.tag] = undefined;
	}

	/** All of them as they are now, the oldest first. */
	all(): R[] {
		if (this.size === 0) return [];
		const found = [...this.many.values()];
		for (const r of this.few) if (r !== undefined) found.push(r);
		return found.sort((a, b) => a.order - b.order);
	}
}
