// generated from spec/9p2000.json; do not edit
//
// The messages of 9P2000: numbers, types, decode, encode, text form, metadata.

import {
	type Malformed, malformed, missing, overrun, putString, putU16, putU32, putU64, putU8,
	text, textSize, trailing, u16, u32, u64, u8,
} from "./bytes.ts";
import {
	type Letters, flags, hex, octal, quote, quoteBytes, Scanner, symbol, unusual,
} from "./text.ts";

/** version(5): the tag of Tversion. */
export const NOTAG = 0xffff;
/** attach(5): afid of an attach without auth. */
export const NOFID = 0xffffffff;
/** open(5): kept free for a header when iounit is 0. */
export const IOHDRSZ = 24;
/** walk(5): names in one Twalk, at most. */
export const MAXWELEM = 16;
/** intro(5): directory. */
export const QTDIR = 0x80;
/** stat(5): append-only file. */
export const QTAPPEND = 0x40;
/** stat(5): exclusive-use file. */
export const QTEXCL = 0x20;
/** intro(5): mounted channel. */
export const QTMOUNT = 0x10;
/** stat(5): authentication file. */
export const QTAUTH = 8;
/** stat(5): file not in the backup. */
export const QTTMP = 4;
/** intro(5): plain file: none of the bits. */
export const QTFILE = 0;
/** stat(5): directory. */
export const DMDIR = 0x80000000;
/** stat(5): append-only file. */
export const DMAPPEND = 0x40000000;
/** stat(5): one open at a time. */
export const DMEXCL = 0x20000000;
/** intro(5): mounted channel. */
export const DMMOUNT = 0x10000000;
/** intro(5): authentication file. */
export const DMAUTH = 0x8000000;
/** stat(5): file not in the backup. */
export const DMTMP = 0x4000000;
/** intro(5): may read. */
export const DMREAD = 4;
/** intro(5): may write. */
export const DMWRITE = 2;
/** intro(5): may execute, or search. */
export const DMEXEC = 1;
/** open(5): open to read. */
export const OREAD = 0;
/** open(5): open to write. */
export const OWRITE = 1;
/** open(5): open to read and write. */
export const ORDWR = 2;
/** open(5): open to execute: read, checked as x. */
export const OEXEC = 3;
/** open(5): truncate first; or-ed in. */
export const OTRUNC = 16;
/** open(5): remove at clunk; or-ed in. */
export const ORCLOSE = 64;
/** version(5): the protocol spoken. */
export const VERSION9P = "9P2000";
/** intro(5): bytes before a message's own fields. */
export const HDRSZ = 7;
/** Where size begins in a frame. */
export const Fcall_size = 0;
/** Where type begins in a frame. */
export const Fcall_type = 4;
/** Where tag begins in a frame. */
export const Fcall_tag = 5;

/** intro(5): the server's identification of a file. */
export interface Qid {
	/** Directory, append-only, and so on. */
	type: number;
	/** Changes with the file's contents. */
	vers: number;
	/** One file's alone, for ever. */
	path: bigint;
}

/** stat(5): a directory entry. */
export interface Stat {
	/** The kernel's device character. */
	type: number;
	/** The kernel's device instance. */
	dev: number;
	/** The file's qid. */
	qid: Qid;
	/** Permissions and flags. */
	mode: number;
	/** Last read. */
	atime: number;
	/** Last written. */
	mtime: number;
	/** Bytes in the file. */
	length: bigint;
	/** Last path element. */
	name: string;
	/** Owner. */
	uid: string;
	/** Group. */
	gid: string;
	/** Who wrote it last. */
	muid: string;
}

/** version(5): begin a session: agree on size and protocol. */
export const Tversion = 100;
/** version(5): begin a session: agree on size and protocol. */
export interface Tversion {
	type: typeof Tversion;
	/** Pairs a reply with its request. */
	tag: number;
	/** Longest message the client will use. */
	msize: number;
	/** What it speaks. */
	version: string;
}

/** version(5): the session's size and protocol. */
export const Rversion = 101;
/** version(5): the session's size and protocol. */
export interface Rversion {
	type: typeof Rversion;
	/** Pairs a reply with its request. */
	tag: number;
	/** Not more than was asked. */
	msize: number;
	/** Or 'unknown'. */
	version: string;
}

/** attach(5): ask for an authentication file. */
export const Tauth = 102;
/** attach(5): ask for an authentication file. */
export interface Tauth {
	type: typeof Tauth;
	/** Pairs a reply with its request. */
	tag: number;
	/** New fid for that file. */
	afid: number;
	/** Who is to be proven. */
	uname: string;
	/** For which tree. */
	aname: string;
}

/** attach(5): afid is open for the conversation. */
export const Rauth = 103;
/** attach(5): afid is open for the conversation. */
export interface Rauth {
	type: typeof Rauth;
	/** Pairs a reply with its request. */
	tag: number;
	/** Of type QTAUTH. */
	aqid: Qid;
}

/** attach(5): give a user a fid for the root. */
export const Tattach = 104;
/** attach(5): give a user a fid for the root. */
export interface Tattach {
	type: typeof Tattach;
	/** Pairs a reply with its request. */
	tag: number;
	/** New fid for the root. */
	fid: number;
	/** The proof, or NOFID. */
	afid: number;
	/** Who attaches. */
	uname: string;
	/** To which tree. */
	aname: string;
}

/** attach(5): fid stands for the root. */
export const Rattach = 105;
/** attach(5): fid stands for the root. */
export interface Rattach {
	type: typeof Rattach;
	/** Pairs a reply with its request. */
	tag: number;
	/** Of the root. */
	qid: Qid;
}

/** error(5): the request failed. */
export const Rerror = 107;
/** error(5): the request failed. */
export interface Rerror {
	type: typeof Rerror;
	/** Pairs a reply with its request. */
	tag: number;
	/** Why. */
	ename: string;
}

/** flush(5): abandon a request. */
export const Tflush = 108;
/** flush(5): abandon a request. */
export interface Tflush {
	type: typeof Tflush;
	/** Pairs a reply with its request. */
	tag: number;
	/** The request's tag. */
	oldtag: number;
}

/** flush(5): oldtag is free, and will not be answered. */
export const Rflush = 109;
/** flush(5): oldtag is free, and will not be answered. */
export interface Rflush {
	type: typeof Rflush;
	/** Pairs a reply with its request. */
	tag: number;
}

/** walk(5): go down (or up) the tree, or clone a fid. */
export const Twalk = 110;
/** walk(5): go down (or up) the tree, or clone a fid. */
export interface Twalk {
	type: typeof Twalk;
	/** Pairs a reply with its request. */
	tag: number;
	/** Where to begin. */
	fid: number;
	/** For where it ends. */
	newfid: number;
	/** The path, name by name. */
	wname: readonly string[];
}

/** walk(5): how far the walk got. */
export const Rwalk = 111;
/** walk(5): how far the walk got. */
export interface Rwalk {
	type: typeof Rwalk;
	/** Pairs a reply with its request. */
	tag: number;
	/** Of each file on the way. */
	wqid: readonly Qid[];
}

/** open(5): make a fid ready for reads and writes. */
export const Topen = 112;
/** open(5): make a fid ready for reads and writes. */
export interface Topen {
	type: typeof Topen;
	/** Pairs a reply with its request. */
	tag: number;
	/** The file. */
	fid: number;
	/** OREAD, OWRITE, and so on. */
	mode: number;
}

/** open(5): fid is open. */
export const Ropen = 113;
/** open(5): fid is open. */
export interface Ropen {
	type: typeof Ropen;
	/** Pairs a reply with its request. */
	tag: number;
	/** Of the file. */
	qid: Qid;
	/** Bytes moved as one, or 0: not said. */
	iounit: number;
}

