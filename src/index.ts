// The library: what `import "dchan"` gives.

export * from "./9p/fcall.gen.ts";
export { type Address, formatDial, parseDial } from "./dial.ts";
export { type ConnOptions, createServer, type Server, type ServerOptions } from "./server.ts";
export type { Limits, Stats } from "./stats.ts";
export { type Listener, type ListenOptions, listen } from "./transport.ts";
