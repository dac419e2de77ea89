import type * as net from "node:net"
import * as CallText from "../CallText.ts"
import type * as Rpcs from "../ClinitRpcs.ts"
import type { Event, Missed } from "../Event.ts"
import { Code } from "../JsonRpcCode.ts"
import * as Reconnection from "../Reconnection.ts"
import type { News, Position } from "../WatchPosition.ts"
import * as WatchPosition from "../WatchPosition.ts"
import * as LineSocket from "./LineSocket.ts"

// Without Effect: of the schemas only the types are used.

export type { News, Position } from "../WatchPosition.ts"

/** What the daemon refused, as it says it: told apart by `_tag`. */
export type Refusal = typeof Rpcs.Refusal.Encoded

/** The daemon refused the call, and did nothing; `message` says why, in words for people. */
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

/** How the waiting for an answer is given up: the call then rejects with the signal's reason. What was ordered stands. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}

/** What a call takes beside what is `Named` by its arguments. */
export type Options<M extends Rpcs.Method, Named extends keyof Rpcs.Input<M> = never> =
  & Omit<Rpcs.Input<M>, Named>
  & Abortable

export interface WatchOptions extends Abortable {
  /** Only events of this group and its entries. */
  readonly group?: string | undefined
  /** Begins with what happened after that, as far as it is known, and not with what happens from now on. */
  readonly since?: Position | undefined
  /**
   * Whether to try again, after 50 ms, then twice as long each time up to 2 s, if the daemon is not there, goes away or has too
   * many clients. Then it goes on right behind the last news. Otherwise it throws.
   */
  readonly reconnect?: boolean
}

/** A daemon's calls; what each answers is in docs/protocol.md. Those that wait do so without a time limit. */
export interface PromiseClient {
  readonly tell: (
    group: string,
    level: string,
    options?: Options<"tell", "group" | "level">
  ) => Promise<Rpcs.Result<"tell">>
  /** Without a name of all groups. */
  readonly retry: (name?: string, options?: Options<"retry", "name">) => Promise<Rpcs.Result<"retry">>
  readonly start: (name: string, options?: Options<"start", "name">) => Promise<Rpcs.Result<"start">>
  readonly stop: (name: string, options?: Options<"stop", "name">) => Promise<Rpcs.Result<"stop">>
  readonly restart: (name: string, options?: Options<"restart", "name">) => Promise<Rpcs.Result<"restart">>
  readonly signal: (
    name: string,
    signal: string,
    options?: Omit<Options<"signal", "name">, "signal"> & Abortable
  ) => Promise<Rpcs.Result<"signal">>
  readonly reread: (options?: Options<"reread">) => Promise<Rpcs.Result<"reread">>
  readonly plan: (options?: Options<"plan">) => Promise<Rpcs.Result<"plan">>
  readonly environment: (
    name: string,
    options?: Options<"environment", "name">
  ) => Promise<Rpcs.Result<"environment">>
  /** Without a name of all groups. */
  readonly status: (name?: string, options?: Options<"status", "name">) => Promise<Rpcs.Result<"status">>
  /** Without a name of the daemon itself. */
  readonly history: (name?: string, options?: Options<"history", "name">) => Promise<Rpcs.Result<"history">>
  readonly shutdown: (options?: Options<"shutdown">) => Promise<Rpcs.Result<"shutdown">>
  readonly version: (options?: Abortable) => Promise<Rpcs.Result<"version">>
  /** What happens, no event twice, and none left out without a word. It ends with the client, and throws what a call rejects with. */
  readonly watch: (options?: WatchOptions) => AsyncIterableIterator<News>
  /** Rejects the calls that wait, ends the watches, and takes no more of either. */
  readonly close: () => void
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const protocolError = (reason: string, code?: number) =>
  new ClinitFailed("ProtocolError", CallText.misunderstood(reason), code)

const lost = (text: (reason: string) => string) => (reason: string) =>
  new ClinitFailed("ConnectionLost", text(reason))

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

/** The result in the line of an answer. */
const resultOf = <M extends Rpcs.Method>(line: string): Rpcs.Result<M> => {
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
const newsOf = (line: string, at: Position): News | undefined => {
  const { method, params } = message(line)
  if (method !== "event" && method !== "missed") return undefined
  if (!isObject(params) || !Number.isInteger(params[method === "event" ? "seq" : "next"])) {
    throw protocolError(`what came is no ${method}`)
  }
  return method === "event"
    ? WatchPosition.afterEvent(at, params as Event)
    : WatchPosition.afterMissed(at, params as Missed)
}

const requestLine = (method: Rpcs.Method, params: object): string =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })

/** What the work comes to, unless the signal comes first; then `stop` is called. */
const unlessAborted = <A>(signal: AbortSignal, stop: () => void, work: Promise<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    const aborted = () => {
      stop()
      reject(signal.reason as Error)
    }
    if (signal.aborted) aborted()
    signal.addEventListener("abort", aborted, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted))
  })

/** Connects, uses the connection and closes it, also when the signal comes. */
const open = (path: string, signal: AbortSignal): Promise<net.Socket> => {
  signal.throwIfAborted()
  let socket: net.Socket
  const connected = new Promise<net.Socket>((resolve, reject) => {
    socket = LineSocket.open(
      path,
      resolve,
      (reason) => reject(new ClinitFailed("NoDaemon", CallText.noDaemon(path, reason)))
    )
  })
  return unlessAborted(signal, () => socket.destroy(), connected)
}

