import * as CltabSettings from "@clinit/core/CltabSettings"
import { Daemon } from "@clinit/core/Daemon"
import * as DaemonServer from "@clinit/core/DaemonServer"
import * as NodeCltabSource from "@clinit/core/node/NodeCltabSource"
import * as NodeSocketServer from "@clinit/core/node/NodeSocketServer"
import * as NodeSpawner from "@clinit/core/node/NodeSpawner"
import * as NodeStatusFile from "@clinit/core/node/NodeStatusFile"
import { StatusBoard } from "@clinit/core/StatusBoard"
import * as StatusFile from "@clinit/core/StatusFile"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Shared } from "../Flags.ts"
import * as Log from "../Log.ts"
import { version } from "../Version.ts"

/** Runs the handler's effect at each of these signals while the scope lives. */
const onSignals = Effect.fnUntraced(function*(
  signals: ReadonlyArray<NodeJS.Signals>,
  handle: (signal: NodeJS.Signals) => Effect.Effect<void>
): Effect.fn.Return<void, never, Scope.Scope> {
  const context = yield* Effect.context<never>()
  const listener = (signal: NodeJS.Signals) => void Effect.runForkWith(context)(handle(signal))
  yield* Effect.acquireRelease(
    Effect.sync(() => signals.forEach((signal) => process.on(signal, listener))),
    () => Effect.sync(() => signals.forEach((signal) => process.off(signal, listener)))
  )
})

/**
 * Keeps the daemon up when something throws where nobody listens: dying would leave every process without its
 * supervisor, which is worse than any state that such an accident can leave behind.
 */
const surviveAccidents = Effect.gen(function*() {
  const context = yield* Effect.context<never>()
  const listener = (error: unknown) =>
    void Effect.runForkWith(context)(Effect.logError("internal error: the daemon goes on", error))
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("uncaughtException", listener)),
    () => Effect.sync(() => process.off("uncaughtException", listener))
  )
})

/**
 * Runs the daemon in the foreground until it is shut down, by a client or by TERM or INT, and the last process is
 * gone. HUP rereads the cltab.
 */
export const daemon = (flags: Shared) => {
  const cltab = Option.getOrElse(flags.cltab, () => CltabSettings.defaults.cltab)
  const socketFlag = Option.getOrUndefined(flags.socket)
  return Effect.scoped(Effect.gen(function*() {
    yield* surviveAccidents
    const context = yield* Layer.build(Daemon.layer.pipe(
      Layer.provideMerge(Layer.mergeAll(NodeCltabSource.layer(cltab), NodeSpawner.layer, StatusBoard.layer))
    ))
    yield* Effect.gen(function*() {
      const node = yield* Daemon
      const { clstat, socket } = CltabSettings.resolve({ cltab, socket: socketFlag }, node.settings())
      yield* onSignals(
        ["SIGTERM", "SIGINT"],
        (signal) => Effect.andThen(Effect.logInfo(`${signal}: shutting down`), node.shutdown)
      )
      yield* onSignals(["SIGHUP"], () =>
        Effect.logInfo("SIGHUP: rereading the cltab").pipe(
          Effect.andThen(node.reread),
          Effect.asVoid,
          Effect.catch((error) => Effect.logError(error.message))
        ))
      const answer = yield* DaemonServer.make({ version, pid: process.pid })
      yield* NodeSocketServer.serveAt(socket, answer)
      yield* Layer.build(Layer.provide(StatusFile.layer, NodeStatusFile.layer(clstat)))
      yield* Effect.logInfo(`clinit ${version} listens on ${socket}`)
      yield* node.down
      yield* Effect.logInfo("all groups are down")
    }).pipe(Effect.provideContext(context))
  })).pipe(Effect.provide(Logger.layer([Log.toStandardError])))
}
