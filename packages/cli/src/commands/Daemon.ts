import type { Cltab } from "@clinit/core/Cltab"
import * as CltabSettings from "@clinit/core/CltabSettings"
import { Daemon } from "@clinit/core/Daemon"
import * as DaemonPaths from "@clinit/core/DaemonPaths"
import * as DaemonServer from "@clinit/core/DaemonServer"
import * as EntryName from "@clinit/core/EntryName"
import * as ExitWith from "@clinit/core/ExitWith"
import { History } from "@clinit/core/History"
import { Ledger } from "@clinit/core/Ledger"
import { LoadedCltab } from "@clinit/core/LoadedCltab"
import type * as ClientConnection from "@clinit/core/node/ClientConnection"
import * as InheritedDescriptors from "@clinit/core/node/InheritedDescriptors"
import * as NodeCltabSource from "@clinit/core/node/NodeCltabSource"
import * as NodeHistoryStore from "@clinit/core/node/NodeHistoryStore"
import * as NodeLedgerStore from "@clinit/core/node/NodeLedgerStore"
import * as NodeSocketServer from "@clinit/core/node/NodeSocketServer"
import * as NodeSpawner from "@clinit/core/node/NodeSpawner"
import * as NodeStatusFile from "@clinit/core/node/NodeStatusFile"
import * as NodeTelemetry from "@clinit/core/node/NodeTelemetry"
import * as Requester from "@clinit/core/Requester"
import { StatusBoard } from "@clinit/core/StatusBoard"
import * as StatusFile from "@clinit/core/StatusFile"
import * as Telemetry from "@clinit/core/Telemetry"
import { Trouble } from "@clinit/core/Trouble"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { createHash } from "node:crypto"
import * as path from "node:path"
import { EndsWith } from "../CommandError.ts"
import * as Failure from "../Failure.ts"
import type { Shared } from "../Flags.ts"
import * as Identity from "../Identity.ts"
import * as Log from "../Log.ts"
import * as Output from "../Output.ts"
import * as ProcessOne from "../ProcessOne.ts"
import type * as Target from "../Target.ts"
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

/** Clients that come before the daemon is there wait for it. */
const makeDoor = Effect.map(Deferred.make<ClientConnection.Answer>(), (opened) => ({
  answer: ((line, follow) =>
    Effect.flatMap(Deferred.await(opened), (answer) =>
      answer(line, follow))) satisfies ClientConnection.Answer,
  open: (answer: ClientConnection.Answer) =>
    Deferred.succeed(opened, answer)
}))

/** A word for everything of the system that belongs to the daemon at this socket. */
const nameOf = (socket: string) =>
  createHash("sha256").update(path.resolve(socket)).digest("hex").slice(0, 16)

export interface Choice {
  readonly resume: boolean
  /** Levels that groups are told at the start, unless they were told one before. */
  readonly tells: ReadonlyArray<Target.Pair>
  /** The group or entry that the daemon ends with. */
  readonly exitWith: Option.Option<string>
}

const nameOfMeaning = ({ group, tag }: EntryName.Meaning) => tag === undefined ? group : `${group}/${tag}`

/** Refuses groups and entries that the cltab does not have; what the daemon shall end with is returned. */
const named = Effect.fnUntraced(
  function*(entries: Cltab["entries"], { exitWith, tells }: Pick<Choice, "exitWith" | "tells">) {
    for (const { group } of tells) yield* EntryName.groupOf(group, entries)
    return Option.isNone(exitWith) ? undefined : yield* EntryName.meaningOf(exitWith.value, entries)
  },
  // A client's command prints it as an answer: nobody else tells of it.
  Effect.tapErrorTag("UnknownGroup", ({ message }) => Output.complain(message))
)

/** Tells each group its level, but for those that were at a level when the daemon before was killed. */
const tellAtStart = Effect.fnUntraced(function*(node: Daemon["Service"], tells: Choice["tells"]) {
  const { groups } = yield* node.status
  for (const { group, level } of tells) {
    const before = groups.find((each) => each.group === group)?.level
    if (before !== undefined) {
      yield* Effect.logInfo(`${group} was told level ${before} before and is not told ${level}`)
    } else {
      yield* Effect.catch(
        node.tell(group, level),
        (error) => Effect.logError(`${group} not told: ${error.message}`)
      )
    }
  }
})

/**
 * Runs the daemon in the foreground until it is shut down, by a client or by TERM or INT, and the last process is
 * gone. HUP rereads the cltab. Unless told otherwise it goes on with what a daemon that was killed left. With `exitWith` it
 * shuts itself down when that has come to its end, and fails with its exit code, if that is not 0. As process 1 it becomes
 * the child of a shell.
 *
 * The order is what makes it safe to fail: until the last step nothing was started, adopted or signalled.
 */
