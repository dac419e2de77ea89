import * as JsonRpc from "@clinit/protocol/JsonRpc"
import * as LineDecoder from "@clinit/protocol/LineDecoder"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as net from "node:net"
import * as DaemonServer from "../DaemonServer.ts"
import * as OpenFiles from "./OpenFiles.ts"

/** How much clients may ask of the daemon's patience. */
export interface Limits {
  /** A client that sends no whole line for this long, while nothing is being done for it, is told so and cut off. */
  readonly silence: Duration.Duration
  /** A client that does not take an answer for this long is cut off. */
  readonly unread: Duration.Duration
  /** How often it is checked whether a client that waits is still there. */
  readonly probe: Duration.Duration
  /** So many clients are served at once, and may wait as long as they like. */
  readonly clients: number
  /** So many more are served in haste: one request each that does not wait. */
  readonly hasty: number
  /** A client that is served in haste has so much time for its request. */
  readonly haste: Duration.Duration
  /** So many connections there may be altogether; those that are not served are told so, beyond they are dropped. */
  readonly connections: number
}

export const Limits = Context.Reference<Limits>("@clinit/core/node/ClientLimits", {
  defaultValue: () => {
    // Where few files may be open, half of them are left for the processes.
    const connections = Math.min(2_000, Math.floor((OpenFiles.limit() ?? Infinity) / 2))
    return {
      silence: Duration.seconds(30),
      unread: Duration.seconds(5),
      probe: Duration.seconds(1),
      clients: Math.floor(connections / 2),
      hasty: Math.floor(connections / 20),
      haste: Duration.seconds(1),
      connections
    }
  }
})

/** From a request's line to its answer's, if it has one. Interrupting it gives up waiting and takes back nothing. */
export type Answer = (line: string) => Effect.Effect<string | undefined>

const { busy, silent, tooLong } = JsonRpc.Code
const tooLongLine = DaemonServer.failure(tooLong, `a line is longer than ${JsonRpc.maxLineBytes} bytes`)

/**
 * Completes when the client has closed the connection altogether. End of input does not tell that from a client
 * that only said its last word and awaits the answer; writing to it does, and a write of nothing is enough.
 */
const gone = (client: net.Socket, probe: Duration.Duration) =>
  Effect.callback<void>((resume) => {
    if (client.destroyed) return resume(Effect.void)
    const timer = setInterval(() => client.write(""), Duration.toMillis(probe))
    const closed = () => {
      clearInterval(timer)
      resume(Effect.void)
    }
    client.once("close", closed)
    return Effect.sync(() => {
      clearInterval(timer)
      client.off("close", closed)
    })
  })

/** Done when the system has taken the line, or has cut the client off because it takes none. */
const write = (client: net.Socket, line: string, unread: Duration.Duration) =>
  Effect.callback<void>((resume) => {
    const timer = setTimeout(() => client.destroy(), Duration.toMillis(unread))
    client.write(`${line}\n`, () => {
      clearTimeout(timer)
      resume(Effect.void)
    })
  })

/** So much of what a client sends is cut into lines at a time: a line may be as short as a byte. */
const pieceBytes = 1_024

interface Reader {
  /** Whether the next frame is there already. */
  readonly isReady: () => boolean
  /** The next frame, or nothing when the client has closed its side. Nothing more is read before it is asked for. */
  readonly next: Effect.Effect<LineDecoder.Frame | undefined>
}

const reader = (client: net.Socket): Reader => {
  const decoder = LineDecoder.make(JsonRpc.maxLineBytes)
  const chunks: AsyncIterator<Buffer> = client.iterator({ destroyOnReturn: false })
  let chunk: Buffer = Buffer.alloc(0)
  let frames: ReadonlyArray<LineDecoder.Frame> = []
  let taken = 0
  const cut = () => {
    frames = decoder.push(chunk.subarray(0, pieceBytes))
    taken = 0
    chunk = chunk.subarray(pieceBytes)
  }
  return {
    isReady: () => taken < frames.length,
    next: Effect.gen(function*() {
      while (taken === frames.length) {
        if (chunk.length === 0) {
          const more = yield* Effect.promise(() => chunks.next())
          if (more.done === true) return decoder.end()[0]
          chunk = more.value
        }
        cut()
      }
      return frames[taken++]
    })
  }
}

