import * as JsonRpc from "@clinit/protocol/JsonRpc"
import * as LineDecoder from "@clinit/protocol/LineDecoder"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as net from "node:net"
import * as DaemonServer from "../DaemonServer.ts"

/** How much clients may ask of the daemon's patience. */
export interface Limits {
  /** A client that sends no whole line for this long, while nothing is being done for it, is told so and cut off. */
  readonly silence: Duration.Duration
  /** A client that does not take an answer for this long is cut off. */
  readonly unread: Duration.Duration
  /** How often it is checked whether a client that waits is still there. */
  readonly probe: Duration.Duration
  /** So many clients are served at once; what comes beyond is told so and turned away. */
  readonly clients: number
}

export const Limits = Context.Reference<Limits>("@clinit/core/node/ClientLimits", {
  defaultValue: () => ({
    silence: Duration.seconds(30),
    unread: Duration.seconds(5),
    probe: Duration.seconds(1),
    clients: 1_000
  })
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

/**
 * Serves one client: its lines in order, each answered before the next is looked at, so that a client which does not
 * read its answers holds up itself only. Ends when the client has closed its side and got its answers.
 */
export const serve = Effect.fnUntraced(function*(client: net.Socket, answer: Answer) {
  const { probe, silence, unread } = yield* Limits
  const decoder = LineDecoder.make(JsonRpc.maxLineBytes)
  const chunks = client.iterator({ destroyOnReturn: false })
  // Uninterruptible, so that a daemon which ends still gives the answers that it owes.
  const reply = Effect.fnUntraced(function*(frame: LineDecoder.Frame) {
    const line = frame._tag === "TooLong" ?
      tooLongLine :
      yield* Effect.raceFirst(answer(frame.text), Effect.as(gone(client, probe), undefined))
    if (line !== undefined) yield* write(client, line, unread)
  }, Effect.uninterruptible)
  let frames: ReadonlyArray<LineDecoder.Frame> = []
  const nextFrames = Effect.gen(function*() {
    while (frames.length === 0) {
      const chunk = yield* Effect.promise(() => chunks.next())
      if (chunk.done === true) return false
      frames = decoder.push(chunk.value as Buffer)
    }
    return true
  })
  while (true) {
    const more = yield* Effect.timeoutOption(nextFrames, silence)
    if (Option.isNone(more)) {
      const line = DaemonServer.failure(silent, `no request within ${Duration.toSeconds(silence)} seconds`)
      return yield* write(client, line, unread)
    }
    if (!more.value) break
    const ready = frames
    frames = []
    for (const frame of ready) yield* reply(frame)
  }
  for (const frame of decoder.end()) yield* reply(frame)
})

/**
 * Tells the client that there are too many already. It may be writing its request at this moment, which a closed
 * connection would make fail before it reads the answer: so the client closes, within the time for reading answers.
 */
export const turnAway = Effect.fnUntraced(function*(client: net.Socket) {
  const { clients, unread } = yield* Limits
  const closed = Effect.callback<void>((resume) => void client.once("close", () => resume(Effect.void)))
  client.resume().end(`${DaemonServer.failure(busy, `more than ${clients} clients at once`)}\n`)
  yield* Effect.timeoutOption(closed, unread)
})
