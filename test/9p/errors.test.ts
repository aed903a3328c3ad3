// The strings of Rerror, against those that Linux turns into an errno.

import { describe, expect, it } from "vitest";
import * as errors from "../../src/9p/errors.ts";
import { filesBelow, textOf } from "../files.ts";

describe("error strings", () => {
	const linux = new Map(
		textOf("test/linux-9p-errors.tsv")
			.trimEnd()
			.split("\n")
			.slice(1)
			.map((line) => line.split("\t") as [string, string]),
	);

	const byName = new Map<string, string>(Object.entries(errors));

	it("ER-1: the table is Linux's, whole", () => {
		expect(linux.size).toBe(77);
		expect(linux.get("file has been removed")).toBe("EIDRM");
		expect(linux.get("Operation not permitted")).toBe("EPERM");
	});

	it.each(Object.entries(errors))("ER-1: Linux knows %s", (name, ename) => {
		expect(linux.has(ename)).toBe(name !== "Enoauth");
	});

	it("ER-1: each is there once", () => {
		const strings = Object.values(errors);
		expect(new Set(strings).size).toBe(strings.length);
		expect(errors.Enoauth).toBe("authentication not required");
	});

	it("ER-1: no string of an Rerror is written anywhere else in src", () => {
		const literal = /rerror\([^,()]*, ["'`]|ename: ["'`]|turnAway\(["'`]/;
		const found = filesBelow("src").filter((path) => literal.test(textOf(path)));
		expect(found).toEqual([]);
	});

	it.each([
		["Eagain", "EAGAIN"],
		["Ebadfid", "EBADF"],
		["Ebadmsg", "EBADMSG"],
		["Eexcl", "EAGAIN"],
		["Eexist", "EEXIST"],
		["Eintr", "EINTR"],
		["Eio", "EIO"],
		["Eisdir", "EISDIR"],
		["Emfile", "EMFILE"],
		["Emsgsize", "EMSGSIZE"],
		["Ename", "ENAMETOOLONG"],
		["Enfile", "ENFILE"],
		["Enobufs", "ENOBUFS"],
		["Enospc", "ENOSPC"],
		["Enosys", "ENOSYS"],
		["Enotdir", "ENOTDIR"],
		["Enotempty", "ENOTEMPTY"],
		["Enotexist", "ENOENT"],
		["Eperm", "EACCES"],
		["Eproto", "EPROTO"],
		["Erange", "ERANGE"],
		["Eremoved", "EIDRM"],
		["Eunchangeable", "EPERM"],
	])("ER-1: %s is %s to Linux", (name, errno) => {
		expect(linux.get(byName.get(name) as string)).toBe(errno);
	});
});
