import * as Schema from "effect/Schema"

/** https://www.jsonrpc.org/specification, section 4: an id is a string, a number or null. */
export const Id = Schema.Union([Schema.String, Schema.Finite, Schema.Null])
export type Id = typeof Id.Type

/** A call: without an id nothing is answered. */
export const Request = Schema.Struct({
  jsonrpc: Schema.Literal("2.0"),
  id: Schema.optionalKey(Id),
  method: Schema.String,
  params: Schema.optionalKey(Schema.Unknown)
})
export type Request = typeof Request.Type

/** Why a call was not carried out: `code` is one of `Code`, `data` holds a refusal's fields. */
export const ErrorObject = Schema.Struct({
  code: Schema.Int,
  message: Schema.String,
  data: Schema.optionalKey(Schema.Unknown)
})
export type ErrorObject = typeof ErrorObject.Type

/** The answer to the call with this id: its result, or an error. */
export const Response = Schema.Union([
  Schema.Struct({ jsonrpc: Schema.Literal("2.0"), id: Id, result: Schema.Unknown }),
  Schema.Struct({ jsonrpc: Schema.Literal("2.0"), id: Id, error: ErrorObject })
])
export type Response = typeof Response.Type

/** What follows the answer of a call that is answered again and again: a message without an id. */
export const Notification = Schema.Struct({
  jsonrpc: Schema.Literal("2.0"),
  method: Schema.String,
  params: Schema.Unknown
})
export type Notification = typeof Notification.Type

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
