import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as net from "node:net"
import type { Conversation } from "../ClinitClient.ts"
import { ConnectionLost, NoDaemon, Transport } from "../ClinitClient.ts"
import * as LineDecoder from "../LineDecoder.ts"
import * as LineSocket from "./LineSocket.ts"

const open = (path: string): Effect.Effect<net.Socket, NoDaemon> =>
  Effect.callback((resume) => {
    const socket = LineSocket.open(
      path,
      (connected) => resume(Effect.succeed(connected)),
      (reason) => resume(Effect.fail(new NoDaemon({ socket: path, reason })))
    )
    return Effect.sync(() => socket.destroy())
  })

const exchange = (socket: net.Socket, line: string): Effect.Effect<string, ConnectionLost> =>
  Effect.callback((resume) => {
    LineSocket.exchange(
      socket,
      line,
      (answer) => resume(Effect.succeed(answer)),
      (reason) => resume(Effect.fail(new ConnectionLost({ reason })))
    )
    // The answer will still come and would be taken for the next request's.
    return Effect.sync(() => socket.destroy())
  })

/** The lines that come, one at a time; no more is read of the socket than is asked for. */
const linesOf = (socket: net.Socket) => {
  const decoder = LineDecoder.make(LineSocket.maxAnswerBytes)
  const chunks: AsyncIterator<Buffer> = socket.iterator({ destroyOnReturn: false })
  const frames: Array<LineDecoder.Frame> = []
  return Effect.gen(function*() {
    for (;;) {
      const frame = frames.shift()
      if (frame?._tag === "Line") return frame.text
      if (frame !== undefined) {
        return yield* new ConnectionLost({ reason: `a line of more than ${LineSocket.maxAnswerBytes} bytes` })
      }
      const chunk = yield* Effect.tryPromise({
        try: () => chunks.next(),
        catch: (error) => new ConnectionLost({ reason: (error as Error).message })
      })
      if (chunk.done === true) return yield* new ConnectionLost({ reason: "the connection was closed" })
      frames.push(...decoder.push(chunk.value))
    }
  })
}

const converse = Effect.fnUntraced(
  function*(socket: net.Socket, line: string): Effect.fn.Return<Conversation, ConnectionLost> {
    const next = linesOf(socket)
    socket.write(`${line}\n`)
    return { answer: yield* next, next }
  }
)

/** The transport over the UNIX socket at `path`. */
export const layer = (path: string): Layer.Layer<Transport> =>
  Layer.succeed(Transport, {
    connect: Effect.map(
      Effect.acquireRelease(open(path), (socket) => Effect.sync(() => socket.destroy())),
      (socket) => ({
        exchange: (line: string) => exchange(socket, line),
        converse: (line: string) => converse(socket, line)
      })
    )
  })
