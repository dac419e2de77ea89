import type { Entry } from "@clinit/core/Cltab"
import { Daemon } from "@clinit/core/Daemon"
import { Ledger } from "@clinit/core/Ledger"
import { LedgerStore } from "@clinit/core/LedgerStore"
import { LoadedCltab } from "@clinit/core/LoadedCltab"
import type { Signal } from "@clinit/core/Signal"
import type { Child } from "@clinit/core/Spawner"
import { Spawner } from "@clinit/core/Spawner"
import * as EditableCltab from "@clinit/core/testing/EditableCltab"
import * as LedgerDisk from "@clinit/core/testing/LedgerDisk"
import * as ScriptedSystem from "@clinit/core/testing/ScriptedSystem"
import { Trace } from "@clinit/core/testing/Trace"
import * as TracedBoard from "@clinit/core/testing/TracedBoard"
import * as TraceRecord from "@clinit/core/testing/TraceRecord"
import { Trouble } from "@clinit/core/Trouble"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { commands } from "./ModelCommands.ts"

/** Something that a daemon does or the machine shows. */
export type Event =
  /** A line of the trace. */
  | { readonly what: "line"; readonly line: string }
  /** The system is asked to start it; the same entry is that of the process. */
  | { readonly what: "spawn"; readonly entry: Entry }
  | { readonly what: "signal"; readonly pid: number; readonly signal: Signal }
  /** The ledger is about to be written, or was. */
  | { readonly what: "write" }

const lineOf = (occurrence: TraceRecord.Occurrence): Event => ({
  what: "line",
  line: TraceRecord.describe(occurrence)
})

/**
 * A machine as `withMachine` has it, but with a daemon that can be killed at each event, also while it boots, and that
 * can be let end in order.
 */
export const make = Effect.fnUntraced(
  function*(cltab: string, onEvent: (event: Event, atMillis: number) => void) {
    const errors: Array<string> = []
    const happens = (event: Event, lives = () => true) =>
      Effect.map(Clock.currentTimeMillis, (atMillis) => {
        if (lives()) onEvent(event, atMillis)
      })
    const trace = Trace.of({
      add: (occurrence) => happens(lineOf(occurrence)),
      note: () => Effect.void,
      records: () => [],
      newRecords: () => [],
      lines: () => [],
      news: () => []
    })
    const disk = LedgerDisk.make()
    const machine = yield* Layer.build(
      Layer.mergeAll(EditableCltab.layer(cltab), ScriptedSystem.layer(commands)).pipe(
        Layer.provideMerge(Layer.succeed(Trace, trace))
      )
    )
    const context = yield* Effect.context()
    const system = Context.get(machine, ScriptedSystem.ScriptedSystem)

    const boot = Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { sever, spawner } = yield* system.hold
      let lives = true
      const store = disk.store(() => lives)
      const does = (event: Event) => happens(event, () => lives)
      const writing = <A, E>(write: Effect.Effect<A, E>) =>
        does({ what: "write" }).pipe(Effect.andThen(write), Effect.tap(() => does({ what: "write" })))
      const watch = <C extends Child>(child: C): C => ({
        ...child,
        signal: (signal) =>
          Effect.andThen(does({ what: "signal", pid: child.identity!.pid, signal }), child.signal(signal))
      })
      const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
        if (lives && logLevel === "Error") errors.push(String(message))
      })
      const layer = Daemon.layer.pipe(
        Layer.provideMerge(LoadedCltab.layer),
        Layer.provideMerge(Ledger.layer({ resume: true })),
        Layer.provideMerge(Layer.mergeAll(
          Layer.succeed(LedgerStore, {
            ...store,
            replace: (text) => writing(store.replace(text)),
            append: (text) => writing(store.append(text))
          }),
          Layer.succeed(Spawner, {
            ...spawner,
            spawn: (entry, mark, urgency) =>
              does({ what: "spawn", entry }).pipe(
                Effect.andThen(spawner.spawn(entry, mark, urgency)),
                Effect.map(watch)
              ),
            adopt: (identity, mark) => Effect.map(spawner.adopt(identity, mark), watch)
          }),
          TracedBoard.layer,
          Trouble.layer
        )),
        Layer.provideMerge(Layer.mergeAll(
          Layer.succeed(Trace, { ...trace, add: (occurrence) => does(lineOf(occurrence)) }),
          Logger.layer([logger])
        )),
        Layer.provideMerge(Layer.succeedContext(machine))
      )
      const booting = yield* Effect.forkDetach(
        Effect.map(Layer.buildWithScope(layer, scope), (context) => Context.get(context, Daemon)),
        { startImmediately: true }
      )
      const close = Effect.andThen(Scope.close(scope, Exit.void), Fiber.interrupt(booting))
      return {
        /** The daemon once it has booted; why it did not. */
        daemon: (): Daemon["Service"] | undefined => {
          const exit = booting.pollUnsafe()
          if (exit === undefined) return undefined
          if (Exit.isSuccess(exit)) return exit.value
          throw new Error(`no boot: ${String(exit.cause)}`)
        },
        /** From now on nothing that it does has an effect. May be called within anything that it does. */
        kill: () => {
          lives = false
          Effect.runSyncWith(context)(sever)
        },
        /** Begins to end its fibers: when it was killed, or went down, which it then completes. */
        end: Effect.asVoid(Effect.forkDetach(close, { startImmediately: true }))
      }
    })

    return {
      boot,
      disk,
      cltab: Context.get(machine, EditableCltab.EditableCltab),
      processes: system.processes,
      /** Errors in the daemons' logs. */
      errors: (): ReadonlyArray<string> => errors
    }
  }
)

export type Machine = Effect.Success<ReturnType<typeof make>>
export type Life = Effect.Success<Machine["boot"]>