/** open(5): make a file and open it. */
export const Tcreate = 114;
/** open(5): make a file and open it. */
export interface Tcreate {
	type: typeof Tcreate;
	/** Pairs a reply with its request. */
	tag: number;
	/** The directory, then the file. */
	fid: number;
	/** The new file's. */
	name: string;
	/** Before the directory's mask. */
	perm: number;
	/** As in Topen. */
	mode: number;
}

/** open(5): fid is the new file, open. */
export const Rcreate = 115;
/** open(5): fid is the new file, open. */
export interface Rcreate {
	type: typeof Rcreate;
	/** Pairs a reply with its request. */
	tag: number;
	/** Of the new file. */
	qid: Qid;
	/** As in Ropen. */
	iounit: number;
}

/** read(5): ask for bytes of a file. */
export const Tread = 116;
/** read(5): ask for bytes of a file. */
export interface Tread {
	type: typeof Tread;
	/** Pairs a reply with its request. */
	tag: number;
	/** Open to read. */
	fid: number;
	/** First byte wanted. */
	offset: bigint;
	/** Bytes, at most. */
	count: number;
}
/** Where fid begins in a frame. */
export const Tread_fid = 7;
/** Where offset begins in a frame. */
export const Tread_offset = 11;
/** Where count begins in a frame. */
export const Tread_count = 19;

/** read(5): the bytes; none is the end. */
export const Rread = 117;
/** read(5): the bytes; none is the end. */
export interface Rread {
	type: typeof Rread;
	/** Pairs a reply with its request. */
	tag: number;
	/** The bytes. */
	data: Uint8Array;
}
/** Where count begins in a frame. */
export const Rread_count = 7;
/** Where data begins in a frame. */
export const Rread_data = 11;

/** read(5): put bytes into a file. */
export const Twrite = 118;
/** read(5): put bytes into a file. */
export interface Twrite {
	type: typeof Twrite;
	/** Pairs a reply with its request. */
	tag: number;
	/** Open to write. */
	fid: number;
	/** Where the first byte goes. */
	offset: bigint;
	/** The bytes. */
	data: Uint8Array;
}
/** Where fid begins in a frame. */
export const Twrite_fid = 7;
/** Where offset begins in a frame. */
export const Twrite_offset = 11;
/** Where count begins in a frame. */
export const Twrite_count = 19;
/** Where data begins in a frame. */
export const Twrite_data = 23;

/** read(5): bytes were written. */
export const Rwrite = 119;
/** read(5): bytes were written. */
export interface Rwrite {
	type: typeof Rwrite;
	/** Pairs a reply with its request. */
	tag: number;
	/** How many of them. */
	count: number;
}
/** Where count begins in a frame. */
export const Rwrite_count = 7;

/** clunk(5): forget a fid. */
export const Tclunk = 120;
/** clunk(5): forget a fid. */
export interface Tclunk {
	type: typeof Tclunk;
	/** Pairs a reply with its request. */
	tag: number;
	/** Free afterwards. */
	fid: number;
}

/** clunk(5): fid is free. */
export const Rclunk = 121;
/** clunk(5): fid is free. */
export interface Rclunk {
	type: typeof Rclunk;
	/** Pairs a reply with its request. */
	tag: number;
}

/** remove(5): remove a file, and clunk its fid in any case. */
export const Tremove = 122;
/** remove(5): remove a file, and clunk its fid in any case. */
export interface Tremove {
	type: typeof Tremove;
	/** Pairs a reply with its request. */
	tag: number;
	/** The file. */
	fid: number;
}

/** remove(5): the file is gone. */
export const Rremove = 123;
/** remove(5): the file is gone. */
export interface Rremove {
	type: typeof Rremove;
	/** Pairs a reply with its request. */
	tag: number;
}

/** stat(5): ask for a file's directory entry. */
export const Tstat = 124;
/** stat(5): ask for a file's directory entry. */
export interface Tstat {
	type: typeof Tstat;
	/** Pairs a reply with its request. */
	tag: number;
	/** The file. */
	fid: number;
}

/** stat(5): a file's directory entry. */
export const Rstat = 125;
/** stat(5): a file's directory entry. */
export interface Rstat {
	type: typeof Rstat;
	/** Pairs a reply with its request. */
	tag: number;
	/** The entry. */
	stat: Stat;
}

/** stat(5): change a file's directory entry. */
export const Twstat = 126;
/** stat(5): change a file's directory entry. */
export interface Twstat {
	type: typeof Twstat;
	/** Pairs a reply with its request. */
	tag: number;
	/** The file. */
	fid: number;
	/** All ones, or empty: don't touch. */
	stat: Stat;
}

/** stat(5): the entry is changed. */
export const Rwstat = 127;
/** stat(5): the entry is changed. */
export interface Rwstat {
	type: typeof Rwstat;
	/** Pairs a reply with its request. */
	tag: number;
}

/** What a client sends. */
export type Tmessage =
	| Tversion
	| Tauth
	| Tattach
	| Tflush
	| Twalk
	| Topen
	| Tcreate
	| Tread
	| Twrite
	| Tclunk
	| Tremove
	| Tstat
	| Twstat;

/** What a server sends. */
export type Rmessage =
	| Rversion
	| Rauth
	| Rattach
	| Rerror
	| Rflush
	| Rwalk
	| Ropen
	| Rcreate
	| Rread
	| Rwrite
	| Rclunk
	| Rremove
	| Rstat
	| Rwstat;

/** Any message. */
export type Fcall = Tmessage | Rmessage;

/**
 * Decodes buf[from,to), exactly one frame. Data is a view of buf. Never reads outside of the
 * frame and never throws: missing and trailing bytes and unknown types are Malformed.
 */
export function decode(buf: Uint8Array, from: number, to: number): Fcall | Malformed {
	if (to > buf.length) return missing(NOTAG, "the frame", buf.length - from);
	if (to - from < HDRSZ) return missing(NOTAG, "the header", to - from);
	const tag = u16(buf, from + Fcall_tag);
	if (u32(buf, from) !== to - from) {
		return malformed(tag, "size is not that of the frame", Fcall_size);
	}
	const type = u8(buf, from + Fcall_type);
	switch (type) {
		case Tversion: return decodeTversion(buf, from, to, tag);
		case Rversion: return decodeRversion(buf, from, to, tag);
		case Tauth: return decodeTauth(buf, from, to, tag);
		case Rauth: return decodeRauth(buf, from, to, tag);
		case Tattach: return decodeTattach(buf, from, to, tag);
		case Rattach: return decodeRattach(buf, from, to, tag);
		case 106: return malformed(tag, "Terror is illegal: an error only ever answers a request", Fcall_type);
		case Rerror: return decodeRerror(buf, from, to, tag);
		case Tflush: return decodeTflush(buf, from, to, tag);
		case Rflush: return decodeRflush(buf, from, to, tag);
		case Twalk: return decodeTwalk(buf, from, to, tag);
		case Rwalk: return decodeRwalk(buf, from, to, tag);
		case Topen: return decodeTopen(buf, from, to, tag);
		case Ropen: return decodeRopen(buf, from, to, tag);
		case Tcreate: return decodeTcreate(buf, from, to, tag);
		case Rcreate: return decodeRcreate(buf, from, to, tag);
		case Tread: return decodeTread(buf, from, to, tag);
		case Rread: return decodeRread(buf, from, to, tag);
		case Twrite: return decodeTwrite(buf, from, to, tag);
		case Rwrite: return decodeRwrite(buf, from, to, tag);
		case Tclunk: return decodeTclunk(buf, from, to, tag);
		case Rclunk: return decodeRclunk(buf, from, to, tag);
		case Tremove: return decodeTremove(buf, from, to, tag);
		case Rremove: return decodeRremove(buf, from, to, tag);
		case Tstat: return decodeTstat(buf, from, to, tag);
		case Rstat: return decodeRstat(buf, from, to, tag);
		case Twstat: return decodeTwstat(buf, from, to, tag);
		case Rwstat: return decodeRwstat(buf, from, to, tag);
		default: return malformed(tag, `type ${type} is unknown`, Fcall_type);
	}
}

