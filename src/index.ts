// The library: what `import "dchan"` gives. The codec and text form of 9P2000, a server without
// sockets and one with them, and a client.

export type { Malformed } from "./9p/bytes.ts";
export * from "./9p/fcall.gen.ts";
export { DONT_TOUCH } from "./9p/stat.ts";
export {
	type CallOptions,
	Client,
	type ClientFid,
	type ClientOptions,
	ConnectionLost,
	type Pipe,
	RequestCancelled,
	RequestRefused,
} from "./client.ts";
export { type Address, formatDial, parseDial } from "./dial.ts";
export { type ConnOptions, createServer, type Server, type ServerOptions } from "./server.ts";
export type { LinuxMode, Tracer } from "./session.ts";
export { DEFAULT_LIMITS, type Delay, type Limits, type Snapshot, type Stats } from "./stats.ts";
export { traceLine } from "./trace.ts";
export { dial, type Listener, type ListenOptions, listen, watchEventLoop } from "./transport.ts";
