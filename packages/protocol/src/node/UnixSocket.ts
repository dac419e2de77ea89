import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as net from "node:net"
import type { Conversation } from "../Transport.ts"
import { ConnectionLost, NoDaemon, Transport } from "../Transport.ts"
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

const converse = Effect.fnUntraced(
  function*(socket: net.Socket, line: string): Effect.fn.Return<Conversation, ConnectionLost> {
    const lines = LineSocket.linesOf(socket)
    const next = Effect.tryPromise({
      try: lines,
      catch: (error) => new ConnectionLost({ reason: (error as Error).message })
    })
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
