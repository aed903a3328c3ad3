// The stat that changes nothing: what a Twstat says of properties it leaves alone (stat(5)).

import type { Stat } from "./fcall.gen.ts";

/** "Don't touch" in every field: the largest number of its size, and no text. */
export const DONT_TOUCH: Stat = {
	type: 0xffff,
	dev: 0xffffffff,
	qid: { type: 0xff, vers: 0xffffffff, path: 0xffff_ffff_ffff_ffffn },
	mode: 0xffffffff,
	atime: 0xffffffff,
	mtime: 0xffffffff,
	length: 0xffff_ffff_ffff_ffffn,
	name: "",
	uid: "",
	gid: "",
	muid: "",
};