/**
 * Serves one client: its lines in order, each answered before the next is looked at, so that a client which does not
 * read its answers holds up itself only. Ends when the client has closed its side and got its answers.
 */
export const serve = Effect.fnUntraced(function*(client: net.Socket, answer: Answer) {
  const { probe, silence, unread } = yield* Limits
  const { isReady, next } = reader(client)
  // Uninterruptible, so that a daemon which ends still gives the answers that it owes.
  const reply = Effect.fnUntraced(function*(frame: LineDecoder.Frame) {
    const line = frame._tag === "TooLong" ?
      tooLongLine :
      yield* Effect.raceFirst(answer(frame.text), Effect.as(gone(client, probe), undefined))
    if (line !== undefined) yield* write(client, line, unread)
  }, Effect.uninterruptible)
  while (true) {
    const frame = isReady() ? Option.some(yield* next) : yield* Effect.timeoutOption(next, silence)
    if (Option.isNone(frame)) {
      const line = DaemonServer.failure(silent, `no request within ${Duration.toSeconds(silence)} seconds`)
      return yield* write(client, line, unread)
    }
    if (frame.value === undefined) return
    yield* reply(frame.value)
    // The system mostly takes an answer at once: without this a client's lines would keep the event loop for themselves.
    yield* Effect.yieldNow
  }
})

const tooMany = ({ clients }: Limits) => `more than ${clients} clients at once`

/** The refusal of a request that waits, if the line is one; it is not carried out at all. */
const refuseToWait = (line: string, limits: Limits): string | undefined => {
  const request = Result.try(() => JSON.parse(line) as { id?: unknown; params?: { wait?: unknown } } | null)
  if (Result.isFailure(request) || request.success?.params?.wait !== true) return undefined
  const { id } = request.success
  const known = typeof id === "string" || typeof id === "number" ? id : null
  return DaemonServer.failure(busy, `${tooMany(limits)}: no more of them can wait`, known)
}

/**
 * Serves one request, if it comes at once and does not wait: so that orders and questions get through while all seats
 * are taken. The connection is then to be dismissed.
 */
export const serveHastily = Effect.fnUntraced(function*(client: net.Socket, answer: Answer) {
  const limits = yield* Limits
  const frame = yield* Effect.interruptible(Effect.timeoutOption(reader(client).next, limits.haste))
  if (Option.isNone(frame)) return yield* turnAway(client)
  if (frame.value === undefined) return
  const line = frame.value._tag === "TooLong" ?
    tooLongLine :
    refuseToWait(frame.value.text, limits) ?? (yield* answer(frame.value.text))
  if (line !== undefined) yield* write(client, line, limits.unread)
}, Effect.uninterruptible)

/** Tells the client that there are too many already. The connection is then to be dismissed. */
export const turnAway = Effect.fnUntraced(function*(client: net.Socket) {
  const limits = yield* Limits
  yield* write(client, DaemonServer.failure(busy, tooMany(limits)), limits.unread)
})

/**
 * Ends the connection. The client may be writing at this moment, which a closed connection would make fail before it
 * reads the answer: so the client closes, within the time for reading answers.
 */
export const dismiss = Effect.fnUntraced(function*(client: net.Socket) {
  const { unread } = yield* Limits
  const closed = Effect.callback<void>((resume) => {
    if (client.destroyed) return resume(Effect.void)
    client.once("close", () => resume(Effect.void))
  })
  client.resume().end()
  yield* Effect.timeoutOption(closed, unread)
  client.destroy()
})