/** Decodes buf[from,to), exactly one stat with its leading size. stat(5) */
export function decodeStat(buf: Uint8Array, from: number, to: number): Stat | Malformed {
	if (to > buf.length) return missing(NOTAG, "stat", buf.length - from);
	return readStat(buf, from, to, NOTAG, from);
}

function readQid(buf: Uint8Array, at: number): Qid {
	return { type: u8(buf, at), vers: u32(buf, at + 1), path: u64(buf, at + 5) };
}

function readStat(
	buf: Uint8Array, at: number, to: number, tag: number, from: number,
): Stat | Malformed {
	if (to - at < 43) return missing(tag, "stat", to - from);
	const size = u16(buf, at);
	if (size !== to - at - 2) {
		return malformed(tag, "stat: size is not right", at - from);
	}
	const type = u16(buf, at + 2);
	const dev = u32(buf, at + 4);
	const qid = readQid(buf, at + 8);
	const mode = u32(buf, at + 21);
	const atime = u32(buf, at + 25);
	const mtime = u32(buf, at + 29);
	const length = u64(buf, at + 33);
	const nameEnd = at + 43 + u16(buf, at + 41);
	if (nameEnd > to) return overrun(tag, "stat", "name", at + 41 - from);
	const name = text(buf, at + 43, nameEnd);
	if (to - nameEnd < 2) return missing(tag, "stat", to - from);
	const uidEnd = nameEnd + 2 + u16(buf, nameEnd);
	if (uidEnd > to) return overrun(tag, "stat", "uid", nameEnd - from);
	const uid = text(buf, nameEnd + 2, uidEnd);
	if (to - uidEnd < 2) return missing(tag, "stat", to - from);
	const gidEnd = uidEnd + 2 + u16(buf, uidEnd);
	if (gidEnd > to) return overrun(tag, "stat", "gid", uidEnd - from);
	const gid = text(buf, uidEnd + 2, gidEnd);
	if (to - gidEnd < 2) return missing(tag, "stat", to - from);
	const muidEnd = gidEnd + 2 + u16(buf, gidEnd);
	if (muidEnd > to) return overrun(tag, "stat", "muid", gidEnd - from);
	const muid = text(buf, gidEnd + 2, muidEnd);
	if (muidEnd !== to) return trailing(tag, "stat", muidEnd - from);
	return { type, dev, qid, mode, atime, mtime, length, name, uid, gid, muid };
}

function decodeTversion(buf: Uint8Array, from: number, to: number, tag: number): Tversion | Malformed {
	if (to - from < 13) return missing(tag, "Tversion", to - from);
	const msize = u32(buf, from + 7);
	const versionEnd = from + 13 + u16(buf, from + 11);
	if (versionEnd > to) return overrun(tag, "Tversion", "version", 11);
	const version = text(buf, from + 13, versionEnd);
	if (versionEnd !== to) return trailing(tag, "Tversion", versionEnd - from);
	return { type: Tversion, tag, msize, version };
}

function decodeRversion(buf: Uint8Array, from: number, to: number, tag: number): Rversion | Malformed {
	if (to - from < 13) return missing(tag, "Rversion", to - from);
	const msize = u32(buf, from + 7);
	const versionEnd = from + 13 + u16(buf, from + 11);
	if (versionEnd > to) return overrun(tag, "Rversion", "version", 11);
	const version = text(buf, from + 13, versionEnd);
	if (versionEnd !== to) return trailing(tag, "Rversion", versionEnd - from);
	return { type: Rversion, tag, msize, version };
}

function decodeTauth(buf: Uint8Array, from: number, to: number, tag: number): Tauth | Malformed {
	if (to - from < 13) return missing(tag, "Tauth", to - from);
	const afid = u32(buf, from + 7);
	const unameEnd = from + 13 + u16(buf, from + 11);
	if (unameEnd > to) return overrun(tag, "Tauth", "uname", 11);
	const uname = text(buf, from + 13, unameEnd);
	if (to - unameEnd < 2) return missing(tag, "Tauth", to - from);
	const anameEnd = unameEnd + 2 + u16(buf, unameEnd);
	if (anameEnd > to) return overrun(tag, "Tauth", "aname", unameEnd - from);
	const aname = text(buf, unameEnd + 2, anameEnd);
	if (anameEnd !== to) return trailing(tag, "Tauth", anameEnd - from);
	return { type: Tauth, tag, afid, uname, aname };
}

function decodeRauth(buf: Uint8Array, from: number, to: number, tag: number): Rauth | Malformed {
	if (to - from < 20) return missing(tag, "Rauth", to - from);
	const aqid = readQid(buf, from + 7);
	if (from + 20 !== to) return trailing(tag, "Rauth", 20);
	return { type: Rauth, tag, aqid };
}

function decodeTattach(buf: Uint8Array, from: number, to: number, tag: number): Tattach | Malformed {
	if (to - from < 17) return missing(tag, "Tattach", to - from);
	const fid = u32(buf, from + 7);
	const afid = u32(buf, from + 11);
	const unameEnd = from + 17 + u16(buf, from + 15);
	if (unameEnd > to) return overrun(tag, "Tattach", "uname", 15);
	const uname = text(buf, from + 17, unameEnd);
	if (to - unameEnd < 2) return missing(tag, "Tattach", to - from);
	const anameEnd = unameEnd + 2 + u16(buf, unameEnd);
	if (anameEnd > to) return overrun(tag, "Tattach", "aname", unameEnd - from);
	const aname = text(buf, unameEnd + 2, anameEnd);
	if (anameEnd !== to) return trailing(tag, "Tattach", anameEnd - from);
	return { type: Tattach, tag, fid, afid, uname, aname };
}

function decodeRattach(buf: Uint8Array, from: number, to: number, tag: number): Rattach | Malformed {
	if (to - from < 20) return missing(tag, "Rattach", to - from);
	const qid = readQid(buf, from + 7);
	if (from + 20 !== to) return trailing(tag, "Rattach", 20);
	return { type: Rattach, tag, qid };
}

function decodeRerror(buf: Uint8Array, from: number, to: number, tag: number): Rerror | Malformed {
	if (to - from < 9) return missing(tag, "Rerror", to - from);
	const enameEnd = from + 9 + u16(buf, from + 7);
	if (enameEnd > to) return overrun(tag, "Rerror", "ename", 7);
	const ename = text(buf, from + 9, enameEnd);
	if (enameEnd !== to) return trailing(tag, "Rerror", enameEnd - from);
	return { type: Rerror, tag, ename };
}

function decodeTflush(buf: Uint8Array, from: number, to: number, tag: number): Tflush | Malformed {
	if (to - from < 9) return missing(tag, "Tflush", to - from);
	const oldtag = u16(buf, from + 7);
	if (from + 9 !== to) return trailing(tag, "Tflush", 9);
	return { type: Tflush, tag, oldtag };
}

function decodeRflush(_buf: Uint8Array, from: number, to: number, tag: number): Rflush | Malformed {
	if (from + 7 !== to) return trailing(tag, "Rflush", 7);
	return { type: Rflush, tag };
}

function decodeTwalk(buf: Uint8Array, from: number, to: number, tag: number): Twalk | Malformed {
	if (to - from < 17) return missing(tag, "Twalk", to - from);
	const fid = u32(buf, from + 7);
	const newfid = u32(buf, from + 11);
	const nwname = u16(buf, from + 15);
	if (nwname > MAXWELEM) return malformed(tag, "Twalk: nwname is more than MAXWELEM", 15);
	const wname: string[] = [];
	let wnameEnd = from + 17;
	for (let i = 0; i < nwname; i++) {
		if (to - wnameEnd < 2) return missing(tag, "Twalk", to - from);
		const end = wnameEnd + 2 + u16(buf, wnameEnd);
		if (end > to) return overrun(tag, "Twalk", "wname", wnameEnd - from);
		wname.push(text(buf, wnameEnd + 2, end));
		wnameEnd = end;
	}
	if (wnameEnd !== to) return trailing(tag, "Twalk", wnameEnd - from);
	return { type: Twalk, tag, fid, newfid, wname };
}

