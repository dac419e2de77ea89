import * as CallText from "../CallText.ts"
import type * as Rpcs from "../ClinitRpcs.ts"
import { ClinitFailed, newsOf, protocolError, requestLine, resultOf } from "../Envelope.ts"
import * as Reconnection from "../Reconnection.ts"
import type * as Watch from "../Watch.ts"
import type { News, Position } from "../WatchPosition.ts"
import * as WatchPosition from "../WatchPosition.ts"
import * as PromiseSocket from "./PromiseSocket.ts"

// Without Effect: of the schemas only the types are used.

export type { Refusal } from "../Envelope.ts"
export { ClinitFailed, ClinitRefused } from "../Envelope.ts"
export type { News, Position } from "../WatchPosition.ts"

/** How the waiting for an answer is given up: the call then rejects with the signal's reason. What was ordered stands. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}

/** What a call takes beside what is `Named` by its arguments. */
export type Options<M extends Rpcs.Method, Named extends keyof Rpcs.Input<M> = never> =
  & Omit<Rpcs.Input<M>, Named>
  & Abortable

export interface WatchOptions extends Omit<Watch.Options, "reconnect">, Abortable {
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
  readonly watch: (options?: WatchOptions) => AsyncGenerator<News, void>
  /** Rejects the calls that wait, ends the watches, and takes no more of either. */
  readonly close: () => void
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** A watch over one connection, which begins at the position. */
async function* watchOnce(
  path: string,
  group: string | undefined,
  since: Position | undefined,
  signal: AbortSignal
): AsyncGenerator<News, never> {
  const socket = await PromiseSocket.open(path, signal)
  // Also while nobody asks for news: a watch that was merely forgotten must not keep the process.
  const ended = () => socket.destroy()
  signal.addEventListener("abort", ended)
  try {
    const next = PromiseSocket.linesOf(socket, signal)
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
    signal.removeEventListener("abort", ended)
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
    const socket = await PromiseSocket.open(path, signal)
    try {
      const next = PromiseSocket.linesOf(socket, signal)
      socket.write(`${requestLine(method, params)}\n`)
      return resultOf<M>(await next(CallText.connectionLost))
    } finally {
      socket.destroy()
    }
  }

  async function* watchOn(
    { group, reconnect = false, signal: given, since }: WatchOptions,
    leaving: AbortSignal
  ): AsyncGenerator<News, void> {
    const signal = AbortSignal.any([joined(given), leaving])
    const isOver = (error: unknown) =>
      [closing.signal, leaving].some(({ aborted, reason }) => aborted && error === reason)
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
        if (isOver(error)) return
        if (!reconnect || !(error instanceof ClinitFailed) || !Reconnection.mayPass(error)) throw error
      }
      try {
        await PromiseSocket.pause(Reconnection.delayMillis(failed++), signal)
      } catch (error) {
        if (isOver(error)) return
        throw error
      }
    }
  }

  const watch = (options: WatchOptions = {}) => {
    const leaving = new AbortController()
    const news = watchOn(options, leaving.signal)
    const finish = news.return.bind(news)
    // A generator's own would wait for the next news, which may never come.
    const leave = (value: void | PromiseLike<void>) => {
      leaving.abort()
      return finish(value)
    }
    // Node 22 has no disposal of generators yet.
    return Object.assign(news, { return: leave, [Symbol.asyncDispose]: async () => void await leave() })
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