const exchange = (socket: net.Socket, line: string): Promise<string> =>
  new Promise((resolve, reject) => {
    LineSocket.exchange(socket, line, resolve, (reason) => reject(lost(CallText.connectionLost)(reason)))
  })

/** Done after so long; rejects when the signal comes. */
const pause = (millis: number, signal: AbortSignal): Promise<void> => {
  let timer: NodeJS.Timeout
  const paused = new Promise<void>((resolve) => void (timer = setTimeout(resolve, millis)))
  return unlessAborted(signal, () => clearTimeout(timer), paused)
}

/** Lines of a connection, of which the first is an answer. */
const linesOf = (socket: net.Socket, signal: AbortSignal) => {
  const next = LineSocket.linesOf(socket)
  return (text: (reason: string) => string): Promise<string> =>
    unlessAborted(
      signal,
      () => socket.destroy(),
      next().catch((error: unknown) => {
        throw lost(text)((error as Error).message)
      })
    )
}

/** A watch over one connection, which begins at the position. */
async function* watchOnce(
  path: string,
  group: string | undefined,
  since: Position | undefined,
  signal: AbortSignal
): AsyncGenerator<News, never> {
  const socket = await open(path, signal)
  try {
    const next = linesOf(socket, signal)
    socket.write(`${requestLine("watch", WatchPosition.request(group, since))}\n`)
    const answer = resultOf<"watch">(await next(CallText.connectionLost))
    if (!Number.isInteger(answer.seq)) throw protocolError("what came is no answer to a watch")
    const watching = WatchPosition.begun(since, answer)
    let { position } = watching
    yield watching
    for (;;) {
      const news = newsOf(await next(CallText.daemonGone), position)
      if (news === undefined) continue
      position = news.position
      yield news
    }
  } finally {
    socket.destroy()
  }
}

/**
 * A client of the daemon at this socket, for programs without Effect, which it does not load. Each call and each watch has a
 * connection of its own, so that any number may go on at once, and the client outlives the daemon; nothing is opened before it
 * is used. An order is sent once at most.
 *
 * Of what the daemon sends the JSON-RPC envelope is checked, and the numbers by which a watch goes on. Results, refusals and events
 * are taken to be what their types say: they come over a socket that only the daemon's owner can open. Params are checked by the
 * daemon, which answers those that are wrong with an error of code -32602. `ClinitClient` checks all of it, and so does
 * the JSON Schema `protocol-1.json`.
 */
export const connect = ({ socket: path }: { readonly socket: string }): PromiseClient => {
  const closing = new AbortController()
  const joined = (signal: AbortSignal | undefined): AbortSignal =>
    signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])

  const call = async <M extends Exclude<Rpcs.Method, "watch">>(
    method: M,
    params: object,
    given: AbortSignal | undefined
  ): Promise<Rpcs.Result<M>> => {
    const signal = joined(given)
    const socket = await open(path, signal)
    try {
      const answer = exchange(socket, requestLine(method, params))
      return resultOf<M>(await unlessAborted(signal, () => socket.destroy(), answer))
    } finally {
      socket.destroy()
    }
  }

  async function* watch(
    { group, reconnect = false, signal: given, since }: WatchOptions = {}
  ): AsyncGenerator<News, void> {
    const signal = joined(given)
    let position = since
    let failed = 0
    for (;;) {
      try {
        for await (const news of watchOnce(path, group, position, signal)) {
          failed = 0
          position = news.position
          yield news
        }
      } catch (error) {
        if (closing.signal.aborted && error === closing.signal.reason) return
        if (!reconnect || !(error instanceof ClinitFailed) || !Reconnection.mayPass(error)) throw error
      }
      try {
        await pause(Reconnection.delayMillis(failed++), signal)
      } catch (error) {
        if (error === closing.signal.reason) return
        throw error
      }
    }
  }

  const close = () => closing.abort(new ClinitFailed("Closed", "the client was closed"))
  return {
    tell: (group, level, { signal, ...options } = {}) => call("tell", { group, level, ...options }, signal),
    retry: (name, { signal, ...options } = {}) => call("retry", { name, ...options }, signal),
    start: (name, { signal, ...options } = {}) => call("start", { name, ...options }, signal),
    stop: (name, { signal, ...options } = {}) => call("stop", { name, ...options }, signal),
    restart: (name, { signal, ...options } = {}) => call("restart", { name, ...options }, signal),
    signal: (name, named, { signal, ...options } = {}) =>
      call("signal", { name, signal: named, ...options }, signal),
    reread: ({ signal, ...options } = {}) => call("reread", options, signal),
    plan: ({ signal, ...options } = {}) => call("plan", options, signal),
    environment: (name, { signal, ...options } = {}) => call("environment", { name, ...options }, signal),
    status: (name, { signal, ...options } = {}) => call("status", { name, ...options }, signal),
    history: (name, { signal, ...options } = {}) => call("history", { name, ...options }, signal),
    shutdown: ({ signal, ...options } = {}) => call("shutdown", options, signal),
    version: ({ signal } = {}) => call("version", {}, signal),
    watch,
    close,
    [Symbol.asyncDispose]: async () => close()
  }
}