function decodeRwalk(buf: Uint8Array, from: number, to: number, tag: number): Rwalk | Malformed {
	if (to - from < 9) return missing(tag, "Rwalk", to - from);
	const nwqid = u16(buf, from + 7);
	if (nwqid > MAXWELEM) return malformed(tag, "Rwalk: nwqid is more than MAXWELEM", 7);
	const wqid: Qid[] = [];
	let wqidEnd = from + 9;
	for (let i = 0; i < nwqid; i++) {
		if (to - wqidEnd < 13) return missing(tag, "Rwalk", to - from);
		wqid.push(readQid(buf, wqidEnd));
		wqidEnd += 13;
	}
	if (wqidEnd !== to) return trailing(tag, "Rwalk", wqidEnd - from);
	return { type: Rwalk, tag, wqid };
}

function decodeTopen(buf: Uint8Array, from: number, to: number, tag: number): Topen | Malformed {
	if (to - from < 12) return missing(tag, "Topen", to - from);
	const fid = u32(buf, from + 7);
	const mode = u8(buf, from + 11);
	if (from + 12 !== to) return trailing(tag, "Topen", 12);
	return { type: Topen, tag, fid, mode };
}

function decodeRopen(buf: Uint8Array, from: number, to: number, tag: number): Ropen | Malformed {
	if (to - from < 24) return missing(tag, "Ropen", to - from);
	const qid = readQid(buf, from + 7);
	const iounit = u32(buf, from + 20);
	if (from + 24 !== to) return trailing(tag, "Ropen", 24);
	return { type: Ropen, tag, qid, iounit };
}

function decodeTcreate(buf: Uint8Array, from: number, to: number, tag: number): Tcreate | Malformed {
	if (to - from < 13) return missing(tag, "Tcreate", to - from);
	const fid = u32(buf, from + 7);
	const nameEnd = from + 13 + u16(buf, from + 11);
	if (nameEnd > to) return overrun(tag, "Tcreate", "name", 11);
	const name = text(buf, from + 13, nameEnd);
	if (to - nameEnd < 5) return missing(tag, "Tcreate", to - from);
	const perm = u32(buf, nameEnd);
	const mode = u8(buf, nameEnd + 4);
	if (nameEnd + 5 !== to) return trailing(tag, "Tcreate", nameEnd + 5 - from);
	return { type: Tcreate, tag, fid, name, perm, mode };
}

function decodeRcreate(buf: Uint8Array, from: number, to: number, tag: number): Rcreate | Malformed {
	if (to - from < 24) return missing(tag, "Rcreate", to - from);
	const qid = readQid(buf, from + 7);
	const iounit = u32(buf, from + 20);
	if (from + 24 !== to) return trailing(tag, "Rcreate", 24);
	return { type: Rcreate, tag, qid, iounit };
}

function decodeTread(buf: Uint8Array, from: number, to: number, tag: number): Tread | Malformed {
	if (to - from < 23) return missing(tag, "Tread", to - from);
	const fid = u32(buf, from + 7);
	const offset = u64(buf, from + 11);
	const count = u32(buf, from + 19);
	if (from + 23 !== to) return trailing(tag, "Tread", 23);
	return { type: Tread, tag, fid, offset, count };
}

function decodeRread(buf: Uint8Array, from: number, to: number, tag: number): Rread | Malformed {
	if (to - from < 11) return missing(tag, "Rread", to - from);
	const count = u32(buf, from + 7);
	const dataEnd = from + 11 + count;
	if (dataEnd > to) return overrun(tag, "Rread", "data", 7);
	const data = buf.subarray(from + 11, dataEnd);
	if (dataEnd !== to) return trailing(tag, "Rread", dataEnd - from);
	return { type: Rread, tag, data };
}

function decodeTwrite(buf: Uint8Array, from: number, to: number, tag: number): Twrite | Malformed {
	if (to - from < 23) return missing(tag, "Twrite", to - from);
	const fid = u32(buf, from + 7);
	const offset = u64(buf, from + 11);
	const count = u32(buf, from + 19);
	const dataEnd = from + 23 + count;
	if (dataEnd > to) return overrun(tag, "Twrite", "data", 19);
	const data = buf.subarray(from + 23, dataEnd);
	if (dataEnd !== to) return trailing(tag, "Twrite", dataEnd - from);
	return { type: Twrite, tag, fid, offset, data };
}

function decodeRwrite(buf: Uint8Array, from: number, to: number, tag: number): Rwrite | Malformed {
	if (to - from < 11) return missing(tag, "Rwrite", to - from);
	const count = u32(buf, from + 7);
	if (from + 11 !== to) return trailing(tag, "Rwrite", 11);
	return { type: Rwrite, tag, count };
}

function decodeTclunk(buf: Uint8Array, from: number, to: number, tag: number): Tclunk | Malformed {
	if (to - from < 11) return missing(tag, "Tclunk", to - from);
	const fid = u32(buf, from + 7);
	if (from + 11 !== to) return trailing(tag, "Tclunk", 11);
	return { type: Tclunk, tag, fid };
}

function decodeRclunk(_buf: Uint8Array, from: number, to: number, tag: number): Rclunk | Malformed {
	if (from + 7 !== to) return trailing(tag, "Rclunk", 7);
	return { type: Rclunk, tag };
}

function decodeTremove(buf: Uint8Array, from: number, to: number, tag: number): Tremove | Malformed {
	if (to - from < 11) return missing(tag, "Tremove", to - from);
	const fid = u32(buf, from + 7);
	if (from + 11 !== to) return trailing(tag, "Tremove", 11);
	return { type: Tremove, tag, fid };
}

function decodeRremove(_buf: Uint8Array, from: number, to: number, tag: number): Rremove | Malformed {
	if (from + 7 !== to) return trailing(tag, "Rremove", 7);
	return { type: Rremove, tag };
}

function decodeTstat(buf: Uint8Array, from: number, to: number, tag: number): Tstat | Malformed {
	if (to - from < 11) return missing(tag, "Tstat", to - from);
	const fid = u32(buf, from + 7);
	if (from + 11 !== to) return trailing(tag, "Tstat", 11);
	return { type: Tstat, tag, fid };
}

function decodeRstat(buf: Uint8Array, from: number, to: number, tag: number): Rstat | Malformed {
	if (to - from < 9) return missing(tag, "Rstat", to - from);
	const nstat = u16(buf, from + 7);
	const statEnd = from + 9 + nstat;
	if (statEnd > to) return overrun(tag, "Rstat", "stat", 7);
	const stat = readStat(buf, from + 9, statEnd, tag, from);
	if ("why" in stat) return stat;
	if (statEnd !== to) return trailing(tag, "Rstat", statEnd - from);
	return { type: Rstat, tag, stat };
}

function decodeTwstat(buf: Uint8Array, from: number, to: number, tag: number): Twstat | Malformed {
	if (to - from < 13) return missing(tag, "Twstat", to - from);
	const fid = u32(buf, from + 7);
	const nstat = u16(buf, from + 11);
	const statEnd = from + 13 + nstat;
	if (statEnd > to) return overrun(tag, "Twstat", "stat", 11);
	const stat = readStat(buf, from + 13, statEnd, tag, from);
	if ("why" in stat) return stat;
	if (statEnd !== to) return trailing(tag, "Twstat", statEnd - from);
	return { type: Twstat, tag, fid, stat };
}

