import { Clinit } from "@clinit/core/Clinit"
import type { Cltab } from "@clinit/core/Cltab"
import * as EntryName from "@clinit/core/EntryName"
import * as InheritedDescriptors from "@clinit/core/node/InheritedDescriptors"
import * as NodeMachine from "@clinit/core/node/NodeMachine"
import * as Requester from "@clinit/core/Requester"
import * as Telemetry from "@clinit/core/Telemetry"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { EndsWith } from "../CommandError.ts"
import * as Failure from "../Failure.ts"
import * as Identity from "../Identity.ts"
import * as Log from "../Log.ts"
import * as Output from "../Output.ts"
import * as ProcessOne from "../ProcessOne.ts"
import * as Thrift from "../Thrift.ts"
import { version } from "../Version.ts"

/** A daemon as a command line starts it. */
export interface DaemonStart {
  readonly cltab: string
  readonly socket: string | undefined
  readonly resume: boolean
  /** Levels that groups are told at the start, unless they were told one before. */
  readonly tells: ReadonlyArray<{ readonly group: string; readonly level: string }>
  /** The group or entry that the daemon ends with. */
  readonly exitWith: string | undefined
}

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

/** Refuses groups and entries that the cltab does not have. */
const checkNames = Effect.fnUntraced(
  function*({ entries }: Cltab, { exitWith, tells }: Pick<DaemonStart, "exitWith" | "tells">) {
    for (const { group } of tells) yield* EntryName.groupOf(group, entries)
    if (exitWith !== undefined) yield* EntryName.meaningOf(exitWith, entries)
  },
  // A client's command prints it as an answer: nobody else tells of it.
  Effect.tapErrorTag("UnknownGroup", ({ message }) => Output.complain(message))
)

/** Tells each group its level, but for those that were at a level when the daemon before was killed. */
const tellAtStart = Effect.fnUntraced(function*(clinit: Clinit["Service"], tells: DaemonStart["tells"]) {
  const { groups } = yield* clinit.status
  for (const { group, level } of tells) {
    const before = groups.find((each) => each.group === group)?.level
    if (before !== undefined) {
      yield* Effect.logInfo(`${group} was told level ${before} before and is not told ${level}`)
    } else {
      yield* Effect.catch(
        clinit.tell(group, level),
        (error) => Effect.logError(`${group} not told: ${error.message}`)
      )
    }
  }
})

/**
 * What the signals ask for, from now on. Taking over what another daemon left may take a while, and they would kill this one
 * meanwhile: it is done once there is something to do it.
 */
const obeySignals = Effect.fnUntraced(function*(started: Effect.Effect<Clinit["Service"]>) {
  let isAsked = false
  yield* onEvents(["SIGTERM", "SIGINT"], (signal) =>
    Effect.suspend(() => {
      // Once is enough: a flood of them must not keep the end from being reached.
      if (isAsked) return Effect.void
      isAsked = true
      return Effect.logInfo(`${signal}: shutting down`).pipe(
        Effect.andThen(started),
        Effect.flatMap(({ shutdown }) => shutdown),
        Effect.provideService(Requester.Requester, { signal: String(signal) })
      )
    }))
  yield* onEvents(["SIGHUP"], () =>
    Effect.logInfo("SIGHUP: rereading the cltab").pipe(
      Effect.andThen(started),
      Effect.flatMap(({ reread }) => reread),
      Effect.provideService(Requester.Requester, { signal: "SIGHUP" }),
      Effect.asVoid,
      Effect.catch((error) => Effect.logError(error.message))
    ))
})

/**
 * Runs the daemon in the foreground until it is shut down, by a client or by TERM or INT, and the last process is
 * gone. HUP rereads the cltab. Unless told otherwise it goes on with what a daemon that was killed left. With `exitWith` it
 * shuts itself down when that has come to its end, and fails with its exit code, if that is not 0. As process 1 it becomes
 * the child of a shell.
 */
export const daemon = ({ cltab, exitWith, resume, socket, tells }: DaemonStart) =>
  Effect.scoped(Effect.gen(function*() {
    yield* ProcessOne.delegate
    const superior = yield* ProcessOne.superior
    yield* Effect.addFinalizer(() => superior.over)
    yield* Effect.sync(InheritedDescriptors.close)
    yield* Effect.sync(Thrift.begin)
    yield* Effect.addFinalizer(() => Log.flushed)
    // Dying would leave every process without its supervisor: worse than any state that such an accident leaves.
    yield* onEvents(
      ["uncaughtException"],
      (error) => Effect.logError("internal error: the daemon goes on", error)
    )
    const started = yield* Deferred.make<Clinit["Service"]>()
    const served = Clinit.serve({
      cltab,
      socket,
      version,
      // What "no resume" was meant for is over when the daemon is started again.
      resume: resume || superior.isAgain,
      onLoaded: (cltab) =>
        Effect.gen(function*() {
          Log.begin(cltab.settings["log-format"]?.value)
          yield* checkNames(cltab, { exitWith, tells })
          yield* obeySignals(Deferred.await(started))
          yield* superior.ready
          // Node would open its debugger to every user of the machine.
          yield* onEvents(["SIGUSR1"], () => Effect.void)
        })
    })
    const context = yield* Layer.build(Layer.provide(served, NodeMachine.layer)).pipe(
      Effect.provideService(Telemetry.HasOtherReaders, false)
    )
    const clinit = Context.get(context, Clinit)
    yield* Deferred.succeed(started, clinit)
    // What the daemon's own command line asks for.
    const myself = Effect.provideService(Requester.Requester, Requester.ofClient(Identity.self().client))
    yield* myself(tellAtStart(clinit, tells))
    let code = 0
    if (exitWith !== undefined) {
      yield* Effect.forkScoped(
        Effect.gen(function*() {
          code = Failure.exitCodeOfEnding(yield* clinit.ending(exitWith))
          yield* Effect.logInfo(`${exitWith} has come to its end: shutting down`)
          yield* myself(clinit.shutdown)
        }).pipe(Effect.catchTag("ShuttingDown", () => Effect.void))
      )
    }
    yield* clinit.down
    yield* Effect.logInfo("all groups are down")
    if (code !== 0) return yield* new EndsWith({ code })
  })).pipe(Effect.provide(Logger.layer([Log.toStandardError])))
