import * as CltabSettings from "@clinit/core/CltabSettings"
import { Daemon } from "@clinit/core/Daemon"
import * as DaemonServer from "@clinit/core/DaemonServer"
import * as InheritedDescriptors from "@clinit/core/node/InheritedDescriptors"
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
import type { Shared } from "../Flags.ts"
import * as Log from "../Log.ts"
import { version } from "../Version.ts"

/**
 * Runs the handler's effect at each of these events, until the process ends: a signal that comes when everything is
 * down must not make the daemon look as if it had been killed.
 */
const onEvents = Effect.fnUntraced(function*(
  events: ReadonlyArray<NodeJS.Signals | "uncaughtException">,
  handle: (news: unknown) => Effect.Effect<void>
) {
  const run = Effect.runForkWith(yield* Effect.context<never>())
  for (const event of events) process.on(event, (news: unknown) => void run(handle(news)))
})

/**
 * Runs the daemon in the foreground until it is shut down, by a client or by TERM or INT, and the last process is
 * gone. HUP rereads the cltab.
 */
export const daemon = ({ cltab, socket: socketFlag }: Shared) =>
  Effect.scoped(Effect.gen(function*() {
    yield* Effect.sync(InheritedDescriptors.close)
    yield* Effect.addFinalizer(() => Log.flushed)
    // Dying would leave every process without its supervisor: worse than any state that such an accident leaves.
    yield* onEvents(
      ["uncaughtException"],
      (error) => Effect.logError("internal error: the daemon goes on", error)
    )
    const context = yield* Layer.build(Daemon.layer.pipe(
      Layer.provideMerge(Layer.mergeAll(NodeCltabSource.layer(cltab), NodeSpawner.layer, StatusBoard.layer))
    ))
    yield* Effect.gen(function*() {
      const node = yield* Daemon
      const { clstat, socket } = CltabSettings.resolve(
        { cltab, socket: Option.getOrUndefined(socketFlag) },
        node.settings()
      )
      yield* onEvents(
        ["SIGTERM", "SIGINT"],
        (signal) => Effect.andThen(Effect.logInfo(`${signal}: shutting down`), node.shutdown)
      )
      // Node would open its debugger to every user of the machine.
      yield* onEvents(["SIGUSR1"], () => Effect.void)
      yield* onEvents(["SIGHUP"], () =>
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