function decodeRwstat(_buf: Uint8Array, from: number, to: number, tag: number): Rwstat | Malformed {
	if (from + 7 !== to) return trailing(tag, "Rwstat", 7);
	return { type: Rwstat, tag };
}

/** Bytes that encode will write. */
export function sizeOf(f: Fcall): number {
	switch (f.type) {
		case Tversion: return 13 + textSize(f.version);
		case Rversion: return 13 + textSize(f.version);
		case Tauth: return 15 + textSize(f.uname) + textSize(f.aname);
		case Rauth: return 20;
		case Tattach: return 19 + textSize(f.uname) + textSize(f.aname);
		case Rattach: return 20;
		case Rerror: return 9 + textSize(f.ename);
		case Tflush: return 9;
		case Rflush: return 7;
		case Twalk: return 17 + sizeOfStrings(f.wname);
		case Rwalk: return 9 + 13 * f.wqid.length;
		case Topen: return 12;
		case Ropen: return 24;
		case Tcreate: return 18 + textSize(f.name);
		case Rcreate: return 24;
		case Tread: return 23;
		case Rread: return 11 + f.data.length;
		case Twrite: return 23 + f.data.length;
		case Rwrite: return 11;
		case Tclunk: return 11;
		case Rclunk: return 7;
		case Tremove: return 11;
		case Rremove: return 7;
		case Tstat: return 11;
		case Rstat: return 9 + sizeOfStat(f.stat);
		case Twstat: return 13 + sizeOfStat(f.stat);
		case Rwstat: return 7;
	}
}

/** Bytes that encodeStat will write. */
export function sizeOfStat(s: Stat): number {
	return 49 + textSize(s.name) + textSize(s.uid) + textSize(s.gid) + textSize(s.muid);
}

function sizeOfStrings(list: readonly string[]): number {
	let n = 0;
	for (const s of list) n += 2 + textSize(s);
	return n;
}

/**
 * Writes `f` into buf from `at` on and returns where it ends. Throws RangeError if a value
 * does not fit its field or `f` does not fit buf; buf from `at` on is then undefined.
 */
export function encode(f: Fcall, buf: Uint8Array, at: number): number {
	const end = encodeFields(f, buf, at);
	if (end > buf.length) throw new RangeError("a message does not fit its buffer");
	putU32(buf, at + Fcall_size, end - at);
	buf[at + Fcall_type] = f.type;
	putU16(buf, at + Fcall_tag, f.tag);
	return end;
}

function encodeFields(f: Fcall, buf: Uint8Array, at: number): number {
	switch (f.type) {
		case Tversion: return encodeTversion(f, buf, at);
		case Rversion: return encodeRversion(f, buf, at);
		case Tauth: return encodeTauth(f, buf, at);
		case Rauth: return encodeRauth(f, buf, at);
		case Tattach: return encodeTattach(f, buf, at);
		case Rattach: return encodeRattach(f, buf, at);
		case Rerror: return encodeRerror(f, buf, at);
		case Tflush: return encodeTflush(f, buf, at);
		case Rflush: return at + HDRSZ;
		case Twalk: return encodeTwalk(f, buf, at);
		case Rwalk: return encodeRwalk(f, buf, at);
		case Topen: return encodeTopen(f, buf, at);
		case Ropen: return encodeRopen(f, buf, at);
		case Tcreate: return encodeTcreate(f, buf, at);
		case Rcreate: return encodeRcreate(f, buf, at);
		case Tread: return encodeTread(f, buf, at);
		case Rread: return encodeRread(f, buf, at);
		case Twrite: return encodeTwrite(f, buf, at);
		case Rwrite: return encodeRwrite(f, buf, at);
		case Tclunk: return encodeTclunk(f, buf, at);
		case Rclunk: return at + HDRSZ;
		case Tremove: return encodeTremove(f, buf, at);
		case Rremove: return at + HDRSZ;
		case Tstat: return encodeTstat(f, buf, at);
		case Rstat: return encodeRstat(f, buf, at);
		case Twstat: return encodeTwstat(f, buf, at);
		case Rwstat: return at + HDRSZ;
	}
}

/** Writes a stat, its size first; returns where it ends. Throws as encode. stat(5) */
export function encodeStat(s: Stat, buf: Uint8Array, at: number): number {
	putU16(buf, at + 2, s.type);
	putU32(buf, at + 4, s.dev);
	putQid(buf, at + 8, s.qid);
	putU32(buf, at + 21, s.mode);
	putU32(buf, at + 25, s.atime);
	putU32(buf, at + 29, s.mtime);
	putU64(buf, at + 33, s.length);
	const nameEnd = putString(buf, at + 41, s.name);
	const uidEnd = putString(buf, nameEnd, s.uid);
	const gidEnd = putString(buf, uidEnd, s.gid);
	const muidEnd = putString(buf, gidEnd, s.muid);
	const end = muidEnd;
	if (end > buf.length) throw new RangeError("a stat does not fit its buffer");
	putU16(buf, at, end - at - 2);
	return end;
}

function putQid(buf: Uint8Array, at: number, s: Qid): void {
	putU8(buf, at, s.type);
	putU32(buf, at + 1, s.vers);
	putU64(buf, at + 5, s.path);
}

function encodeTversion(f: Tversion, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.msize);
	const versionEnd = putString(buf, at + 11, f.version);
	return versionEnd;
}

function encodeRversion(f: Rversion, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.msize);
	const versionEnd = putString(buf, at + 11, f.version);
	return versionEnd;
}

function encodeTauth(f: Tauth, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.afid);
	const unameEnd = putString(buf, at + 11, f.uname);
	const anameEnd = putString(buf, unameEnd, f.aname);
	return anameEnd;
}

function encodeRauth(f: Rauth, buf: Uint8Array, at: number): number {
	putQid(buf, at + 7, f.aqid);
	return at + 20;
}

function encodeTattach(f: Tattach, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.fid);
	putU32(buf, at + 11, f.afid);
	const unameEnd = putString(buf, at + 15, f.uname);
	const anameEnd = putString(buf, unameEnd, f.aname);
	return anameEnd;
}

function encodeRattach(f: Rattach, buf: Uint8Array, at: number): number {
	putQid(buf, at + 7, f.qid);
	return at + 20;
}

function encodeRerror(f: Rerror, buf: Uint8Array, at: number): number {
	const enameEnd = putString(buf, at + 7, f.ename);
	return enameEnd;
}

function encodeTflush(f: Tflush, buf: Uint8Array, at: number): number {
	putU16(buf, at + 7, f.oldtag);
	return at + 9;
}

function encodeTwalk(f: Twalk, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.fid);
	putU32(buf, at + 11, f.newfid);
	if (f.wname.length > MAXWELEM) throw new RangeError("nwname is more than MAXWELEM");
	putU16(buf, at + 15, f.wname.length);
	let wnameEnd = at + 17;
	for (const e of f.wname) {
		wnameEnd = putString(buf, wnameEnd, e);
	}
	return wnameEnd;
}

function encodeRwalk(f: Rwalk, buf: Uint8Array, at: number): number {
	if (f.wqid.length > MAXWELEM) throw new RangeError("nwqid is more than MAXWELEM");
	putU16(buf, at + 7, f.wqid.length);
	let wqidEnd = at + 9;
	for (const e of f.wqid) {
		putQid(buf, wqidEnd, e);
		wqidEnd += 13;
	}
	return wqidEnd;
}

function encodeTopen(f: Topen, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.fid);
	putU8(buf, at + 11, f.mode);
	return at + 12;
}

function encodeRopen(f: Ropen, buf: Uint8Array, at: number): number {
	putQid(buf, at + 7, f.qid);
	putU32(buf, at + 20, f.iounit);
	return at + 24;
}

function encodeTcreate(f: Tcreate, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.fid);
	const nameEnd = putString(buf, at + 11, f.name);
	putU32(buf, nameEnd, f.perm);
	putU8(buf, nameEnd + 4, f.mode);
	return nameEnd + 5;
}

