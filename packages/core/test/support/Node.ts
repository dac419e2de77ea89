import { Daemon } from "@clinit/core/Daemon"
import type { Told } from "@clinit/core/Daemon"
import { StatusBoard } from "@clinit/core/StatusBoard"
import * as EditableCltab from "@clinit/core/testing/EditableCltab"
import * as ScriptedSpawner from "@clinit/core/testing/ScriptedSpawner"
import { Trace } from "@clinit/core/testing/Trace"
import * as TracedBoard from "@clinit/core/testing/TracedBoard"
import type { InvalidCltab, ShuttingDown } from "@clinit/protocol/ClinitRpcs"
import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import { assert } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"

/** The text of a cltab with these lines. */
export const cltab = (...lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

/** A node under test: one daemon on scripted processes and the test clock, and short words for what tests do to it. */
const handle = Effect.fnUntraced(function*(log: ReadonlyArray<string>) {
  const daemon = yield* Daemon
  const trace = yield* Trace
  const board = yield* StatusBoard
  const cltab = yield* EditableCltab.EditableCltab
  const settle = TestClock.adjust(0)
  return {
    daemon,
    trace,
    cltab,
    /** Warnings and errors that were logged. */
    log: () => log,
    /** Tells and lets everything happen that happens at once; the answer is returned. */
    tell: Effect.fnUntraced(function*(group: string, level: string) {
      const told = yield* daemon.tell(GroupName.make(group), Level.make(level))
      yield* settle
      return told
    }),
    /** Tells, expects to be refused, and returns why. */
    refused: Effect.fnUntraced(function*(group: string, level: string) {
      const error = yield* Effect.flip(daemon.tell(GroupName.make(group), Level.make(level)))
      yield* settle
      return error
    }),
    /** Awaits the outcome of a tell from now on; the function returns it, or why there is none, or nothing yet. */
    watch: Effect.fnUntraced(function*({ settling }: Told) {
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
    process: (group: string, tag: string) => board.process(GroupName.make(group), Tag.make(tag))
  }
})

export type Node = Effect.Success<ReturnType<typeof handle>>

/**
 * Runs a test against a node with this cltab and these scripted commands. Whatever still runs is shut down after it,
 * and no published state may have been an illegal successor of the one before.
 */
export const withNode = <A, E>(
  cltab: string,
  scripts: ScriptedSpawner.Scripts,
  test: (node: Node) => Effect.Effect<A, E, Scope.Scope>
) =>
  Effect.scoped(Effect.gen(function*() {
    const log: Array<string> = []
    const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
      if (logLevel === "Warn" || logLevel === "Error") log.push(`${logLevel}: ${String(message)}`)
    })
    const layer = Daemon.layer.pipe(
      Layer.provideMerge(
        Layer.mergeAll(EditableCltab.layer(cltab), ScriptedSpawner.layer(scripts), TracedBoard.layer)
      ),
      Layer.provideMerge(Trace.layer),
      Layer.provideMerge(Logger.layer([logger]))
    )
    const context = yield* Layer.build(layer)
    const node = yield* Effect.provideContext(handle(log), context)
    const exit = yield* Effect.exit(Effect.provideContext(test(node), context))
    // The daemon's scope closes by the same rules as a shutdown: time has to pass for those that ignore signals.
    const down = yield* Effect.forkChild(node.daemon.down, { startImmediately: true })
    yield* node.daemon.shutdown
    for (let minutes = 0; down.pollUnsafe() === undefined; minutes++) {
      assert.isBelow(minutes, 1_000, `the shutdown does not end:\n${node.trace.lines().join("\n")}`)
      yield* TestClock.adjust("1 minute")
    }
    const result = yield* exit
    assert.deepStrictEqual(node.trace.lines().filter((line) => line.includes("ILLEGAL")), [])
    return result
  }))
