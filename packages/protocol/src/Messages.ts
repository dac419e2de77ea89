import * as Schema from "effect/Schema"
import type { Method } from "./ClinitRpcs.ts"
import { calls } from "./ClinitRpcs.ts"
import * as Event from "./Event.ts"
import * as JsonRpc from "./JsonRpc.ts"

const jsonrpc = Schema.Literal("2.0")

const methods = Object.keys(calls) as ReadonlyArray<Method>

/** The line that makes this call; without an `id` it is not answered. Where nothing is required the daemon does without `params`. */
export const request = <M extends Method>(method: M) => {
  const { params } = calls[method]
  return Schema.Struct({
    jsonrpc,
    id: Schema.optionalKey(JsonRpc.Id),
    method: Schema.Literal(method),
    params: Schema.is(params)({}) ? Schema.optionalKey(params) : params
  })
}

/** The line that answers it with what came of it. */
export const result = <M extends Method>(method: M) =>
  Schema.Struct({ jsonrpc, id: JsonRpc.Id, result: calls[method].result })

/** The line that says why it was refused. */
export const refusal = <M extends Method>(method: M) =>
  Schema.Struct({
    jsonrpc,
    id: JsonRpc.Id,
    error: Schema.Struct({
      code: Schema.Literal(JsonRpc.Code.refused),
      message: Schema.String,
      data: calls[method].refusal
    })
  })

const { refused: _refused, ...otherCodes } = JsonRpc.Code

/** The line that says what is wrong with a request, or with the daemon. */
export const error = Schema.Struct({
  jsonrpc,
  id: JsonRpc.Id,
  error: Schema.Struct({
    code: Schema.Literals(Object.values(otherCodes)),
    message: Schema.String
  })
})

const notification = <Name extends string, Params extends Schema.Constraint>(name: Name, params: Params) =>
  Schema.Struct({ jsonrpc, method: Schema.Literal(name), params })

/** The lines that follow the answer of a `watch`. */
export const notifications = {
  event: notification("event", Event.Event),
  missed: notification("missed", Event.Missed)
} as const

const isRefused = (method: Method) => calls[method].refusal !== Schema.Never

/** Every message, by its name in the JSON Schema: `request.tell`, `result.tell`, `refusal.tell`, `error`, `notification.event`. */
export const all: Readonly<Record<string, Schema.Top>> = {
  ...Object.fromEntries(methods.flatMap((method): ReadonlyArray<[string, Schema.Top]> => [
    [`request.${method}`, request(method)],
    [`result.${method}`, result(method)],
    ...(isRefused(method) ? [[`refusal.${method}`, refusal(method)] as [string, Schema.Top]] : [])
  ])),
  error,
  "notification.event": notifications.event,
  "notification.missed": notifications.missed
}
