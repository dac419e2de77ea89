import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as net from "node:net"
import type { Conversation } from "../ClinitClient.ts"
import { ConnectionLost, NoDaemon, Transport } from "../ClinitClient.ts"
import * as LineDecoder from "../LineDecoder.ts"

// An answer may be longer than a request: a status of thousands of entries is one line.
const maxAnswerBytes = 64 * 1024 * 1024

const open = (path: string): Effect.Effect<net.Socket, NoDaemon> =>
  Effect.callback((resume) => {
    const socket = net.connect({ path })
    const failed = (error: Error) =>
      resume(Effect.fail(new NoDaemon({ socket: path, reason: error.message })))
    socket.once("error", failed)
    socket.once("connect", () => {
      socket.off("error", failed)
      socket.on("error", () => socket.destroy())
      resume(Effect.succeed(socket))
    })
    return Effect.sync(() => socket.destroy())
  })

const exchange = (socket: net.Socket, line: string): Effect.Effect<string, ConnectionLost> =>
  Effect.callback((resume) => {
    const decoder = LineDecoder.make(maxAnswerBytes)
    const settle = (answer: Effect.Effect<string, ConnectionLost>) => {
      socket.off("data", received).off("close", closed).off("end", closed)
      resume(answer)
    }
    const lost = (reason: string) => settle(Effect.fail(new ConnectionLost({ reason })))
    const closed = () => lost("the connection was closed")
    const received = (chunk: Buffer) => {
      const [frame] = decoder.push(chunk)
      if (frame === undefined) return
      if (frame._tag === "Line") settle(Effect.succeed(frame.text))
      else lost(`an answer of more than ${maxAnswerBytes} bytes`)
    }
    if (socket.destroyed || socket.readableEnded) return closed()
    socket.on("data", received).once("close", closed).once("end", closed)
    socket.write(`${line}\n`)
    // The answer will still come and would be taken for the next request's.
    return Effect.sync(() => socket.destroy())
  })

/** The lines that come, one at a time; no more is read of the socket than is asked for. */
const linesOf = (socket: net.Socket) => {
  const decoder = LineDecoder.make(maxAnswerBytes)
  const chunks: AsyncIterator<Buffer> = socket.iterator({ destroyOnReturn: false })
  const frames: Array<LineDecoder.Frame> = []
  return Effect.gen(function*() {
    for (;;) {
      const frame = frames.shift()
      if (frame?._tag === "Line") return frame.text
      if (frame !== undefined) {
        return yield* new ConnectionLost({ reason: `a line of more than ${maxAnswerBytes} bytes` })
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