function encodeRcreate(f: Rcreate, buf: Uint8Array, at: number): number {
	putQid(buf, at + 7, f.qid);
	putU32(buf, at + 20, f.iounit);
	return at + 24;
}

function encodeTread(f: Tread, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.fid);
	putU64(buf, at + 11, f.offset);
	putU32(buf, at + 19, f.count);
	return at + 23;
}

function encodeRread(f: Rread, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.data.length);
	const dataEnd = at + 11 + f.data.length;
	buf.set(f.data, at + 11);
	return dataEnd;
}

function encodeTwrite(f: Twrite, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.fid);
	putU64(buf, at + 11, f.offset);
	putU32(buf, at + 19, f.data.length);
	const dataEnd = at + 23 + f.data.length;
	buf.set(f.data, at + 23);
	return dataEnd;
}

function encodeRwrite(f: Rwrite, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.count);
	return at + 11;
}

function encodeTclunk(f: Tclunk, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.fid);
	return at + 11;
}

function encodeTremove(f: Tremove, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.fid);
	return at + 11;
}

function encodeTstat(f: Tstat, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.fid);
	return at + 11;
}

function encodeRstat(f: Rstat, buf: Uint8Array, at: number): number {
	const statEnd = encodeStat(f.stat, buf, at + 9);
	putU16(buf, at + 7, statEnd - (at + 9));
	return statEnd;
}

function encodeTwstat(f: Twstat, buf: Uint8Array, at: number): number {
	putU32(buf, at + 7, f.fid);
	const statEnd = encodeStat(f.stat, buf, at + 13);
	putU16(buf, at + 11, statEnd - (at + 13));
	return statEnd;
}

/** The message in one line of text, as in `Twalk tag 2 fid 1 newfid 3 nwname 1 0:a`. */
export function format(f: Fcall): string {
	const tag = symbol(f.tag, NOTAG, "NOTAG");
	switch (f.type) {
		case Tversion: return `Tversion tag ${tag} msize ${f.msize} version ${quote(f.version)}`;
		case Rversion: return `Rversion tag ${tag} msize ${f.msize} version ${quote(f.version)}`;
		case Tauth: return `Tauth tag ${tag} afid ${symbol(f.afid, NOFID, "NOFID")} uname ${quote(f.uname)} aname ${quote(f.aname)}`;
		case Rauth: return `Rauth tag ${tag} aqid ${formatQid(f.aqid)}`;
		case Tattach: return `Tattach tag ${tag} fid ${symbol(f.fid, NOFID, "NOFID")} afid ${symbol(f.afid, NOFID, "NOFID")} uname ${quote(f.uname)} aname ${quote(f.aname)}`;
		case Rattach: return `Rattach tag ${tag} qid ${formatQid(f.qid)}`;
		case Rerror: return `Rerror tag ${tag} ename ${quote(f.ename)}`;
		case Tflush: return `Tflush tag ${tag} oldtag ${symbol(f.oldtag, NOTAG, "NOTAG")}`;
		case Rflush: return `Rflush tag ${tag}`;
		case Twalk: return `Twalk tag ${tag} fid ${symbol(f.fid, NOFID, "NOFID")} newfid ${symbol(f.newfid, NOFID, "NOFID")} nwname ${f.wname.length}${formatList(f.wname, quote)}`;
		case Rwalk: return `Rwalk tag ${tag} nwqid ${f.wqid.length}${formatList(f.wqid, formatQid)}`;
		case Topen: return `Topen tag ${tag} fid ${symbol(f.fid, NOFID, "NOFID")} mode ${f.mode}`;
		case Ropen: return `Ropen tag ${tag} qid ${formatQid(f.qid)} iounit ${f.iounit}`;
		case Tcreate: return `Tcreate tag ${tag} fid ${symbol(f.fid, NOFID, "NOFID")} name ${quote(f.name)} perm ${octal(f.perm)} mode ${f.mode}`;
		case Rcreate: return `Rcreate tag ${tag} qid ${formatQid(f.qid)} iounit ${f.iounit}`;
		case Tread: return `Tread tag ${tag} fid ${symbol(f.fid, NOFID, "NOFID")} offset ${f.offset} count ${f.count}`;
		case Rread: return `Rread tag ${tag} count ${f.data.length} ${quoteBytes(f.data)}`;
		case Twrite: return `Twrite tag ${tag} fid ${symbol(f.fid, NOFID, "NOFID")} offset ${f.offset} count ${f.data.length} ${quoteBytes(f.data)}`;
		case Rwrite: return `Rwrite tag ${tag} count ${f.count}`;
		case Tclunk: return `Tclunk tag ${tag} fid ${symbol(f.fid, NOFID, "NOFID")}`;
		case Rclunk: return `Rclunk tag ${tag}`;
		case Tremove: return `Tremove tag ${tag} fid ${symbol(f.fid, NOFID, "NOFID")}`;
		case Rremove: return `Rremove tag ${tag}`;
		case Tstat: return `Tstat tag ${tag} fid ${symbol(f.fid, NOFID, "NOFID")}`;
		case Rstat: return `Rstat tag ${tag} stat ${formatStat(f.stat)}`;
		case Twstat: return `Twstat tag ${tag} fid ${symbol(f.fid, NOFID, "NOFID")} stat ${formatStat(f.stat)}`;
		case Rwstat: return `Rwstat tag ${tag}`;
	}
}

function formatList<E>(list: readonly E[], one: (e: E) => string): string {
	return list.map((e, i) => ` ${i}:${one(e)}`).join("");
}

/**
 * Reads a line that format wrote: exactly so, else Malformed, with the column, from 0, of
 * what differs. parse(format(f)) equals f.
 */
export function parse(line: string): Fcall | Malformed {
	const s = new Scanner(line);
	const name = s.word();
	s.expect(" tag ");
	const tag = s.symbol(0xffff, NOTAG, "NOTAG");
	const f = s.ok ? parseFields(name, s, tag) : undefined;
	const bad = s.problem(tag);
	if (bad !== undefined) return bad;
	if (f === undefined) return malformed(tag, `no message ${name}`, 0);
	const usual = format(f);
	return usual === line ? f : unusual(tag, line, usual);
}

function parseFields(name: string, s: Scanner, tag: number): Fcall | undefined {
	switch (name) {
		case "Tversion": return parseTversion(s, tag);
		case "Rversion": return parseRversion(s, tag);
		case "Tauth": return parseTauth(s, tag);
		case "Rauth": return parseRauth(s, tag);
		case "Tattach": return parseTattach(s, tag);
		case "Rattach": return parseRattach(s, tag);
		case "Rerror": return parseRerror(s, tag);
		case "Tflush": return parseTflush(s, tag);
		case "Rflush": return { type: Rflush, tag };
		case "Twalk": return parseTwalk(s, tag);
		case "Rwalk": return parseRwalk(s, tag);
		case "Topen": return parseTopen(s, tag);
		case "Ropen": return parseRopen(s, tag);
		case "Tcreate": return parseTcreate(s, tag);
		case "Rcreate": return parseRcreate(s, tag);
		case "Tread": return parseTread(s, tag);
		case "Rread": return parseRread(s, tag);
		case "Twrite": return parseTwrite(s, tag);
		case "Rwrite": return parseRwrite(s, tag);
		case "Tclunk": return parseTclunk(s, tag);
		case "Rclunk": return { type: Rclunk, tag };
		case "Tremove": return parseTremove(s, tag);
		case "Rremove": return { type: Rremove, tag };
		case "Tstat": return parseTstat(s, tag);
		case "Rstat": return parseRstat(s, tag);
		case "Twstat": return parseTwstat(s, tag);
		case "Rwstat": return { type: Rwstat, tag };
		default: return undefined;
	}
}

function formatQid(s: Qid): string {
	return `(${hex(s.path)} ${s.vers} ${flags(s.type, QTletters)})`;
}

