import * as CallText from "./CallText.ts"
import type * as Rpcs from "./ClinitRpcs.ts"
import type { Event, Missed } from "./Event.ts"
import { Code } from "./JsonRpcCode.ts"
import type { News, Position } from "./WatchPosition.ts"
import * as WatchPosition from "./WatchPosition.ts"

// The messages of a client without Effect, which uses only the types of the schemas.

/** What the daemon refused, as it says it: told apart by `_tag`. */
export type Refusal = typeof Rpcs.Refusal.Encoded

/**
 * The daemon refused the call and did nothing, or, if it is `Superseded`, took the order and waits for its outcome no longer;
 * `message` says why, in words for people.
 */
export class ClinitRefused extends Error {
  override readonly name = "ClinitRefused"
  /** A daemon that is newer may have others. */
  readonly _tag: Refusal["_tag"]
  readonly refusal: Refusal

  constructor(refusal: Refusal, message: string) {
    super(message)
    this._tag = refusal._tag
    this.refusal = refusal
  }
}

/**
 * There is no answer. `NoDaemon`: nobody listens, and nothing was sent. `ConnectionLost`: the daemon went away, and whether it
 * took the order is not known. `ProtocolError`: it answered with an error of the protocol, whose `code` is there, or with what
 * is no answer. `Closed`: the client was closed.
 */
export class ClinitFailed extends Error {
  override readonly name = "ClinitFailed"
  readonly _tag: "NoDaemon" | "ConnectionLost" | "ProtocolError" | "Closed"
  readonly code: number | undefined

  constructor(tag: ClinitFailed["_tag"], message: string, code?: number) {
    super(message)
    this._tag = tag
    this.code = code
  }
}

export const protocolError = (reason: string, code?: number) =>
  new ClinitFailed("ProtocolError", CallText.misunderstood(reason), code)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The message that a line is, if it is one of JSON-RPC 2.0. */
const message = (line: string): Readonly<Record<string, unknown>> => {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    throw protocolError("what came is not JSON")
  }
  if (!isObject(json) || json["jsonrpc"] !== "2.0") throw protocolError("what came is not JSON-RPC 2.0")
  return json
}

/** The result in the line of an answer; throws what it says instead. */
export const resultOf = <M extends Rpcs.Method>(line: string): Rpcs.Result<M> => {
  const { error, result } = message(line)
  if (isObject(result)) return result as Rpcs.Result<M>
  if (!isObject(error) || !Number.isInteger(error["code"]) || typeof error["message"] !== "string") {
    throw protocolError("what came is no answer")
  }
  const { code, data, message: words } = error
  if (code === Code.refused && isObject(data) && typeof data["_tag"] === "string") {
    throw new ClinitRefused(data as Refusal, words as string)
  }
  throw protocolError(words as string, code as number)
}

/** The news that a line is at this position; none if it says nothing to this client. */
export const newsOf = (line: string, at: Position): News | undefined => {
  const { method, params } = message(line)
  if (method !== "event" && method !== "missed") return undefined
  if (!isObject(params) || !Number.isInteger(params[method === "event" ? "seq" : "next"])) {
    throw protocolError(`what came is no ${method}`)
  }
  return method === "event"
    ? WatchPosition.afterEvent(at, params as Event)
    : WatchPosition.afterMissed(at, params as Missed)
}

/** The line of a request. */
export const requestLine = (method: Rpcs.Method, params: object): string =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })
