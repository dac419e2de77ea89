import * as Schema from "effect/Schema"

export { Code, maxLineBytes } from "./JsonRpcCode.ts"

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