function parseQid(s: Scanner): Qid {
	s.expect("(");
	const path = s.hex();
	s.expect(" ");
	const vers = s.uint(0xffffffff);
	s.expect(" ");
	const type = s.flags(QTletters, 0xff);
	s.expect(")");
	return { type, vers, path };
}

function formatStat(s: Stat): string {
	return `(name ${quote(s.name)} uid ${quote(s.uid)} gid ${quote(s.gid)} muid ${quote(s.muid)} qid ${formatQid(s.qid)} mode ${octal(s.mode)} atime ${s.atime} mtime ${s.mtime} length ${s.length} type ${s.type} dev ${s.dev})`;
}

function parseStat(s: Scanner): Stat {
	s.expect("(name ");
	const name = s.string();
	s.expect(" uid ");
	const uid = s.string();
	s.expect(" gid ");
	const gid = s.string();
	s.expect(" muid ");
	const muid = s.string();
	s.expect(" qid ");
	const qid = parseQid(s);
	s.expect(" mode ");
	const mode = s.octal(0xffffffff);
	s.expect(" atime ");
	const atime = s.uint(0xffffffff);
	s.expect(" mtime ");
	const mtime = s.uint(0xffffffff);
	s.expect(" length ");
	const length = s.uint64();
	s.expect(" type ");
	const type = s.uint(0xffff);
	s.expect(" dev ");
	const dev = s.uint(0xffffffff);
	s.expect(")");
	return { type, dev, qid, mode, atime, mtime, length, name, uid, gid, muid };
}

function parseTversion(s: Scanner, tag: number): Tversion {
	s.expect(" msize ");
	const msize = s.uint(0xffffffff);
	s.expect(" version ");
	const version = s.string();
	return { type: Tversion, tag, msize, version };
}

function parseRversion(s: Scanner, tag: number): Rversion {
	s.expect(" msize ");
	const msize = s.uint(0xffffffff);
	s.expect(" version ");
	const version = s.string();
	return { type: Rversion, tag, msize, version };
}

function parseTauth(s: Scanner, tag: number): Tauth {
	s.expect(" afid ");
	const afid = s.symbol(0xffffffff, NOFID, "NOFID");
	s.expect(" uname ");
	const uname = s.string();
	s.expect(" aname ");
	const aname = s.string();
	return { type: Tauth, tag, afid, uname, aname };
}

function parseRauth(s: Scanner, tag: number): Rauth {
	s.expect(" aqid ");
	const aqid = parseQid(s);
	return { type: Rauth, tag, aqid };
}

function parseTattach(s: Scanner, tag: number): Tattach {
	s.expect(" fid ");
	const fid = s.symbol(0xffffffff, NOFID, "NOFID");
	s.expect(" afid ");
	const afid = s.symbol(0xffffffff, NOFID, "NOFID");
	s.expect(" uname ");
	const uname = s.string();
	s.expect(" aname ");
	const aname = s.string();
	return { type: Tattach, tag, fid, afid, uname, aname };
}

function parseRattach(s: Scanner, tag: number): Rattach {
	s.expect(" qid ");
	const qid = parseQid(s);
	return { type: Rattach, tag, qid };
}

function parseRerror(s: Scanner, tag: number): Rerror {
	s.expect(" ename ");
	const ename = s.string();
	return { type: Rerror, tag, ename };
}

function parseTflush(s: Scanner, tag: number): Tflush {
	s.expect(" oldtag ");
	const oldtag = s.symbol(0xffff, NOTAG, "NOTAG");
	return { type: Tflush, tag, oldtag };
}

function parseTwalk(s: Scanner, tag: number): Twalk {
	s.expect(" fid ");
	const fid = s.symbol(0xffffffff, NOFID, "NOFID");
	s.expect(" newfid ");
	const newfid = s.symbol(0xffffffff, NOFID, "NOFID");
	s.expect(" nwname ");
	const nwname = s.uint(MAXWELEM);
	const wname: string[] = [];
	for (let i = 0; s.ok && i < nwname; i++) {
		s.expect(` ${i}:`);
		wname.push(s.string());
	}
	return { type: Twalk, tag, fid, newfid, wname };
}

function parseRwalk(s: Scanner, tag: number): Rwalk {
	s.expect(" nwqid ");
	const nwqid = s.uint(MAXWELEM);
	const wqid: Qid[] = [];
	for (let i = 0; s.ok && i < nwqid; i++) {
		s.expect(` ${i}:`);
		wqid.push(parseQid(s));
	}
	return { type: Rwalk, tag, wqid };
}

function parseTopen(s: Scanner, tag: number): Topen {
	s.expect(" fid ");
	const fid = s.symbol(0xffffffff, NOFID, "NOFID");
	s.expect(" mode ");
	const mode = s.uint(0xff);
	return { type: Topen, tag, fid, mode };
}

function parseRopen(s: Scanner, tag: number): Ropen {
	s.expect(" qid ");
	const qid = parseQid(s);
	s.expect(" iounit ");
	const iounit = s.uint(0xffffffff);
	return { type: Ropen, tag, qid, iounit };
}

function parseTcreate(s: Scanner, tag: number): Tcreate {
	s.expect(" fid ");
	const fid = s.symbol(0xffffffff, NOFID, "NOFID");
	s.expect(" name ");
	const name = s.string();
	s.expect(" perm ");
	const perm = s.octal(0xffffffff);
	s.expect(" mode ");
	const mode = s.uint(0xff);
	return { type: Tcreate, tag, fid, name, perm, mode };
}

function parseRcreate(s: Scanner, tag: number): Rcreate {
	s.expect(" qid ");
	const qid = parseQid(s);
	s.expect(" iounit ");
	const iounit = s.uint(0xffffffff);
	return { type: Rcreate, tag, qid, iounit };
}

function parseTread(s: Scanner, tag: number): Tread {
	s.expect(" fid ");
	const fid = s.symbol(0xffffffff, NOFID, "NOFID");
	s.expect(" offset ");
	const offset = s.uint64();
	s.expect(" count ");
	const count = s.uint(0xffffffff);
	return { type: Tread, tag, fid, offset, count };
}

function parseRread(s: Scanner, tag: number): Rread {
	s.expect(" count ");
	s.uint(0xffffffff);
	s.expect(" ");
	const data = s.bytes();
	return { type: Rread, tag, data };
}

function parseTwrite(s: Scanner, tag: number): Twrite {
	s.expect(" fid ");
	const fid = s.symbol(0xffffffff, NOFID, "NOFID");
	s.expect(" offset ");
	const offset = s.uint64();
	s.expect(" count ");
	s.uint(0xffffffff);
	s.expect(" ");
	const data = s.bytes();
	return { type: Twrite, tag, fid, offset, data };
}

function parseRwrite(s: Scanner, tag: number): Rwrite {
	s.expect(" count ");
	const count = s.uint(0xffffffff);
	return { type: Rwrite, tag, count };
}

function parseTclunk(s: Scanner, tag: number): Tclunk {
	s.expect(" fid ");
	const fid = s.symbol(0xffffffff, NOFID, "NOFID");
	return { type: Tclunk, tag, fid };
}

function parseTremove(s: Scanner, tag: number): Tremove {
	s.expect(" fid ");
	const fid = s.symbol(0xffffffff, NOFID, "NOFID");
	return { type: Tremove, tag, fid };
}

function parseTstat(s: Scanner, tag: number): Tstat {
	s.expect(" fid ");
	const fid = s.symbol(0xffffffff, NOFID, "NOFID");
	return { type: Tstat, tag, fid };
}

function parseRstat(s: Scanner, tag: number): Rstat {
	s.expect(" stat ");
	const stat = parseStat(s);
	return { type: Rstat, tag, stat };
}

