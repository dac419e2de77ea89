import * as JsonRpc from "@clinit/protocol/JsonRpc"
import * as LineDecoder from "@clinit/protocol/LineDecoder"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as net from "node:net"
import * as DaemonServer from "../DaemonServer.ts"
import type { Feed } from "../EventFeed.ts"
import type { Answer } from "../Premises.ts"
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

const { busy, silent, tooLong } = JsonRpc.Code
const tooLongLine = DaemonServer.failure(tooLong, `a line is longer than ${JsonRpc.maxLineBytes} bytes`)

/**
 * Completes when the client has closed the connection altogether. End of input does not tell that from a client
 * that only said its last word and awaits the answer; writing to it does, and a write of nothing is enough.
 */
const gone = (client: net.Socket, probe: Duration.Duration) =>
  Effect.callback<void>((resume) => {
    if (client.destroyed) return resume(Effect.void)
    // While something is on its way the system tells by itself.
    const timer = setInterval(() => {
      if (client.writableLength === 0) client.write("")
    }, Duration.toMillis(probe))
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

/** Done when the system has taken the text, or has cut the client off because it takes none. */
const deliver = (client: net.Socket, text: string, unread: Duration.Duration) =>
  Effect.callback<void>((resume) => {
    const timer = setTimeout(() => client.destroy(), Duration.toMillis(unread))
    client.write(text, () => {
      clearTimeout(timer)
      resume(Effect.void)
    })
  })

const write = (client: net.Socket, line: string, unread: Duration.Duration) =>
  deliver(client, `${line}\n`, unread)

/** So much of what a client sends is cut into lines at a time: a line may be as short as a byte. */
const pieceBytes = 1_024

interface Reader {
  /** Whether the next frame is there already. */
  readonly isReady: () => boolean
  /** The next frame, or nothing when the client has closed its side. Nothing more is read before it is asked for. */
  readonly next: Effect.Effect<LineDecoder.Frame | undefined>
  /** Reads all that still comes, and drops it; done when the client has closed its side. */
  readonly drain: Effect.Effect<void>
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
    }),
    drain: Effect.gen(function*() {
      while ((yield* Effect.promise(() => chunks.next())).done !== true);
    })
  }
}

/** Done when the system has taken the text, however long that takes, or when the client is gone. */
const transmit = (client: net.Socket, text: string) =>
  Effect.callback<void>((resume) => void client.write(`${text}\n`, () => resume(Effect.void)))

/** Sends what the feed says, at the client's pace, until the client is gone; what that sends meanwhile is dropped. */
const stream = Effect.fnUntraced(function*(client: net.Socket, { next }: Feed, drain: Effect.Effect<void>) {
  const { probe } = yield* Limits
  const send = Effect.forever(Effect.flatMap(next, (text) => transmit(client, text)))
  yield* Effect.raceAllFirst([send, Effect.andThen(drain, Effect.never), gone(client, probe)])
})

/** Sends what there is still to be said, if the client takes it without delay, and closes the feed. */
const finish = Effect.fnUntraced(function*(client: net.Socket, { close, rest }: Feed) {
  const { haste } = yield* Limits
  const text = rest()
  close()
  if (!client.destroyed) yield* deliver(client, text === "" ? "" : `${text}\n`, haste)
})

/**
 * Serves one client: its lines in order, each answered before the next is looked at, so that a client which does not
 * read its answers holds up itself only. Ends when the client has closed its side and got its answers, or is gone while
 * a feed is sent to it.
 */
export const serve = Effect.fnUntraced(function*(client: net.Socket, answer: Answer) {
  const { probe, silence, unread } = yield* Limits
  const { drain, isReady, next } = reader(client)
  let feed: Feed | undefined
  const follow = (following: Feed) => void (feed = following)
  // Uninterruptible, so that a daemon which ends still gives the answers that it owes.
  const reply = Effect.fnUntraced(function*(frame: LineDecoder.Frame) {
    const line = frame._tag === "TooLong" ?
      tooLongLine :
      yield* Effect.raceFirst(answer(frame.text, follow), Effect.as(gone(client, probe), undefined))
    if (line !== undefined) yield* write(client, line, unread)
  }, Effect.uninterruptible)
  const converse = Effect.gen(function*() {
    while (true) {
      const frame = isReady() ? Option.some(yield* next) : yield* Effect.timeoutOption(next, silence)
      if (Option.isNone(frame)) {
        const line = DaemonServer.failure(silent, `no request within ${Duration.toSeconds(silence)} seconds`)
        return yield* write(client, line, unread)
      }
      if (frame.value === undefined) return
      yield* reply(frame.value)
      if (feed !== undefined) return yield* stream(client, feed, drain)
      // The system mostly takes an answer at once: without this a client's lines would keep the event loop for themselves.
      yield* Effect.yieldNow
    }
  })
  yield* Effect.ensuring(
    converse,
    Effect.suspend(() => feed === undefined ? Effect.void : finish(client, feed))
  )
})

const tooMany = ({ clients }: Limits) => `more than ${clients} clients at once`

/** The refusal of a request that waits or watches, if the line is one; it is not carried out at all. */
const refuseToWait = (line: string, limits: Limits): string | undefined => {
  type Request = { id?: unknown; method?: unknown; params?: { wait?: unknown } }
  const request = Result.try(() => JSON.parse(line) as Request | null)
  if (Result.isFailure(request) || request.success === null) return undefined
  const { id, method, params } = request.success
  if (params?.wait !== true && method !== "watch") return undefined
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
