import type * as ByHand from "@clinit/core/ByHand"
import * as CltabInCode from "@clinit/core/CltabInCode"
import { Daemon } from "@clinit/core/Daemon"
import type { InCode } from "@clinit/core/Entry"
import * as FiberSpawner from "@clinit/core/FiberSpawner"
import { History } from "@clinit/core/History"
import { HistoryStore } from "@clinit/core/HistoryStore"
import { Ledger } from "@clinit/core/Ledger"
import type { LedgerRefused } from "@clinit/core/LedgerStore"
import { LedgerStore } from "@clinit/core/LedgerStore"
import { LoadedCltab } from "@clinit/core/LoadedCltab"
import { Spawner } from "@clinit/core/Spawner"
import { StatusBoard } from "@clinit/core/StatusBoard"
import * as Telemetry from "@clinit/core/Telemetry"
import * as EditableCltab from "@clinit/core/testing/EditableCltab"
import * as HistoryDisk from "@clinit/core/testing/HistoryDisk"
import * as LedgerDisk from "@clinit/core/testing/LedgerDisk"
import * as ScriptedSystem from "@clinit/core/testing/ScriptedSystem"
import { Trace } from "@clinit/core/testing/Trace"
import * as TracedBoard from "@clinit/core/testing/TracedBoard"
import { Trouble } from "@clinit/core/Trouble"
import type { InvalidCltab, ShuttingDown } from "@clinit/protocol/ClinitRpcs"
import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"