function parseTwstat(s: Scanner, tag: number): Twstat {
	s.expect(" fid ");
	const fid = s.symbol(0xffffffff, NOFID, "NOFID");
	s.expect(" stat ");
	const stat = parseStat(s);
	return { type: Twstat, tag, fid, stat };
}

const QTletters: Letters = [["d", QTDIR], ["a", QTAPPEND], ["l", QTEXCL], ["m", QTMOUNT], ["A", QTAUTH], ["t", QTTMP]];

/** The field of `f` that is over its limit where msize was agreed on, or an empty string. */
export function overLimit(f: Fcall, msize: number): string {
	switch (f.type) {
		case Tread: return f.count > msize - IOHDRSZ ? "count" : "";
		case Rread: return f.data.length > msize - IOHDRSZ ? "count" : "";
		case Twrite: return f.data.length > msize - IOHDRSZ ? "count" : "";
		case Rwrite: return f.count > msize - IOHDRSZ ? "count" : "";
		default: return "";
	}
}

/** open(5): a name a file may have: one path element, printable, valid UTF-8, at most 255 bytes. */
export function isName(s: string): boolean {
	return s !== "." && s !== ".." && namePattern.test(s) && textSize(s) <= 255;
}
const namePattern = new RegExp("^[^/\\p{Cc}\\p{Cs}]+$", "u");

/** One field as it lies on the wire, counts included. */
export interface FieldInfo {
	name: string;
	/** u8, u16, u32, u64, string, bytes, or a key of `structs`. */
	type: string;
	list?: boolean;
	/** What its values are about: tag, fid, name, uname, ... */
	kind?: string;
	/** The field it counts, elements of a list, else bytes; `rest`: all that follows. */
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

/** Every message, in the order of their numbers. */
export const messages: readonly MessageInfo[] = [
	{ number: 100, name: "Tversion", man: "version", hot: false, fields: [
		{ name: "msize", type: "u32" },
		{ name: "version", type: "string", kind: "version" },
	] },
	{ number: 101, name: "Rversion", man: "version", hot: false, fields: [
		{ name: "msize", type: "u32" },
		{ name: "version", type: "string", kind: "version" },
	] },
	{ number: 102, name: "Tauth", man: "attach", hot: false, fields: [
		{ name: "afid", type: "u32", kind: "fid" },
		{ name: "uname", type: "string", kind: "uname" },
		{ name: "aname", type: "string", kind: "aname" },
	] },
	{ number: 103, name: "Rauth", man: "attach", hot: false, fields: [
		{ name: "aqid", type: "qid" },
	] },
	{ number: 104, name: "Tattach", man: "attach", hot: false, fields: [
		{ name: "fid", type: "u32", kind: "fid" },
		{ name: "afid", type: "u32", kind: "fid" },
		{ name: "uname", type: "string", kind: "uname" },
		{ name: "aname", type: "string", kind: "aname" },
	] },
	{ number: 105, name: "Rattach", man: "attach", hot: false, fields: [
		{ name: "qid", type: "qid" },
	] },
	{ number: 107, name: "Rerror", man: "error", hot: false, fields: [
		{ name: "ename", type: "string", kind: "ename" },
	] },
	{ number: 108, name: "Tflush", man: "flush", hot: false, fields: [
		{ name: "oldtag", type: "u16", kind: "tag" },
	] },
	{ number: 109, name: "Rflush", man: "flush", hot: false, fields: [
	] },
	{ number: 110, name: "Twalk", man: "walk", hot: false, fields: [
		{ name: "fid", type: "u32", kind: "fid" },
		{ name: "newfid", type: "u32", kind: "fid" },
		{ name: "nwname", type: "u16", counts: "wname", max: "MAXWELEM" },
		{ name: "wname", type: "string", list: true, kind: "wname" },
	] },
	{ number: 111, name: "Rwalk", man: "walk", hot: false, fields: [
		{ name: "nwqid", type: "u16", counts: "wqid", max: "MAXWELEM" },
		{ name: "wqid", type: "qid", list: true },
	] },
	{ number: 112, name: "Topen", man: "open", hot: false, fields: [
		{ name: "fid", type: "u32", kind: "fid" },
		{ name: "mode", type: "u8", kind: "mode" },
	] },
	{ number: 113, name: "Ropen", man: "open", hot: false, fields: [
		{ name: "qid", type: "qid" },
		{ name: "iounit", type: "u32" },
	] },
	{ number: 114, name: "Tcreate", man: "open", hot: false, fields: [
		{ name: "fid", type: "u32", kind: "fid" },
		{ name: "name", type: "string", kind: "name" },
		{ name: "perm", type: "u32", kind: "perm" },
		{ name: "mode", type: "u8", kind: "mode" },
	] },
	{ number: 115, name: "Rcreate", man: "open", hot: false, fields: [
		{ name: "qid", type: "qid" },
		{ name: "iounit", type: "u32" },
	] },
	{ number: 116, name: "Tread", man: "read", hot: true, fields: [
		{ name: "fid", type: "u32", kind: "fid" },
		{ name: "offset", type: "u64" },
		{ name: "count", type: "u32", max: "msize - IOHDRSZ" },
	] },
	{ number: 117, name: "Rread", man: "read", hot: true, fields: [
		{ name: "count", type: "u32", counts: "data", max: "msize - IOHDRSZ" },
		{ name: "data", type: "bytes" },
	] },
	{ number: 118, name: "Twrite", man: "read", hot: true, fields: [
		{ name: "fid", type: "u32", kind: "fid" },
		{ name: "offset", type: "u64" },
		{ name: "count", type: "u32", counts: "data", max: "msize - IOHDRSZ" },
		{ name: "data", type: "bytes" },
	] },
	{ number: 119, name: "Rwrite", man: "read", hot: true, fields: [
		{ name: "count", type: "u32", max: "msize - IOHDRSZ" },
	] },
	{ number: 120, name: "Tclunk", man: "clunk", hot: false, fields: [
		{ name: "fid", type: "u32", kind: "fid" },
	] },
	{ number: 121, name: "Rclunk", man: "clunk", hot: false, fields: [
	] },
	{ number: 122, name: "Tremove", man: "remove", hot: false, fields: [
		{ name: "fid", type: "u32", kind: "fid" },
	] },
	{ number: 123, name: "Rremove", man: "remove", hot: false, fields: [
	] },
	{ number: 124, name: "Tstat", man: "stat", hot: false, fields: [
		{ name: "fid", type: "u32", kind: "fid" },
	] },
	{ number: 125, name: "Rstat", man: "stat", hot: false, fields: [
		{ name: "nstat", type: "u16", counts: "stat" },
		{ name: "stat", type: "stat" },
	] },
	{ number: 126, name: "Twstat", man: "stat", hot: false, fields: [
		{ name: "fid", type: "u32", kind: "fid" },
		{ name: "nstat", type: "u16", counts: "stat" },
		{ name: "stat", type: "stat" },
	] },
	{ number: 127, name: "Rwstat", man: "stat", hot: false, fields: [
	] },
];

/** The fields of the composite types. */
export const structs: Readonly<Record<string, readonly FieldInfo[]>> = {
	qid: [
		{ name: "type", type: "u8", kind: "qtype" },
		{ name: "vers", type: "u32" },
		{ name: "path", type: "u64", kind: "qpath" },
	],
	stat: [
		{ name: "size", type: "u16", counts: "rest" },
		{ name: "type", type: "u16" },
		{ name: "dev", type: "u32" },
		{ name: "qid", type: "qid" },
		{ name: "mode", type: "u32", kind: "perm" },
		{ name: "atime", type: "u32", kind: "time" },
		{ name: "mtime", type: "u32", kind: "time" },
		{ name: "length", type: "u64" },
		{ name: "name", type: "string", kind: "name" },
		{ name: "uid", type: "string", kind: "uname" },
		{ name: "gid", type: "string", kind: "uname" },
		{ name: "muid", type: "string", kind: "uname" },
	],
};