export const daemon = (
  { cltab: file, socket: socketFlag }: Shared,
  { exitWith, resume, tells }: Choice
) =>
  Effect.scoped(Effect.gen(function*() {
    yield* ProcessOne.delegate
    const superior = yield* ProcessOne.superior
    yield* Effect.addFinalizer(() => superior.over)
    yield* Effect.sync(InheritedDescriptors.close)
    yield* Effect.addFinalizer(() => Log.flushed)
    // Dying would leave every process without its supervisor: worse than any state that such an accident leaves.
    yield* onEvents(
      ["uncaughtException"],
      (error) => Effect.logError("internal error: the daemon goes on", error)
    )
    const base = yield* Layer.build(Layer.provideMerge(
      NodeTelemetry.layer({ version }),
      Layer.mergeAll(LoadedCltab.layer.pipe(Layer.provide(NodeCltabSource.layer(file))), Trouble.layer)
    ))
    yield* Effect.gen(function*() {
      const cltab = yield* LoadedCltab
      const { entries, settings } = cltab.current()
      Log.begin(settings["log-format"]?.value)
      const last = yield* named(entries, { exitWith, tells })
      const { clstat, socket } = DaemonPaths.resolve(
        { cltab: file, socket: Option.getOrUndefined(socketFlag) },
        CltabSettings.paths(settings)
      )
      let ending: ExitWith.Ending | undefined
      const claim = yield* NodeSocketServer.claim(socket)
      const door = yield* makeDoor
      yield* NodeSocketServer.listen(claim, door.answer)
      // Who waits at the door of a start that fails must not hold up its end.
      yield* Effect.addFinalizer(() => door.open(() => Effect.succeed(undefined)))
      const system = yield* Layer.build(Layer.mergeAll(
        // What "no resume" was meant for is over when the daemon is started again.
        Ledger.layer({ resume: resume || superior.isAgain }).pipe(
          Layer.provide(NodeLedgerStore.layer(`${socket}.ledger`, claim.lock.isInPlace))
        ),
        Telemetry.over.pipe(
          Layer.provideMerge(StatusBoard.recorded),
          Layer.provideMerge(History.layer),
          Layer.provide(NodeHistoryStore.layer(`${socket}.history`, claim.lock.isInPlace))
        ),
        NodeSpawner.layer({
          name: nameOf(socket),
          containment: settings.containment?.value,
          pipes: `${socket}.pipes`
        })
      ))
      // Taking over what another left may take a while, and these would kill us meanwhile.
      const started = yield* Deferred.make<Daemon["Service"]>()
      let isAsked = false
      yield* onEvents(["SIGTERM", "SIGINT"], (signal) =>
        Effect.suspend(() => {
          // Once is enough: a flood of them must not keep the end from being reached.
          if (isAsked) return Effect.void
          isAsked = true
          return Effect.logInfo(`${signal}: shutting down`).pipe(
            Effect.andThen(Deferred.await(started)),
            Effect.flatMap((node) => node.shutdown),
            Effect.provideService(Requester.Requester, { signal: String(signal) })
          )
        }))
      yield* superior.ready
      // Node would open its debugger to every user of the machine.
      yield* onEvents(["SIGUSR1"], () => Effect.void)
      yield* onEvents(["SIGHUP"], () =>
        Effect.logInfo("SIGHUP: rereading the cltab").pipe(
          Effect.andThen(Deferred.await(started)),
          Effect.flatMap((node) => node.reread),
          Effect.provideService(Requester.Requester, { signal: "SIGHUP" }),
          Effect.asVoid,
          Effect.catch((error) => Effect.logError(error.message))
        ))
      const context = yield* Effect.provideContext(Layer.build(Daemon.layer), system)
      const node = Context.get(context, Daemon)
      yield* Deferred.succeed(started, node)
      yield* door.open(
        yield* Effect.provideContext(DaemonServer.make({ version, pid: process.pid }), context)
      )
      yield* Layer.build(Layer.provide(StatusFile.layer, NodeStatusFile.layer(clstat, claim.lock.isInPlace)))
        .pipe(
          Effect.provideContext(system)
        )
      yield* Effect.logInfo(`clinit ${version} listens on ${socket}`)
      // What the daemon's own command line asks for.
      const myself = Effect.provideService(Requester.Requester, Requester.ofClient(Identity.self().client))
      yield* myself(tellAtStart(node, tells))
      if (last !== undefined) {
        yield* Effect.forkScoped(Effect.gen(function*() {
          ending = yield* Effect.provideContext(ExitWith.ending(last), system)
          yield* Effect.logInfo(`${nameOfMeaning(last)} has come to its end: shutting down`)
          yield* myself(node.shutdown)
        }))
      }
      yield* node.down
      yield* Effect.logInfo("all groups are down")
      const code = ending === undefined ? 0 : Failure.exitCodeOfEnding(ending)
      if (code !== 0) return yield* new EndsWith({ code })
    }).pipe(Effect.provideContext(base))
  })).pipe(Effect.provide(Logger.layer([Log.toStandardError])))
