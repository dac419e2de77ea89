// A process that serves an echo at the socket it is told, until it is killed.
import * as NodeSocketServer from "@clinit/core/node/NodeSocketServer"
import { Trouble } from "@clinit/core/Trouble"
import * as Effect from "effect/Effect"

process.on("message", (socket: string) => {
  const serve = NodeSocketServer.serveAt(socket, (line) => Effect.succeed(`live ${line}`)).pipe(
    Effect.matchEffect({
      onFailure: (error) => Effect.sync(() => process.send?.(error.message)),
      onSuccess: () => Effect.andThen(Effect.sync(() => process.send?.("serving")), Effect.never)
    })
  )
  Effect.runFork(Effect.provide(Effect.scoped(serve), Trouble.layer))
})
process.send?.("ready")