/** The text of a cltab with these lines. */
export const cltab = (...lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

/** Entries in code, whose effects may write to the trace. */
export type Items = ReadonlyArray<InCode<Trace | Scope.Scope>>

/** What an order answers of what comes of it. */
interface Settling<A, E> {
  readonly warnings: ReadonlyArray<string>
  readonly settling: Effect.Effect<A, E>
}

/** A node under test: one daemon on scripted processes and the test clock, and short words for what tests do to it. */
const handle = Effect.fnUntraced(function*(log: ReadonlyArray<string>) {
  const daemon = yield* Daemon
  const trace = yield* Trace
  const board = yield* StatusBoard
  const loaded = yield* LoadedCltab
  const cltab = yield* EditableCltab.EditableCltab
  const history = yield* History
  const settle = TestClock.adjust(0)
  return {
    /** The daemon's world; orders that are carried out in it log where the daemon does. */
    context: yield* Effect.context(),
    daemon,
    trace,
    cltab,
    history,
    /** Warnings and errors that were logged. */
    log: () => log,
    /** Tells and lets everything happen that happens at once; the answer is returned. */
    tell: Effect.fnUntraced(function*(group: string, level: string) {
      const told = yield* daemon.tell(GroupName.make(group), Level.make(level))
      yield* settle
      return told
    }),
    /** Retries and lets everything happen that happens at once; the answer is returned. */
    retry: Effect.fnUntraced(function*(name?: string) {
      const retried = yield* daemon.retry(name)
      yield* settle
      return retried
    }),
    /** Orders by hand and lets everything happen that happens at once; the answer is returned. */
    order: Effect.fnUntraced(function*(verb: ByHand.Verb, name: string) {
      const ordered = yield* daemon.order(verb, name)
      yield* settle
      return ordered
    }),
    /** The plan of a tell, or without a level of one of the level that the group was told. */
    plan: (group: string, level?: string) =>
      daemon.plan(GroupName.make(group), level === undefined ? undefined : Level.make(level)),
    /** Tells, expects to be refused, and returns why. */
    refused: Effect.fnUntraced(function*(group: string, level: string) {
      const error = yield* Effect.flip(daemon.tell(GroupName.make(group), Level.make(level)))
      yield* settle
      return error
    }),
    /** Awaits the outcome of a tell from now on; the function returns it, or why there is none, or nothing yet. */
    watch: Effect.fnUntraced(function*<A, E extends Error>({ settling }: Settling<A, E>) {
      const fiber = yield* Effect.forkChild(
        Effect.catch(settling, (error) => Effect.succeed(error.message)),
        { startImmediately: true }
      )
      return (): unknown => {
        const exit = fiber.pollUnsafe()
        return exit !== undefined && Exit.isSuccess(exit) ? exit.value : undefined
      }
    }),
    /** Changes of the published state from now on. */
    changes: board.changes,
    halt: Effect.andThen(daemon.shutdown, settle),
    reread: Effect.tap(daemon.reread, settle) as Effect.Effect<
      { readonly warnings: ReadonlyArray<string>; readonly halting: ReadonlyArray<string> },
      InvalidCltab | ShuttingDown
    >,
    /** Lets time pass and returns what happened since the last look. */
    after: (time: Duration.Input) => Effect.map(TestClock.adjust(time), () => trace.news()),
    news: () => trace.news(),
    state: (group: string) => {
      const status = board.group(GroupName.make(group))
      return status === undefined ? undefined : `${status.level} ${status.state}`
    },
    pid: (group: string, tag: string) => {
      const state = board.process(GroupName.make(group), Tag.make(tag))?.state
      return state !== undefined && "pid" in state ? state.pid : undefined
    },
    settings: () => loaded.current().settings,
    process: (group: string, tag: string) => board.process(GroupName.make(group), Tag.make(tag))
  }
})

export type Node = Effect.Success<ReturnType<typeof handle>>

/** A machine with a cltab and scripted commands, on which a daemon can be started and killed. */
export interface Machine {
  /** Starts a daemon; the one before must have been killed or have ended. */
  readonly boot: (options?: { readonly resume: boolean }) => Effect.Effect<Node, LedgerRefused>
  /** Kills the daemon as SIGKILL does: nothing that it does from now on has an effect; its processes go on. */
  readonly crash: Effect.Effect<void>
  readonly processes: () => ReadonlyArray<ScriptedSystem.LiveProcess>
  /** What a daemon that is killed now leaves to the next. */
  readonly disk: LedgerDisk.LedgerDisk
  /** What it leaves of its history. */
  readonly historyDisk: HistoryDisk.HistoryDisk
  readonly cltab: EditableCltab.EditableCltab["Service"]
  readonly trace: Trace["Service"]
}

/**
 * Runs a test on a machine. Whatever still runs under a daemon is shut down after it, no published state may have
 * been an illegal successor of the one before, and nothing may be left.
 */
export const withMachine = <A, E>(
  source: string | Items,
  scripts: ScriptedSystem.Scripts,
  test: (machine: Machine) => Effect.Effect<A, E, Scope.Scope>
) =>
  Effect.scoped(Effect.gen(function*() {
    const log: Array<string> = []
    const written = typeof source === "string" ? undefined : Result.getOrThrow(CltabInCode.toCltab(source))
    const disk = LedgerDisk.make()
    const historyDisk = HistoryDisk.make()
    const machine = yield* Layer.build(
      Layer.mergeAll(
        EditableCltab.layer(typeof source === "string" ? source : ""),
        ScriptedSystem.layer(scripts),
        Layer.succeed(Metric.MetricRegistry, new Map())
      ).pipe(
        Layer.provideMerge(Trace.layer)
      )
    )
    const trace = Context.get(machine, Trace)
    const system = Context.get(machine, ScriptedSystem.ScriptedSystem)
    let life: {
      readonly node: Node
      readonly crash: Effect.Effect<void>
      readonly close: Effect.Effect<void>
    } | undefined

    const boot = Effect.fnUntraced(function*({ resume } = { resume: true }) {
      const scope = yield* Scope.make()
      const { sever, spawner } = yield* system.hold
      let lives = true
      const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
        if (lives && (logLevel === "Warn" || logLevel === "Error")) {
          log.push(`${logLevel}: ${String(message)}`)
        }
      })
      const ownTrace = Layer.succeed(Trace, {
        ...trace,
        add: (occurrence) => Effect.suspend(() => lives ? trace.add(occurrence) : Effect.void)
      })
      const context = yield* Layer.buildWithScope(
        Daemon.layer.pipe(
          Layer.provideMerge(Ledger.layer({ resume })),
          Layer.provideMerge(Telemetry.over),
          Layer.provideMerge(
            written === undefined ? LoadedCltab.layer : LoadedCltab.fixed("entries", written.cltab)
          ),
          Layer.provideMerge(TracedBoard.over),
          Layer.provideMerge(StatusBoard.recorded),
          Layer.provideMerge(History.layer),
          Layer.provideMerge(Layer.mergeAll(
            Layer.succeed(LedgerStore, disk.store(() => lives)),
            Layer.succeed(HistoryStore, historyDisk.store(() => lives)),
            Layer.provide(FiberSpawner.layer(written?.effects ?? new Map()), Layer.succeed(Spawner, spawner)),
            Trouble.layer
          )),
          Layer.provideMerge(Layer.mergeAll(ownTrace, Logger.layer([logger]))),
          Layer.provideMerge(Layer.succeedContext(machine))
        ),
        scope
      )
      const node = yield* Effect.provideContext(handle(log), context)
      life = {
        node,
        close: Scope.close(scope, Exit.void),
        crash: Effect.gen(function*() {
          lives = false
          yield* sever
          yield* Scope.close(scope, Exit.void)
        })
      }
      yield* TestClock.adjust(0)
      return node
    }, Effect.catchTag(["InvalidCltab", "CltabUnreadable"], Effect.die))

    const exit = yield* Effect.exit(test({
      boot,
      crash: Effect.suspend(() => {
        const crash = life?.crash ?? Effect.void
        life = undefined
        return crash
      }),
      processes: system.processes,
      disk,
      historyDisk,
      cltab: Context.get(machine, EditableCltab.EditableCltab),
      trace
    }))
    if (life !== undefined) {
      const { daemon } = life.node
      // The daemon's scope closes by the same rules as a shutdown: time has to pass for those that ignore signals.
      const down = yield* Effect.forkChild(daemon.down, { startImmediately: true })
      yield* daemon.shutdown
      for (let minutes = 0; down.pollUnsafe() === undefined; minutes++) {
        assert.isBelow(minutes, 1_000, `the shutdown does not end:\n${trace.lines().join("\n")}`)
        yield* TestClock.adjust("1 minute")
      }
      yield* life.close
      assert.isUndefined(disk.text, "the ledger is left after an end in order")
      assert.isUndefined(historyDisk.text, "the history is left after an end in order")
    }
    const result = yield* exit
    assert.deepStrictEqual(trace.lines().filter((line) => line.includes("ILLEGAL")), [])
    return result
  }))

/** Runs a test against a node with this cltab, or these entries, and these scripted commands: a machine whose daemon is never killed. */
export const withNode = <A, E>(
  source: string | Items,
  scripts: ScriptedSystem.Scripts,
  test: (node: Node) => Effect.Effect<A, E, Scope.Scope>
) =>
  withMachine(
    source,
    scripts,
    ({ boot }) =>
      Effect.flatMap(Effect.orDie(boot()), (node) => Effect.provideContext(test(node), node.context))
  )
