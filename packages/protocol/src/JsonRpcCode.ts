// Apart from the schemas of `JsonRpc.ts`: who talks without Effect needs only these.

/**
 * Error codes: those of section 5.1 of the specification, then ours, which lie in the range that it leaves to
 * implementations (-32000 to -32099).
 */
export const Code = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  refused: -32001,
  tooLong: -32002,
  silent: -32003,
  busy: -32004
} as const

/** A message's longest line, in bytes without its newline. */
export const maxLineBytes = 64 * 1024
