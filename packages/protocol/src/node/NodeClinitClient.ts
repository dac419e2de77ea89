import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as net from "node:net"
import { ClinitClient } from "../ClinitClient.ts"
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

const transport = (path: string): Layer.Layer<Transport> =>
  Layer.succeed(Transport, {
    connect: Effect.map(
      Effect.acquireRelease(open(path), (socket) => Effect.sync(() => socket.destroy())),
      (socket) => ({
        send: (line: string) => Effect.sync(() => void socket.write(`${line}\n`)),
        receive: Effect.tryPromise({
          try: LineSocket.linesOf(socket),
          catch: (error) => new ConnectionLost({ reason: (error as Error).message })
        })
      })
    )
  })

/** The client of the daemon whose socket is at this path. Nothing is opened before it is used, and nothing stays open. */
export const layer = (socket: string): Layer.Layer<ClinitClient> =>
  Layer.provide(ClinitClient.layer, transport(socket))
