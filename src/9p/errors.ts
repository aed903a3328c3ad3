// The strings of Rerror: every one this server sends. Each is in the Linux kernel's table of
// strings that it turns into an errno (ER-1), with one exception. Named after the errno or the
// Plan 9 variable.

/** The answer to Tauth; Linux never asks, so it needs no errno there. */
export const Enoauth = "authentication not required";

export const Eagain = "Resource temporarily unavailable";
export const Ebadfid = "fid unknown or out of range";
export const Ebadmsg = "Bad message";
export const Ebadoffset = "bad offset in directory read";
export const Ebaduse = "bad use of fid";
export const Econvert = "wstat can't convert between files and directories";
export const Ecount = "i/o count too large";
export const Eexcl = "exclusive use file already open";
export const Eexist = "file already exists";
export const Efidinuse = "fid already in use";
export const Egroup = "not a member of proposed group";
export const Egroupowner = "only owner can change group in wstat";
export const Eintr = "Interrupted system call";
export const Einval = "Invalid argument";
export const Eio = "Input/output error";
export const Eisdir = "Is a directory";
export const Elength = "only support truncation to zero length";
export const Emfile = "Too many open files";
export const Emode = "illegal mode";
export const Emsgsize = "Message too long";
export const Ename = "illegal name";
export const Enfile = "Too many open files in system";
export const Enobufs = "No buffer space available";
export const Enospc = "No space left on device";
export const Enosys = "Function not implemented";
export const Enotdir = "not a directory";
export const Enotempty = "directory is not empty";
export const Enotexist = "file does not exist";
export const Enotowner = "not owner";
export const Eperm = "permission denied";
export const Eproto = "Protocol error";
export const Erange = "Numerical result out of range";
export const Eremoved = "file has been removed";
export const Eunknownuser = "unknown user";
/** Refused whoever asks: on ctl, on the root, or of a property that never changes. */
export const Eunchangeable = "Operation not permitted";
