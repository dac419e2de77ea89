import { Superseded } from "@clinit/protocol/ClinitRpcs"
import type { Outcome } from "@clinit/protocol/ClinitRpcs"
import type { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { ProcessState as StatusState } from "@clinit/protocol/Status"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Entry } from "./Cltab.ts"
import * as GroupState from "./GroupState.ts"
import * as LevelChange from "./LevelChange.ts"
import * as Process from "./Process.ts"
import * as ProcessState from "./ProcessState.ts"
import type { Spawner } from "./Spawner.ts"
import { StatusBoard } from "./StatusBoard.ts"

/**
 * A resource group: a target that callers record and one fiber that acts on it.
 *
 * Who wins: the latest target, always. A newer target interrupts the fiber's work on the older one, which is only
 * ever waiting; stops that are under way go on by themselves, and the new plan counts them as still to come down.
 * Order: all that has to go is stopped together; nothing starts before the last of it is gone; then the level's
 * entries start in file order, each when the one before has started.
 */
export interface Group {
  /** Makes the level of these entries the target and returns at once; the effect inside waits for the outcome. */
  readonly tell: (level: Level, entries: ReadonlyArray<Entry>) => Effect.Effect<Settling>
  /** Makes standing still the target and returns at once; `forget` drops the group's status line in the end. */
  readonly halt: (forget: boolean) => Effect.Effect<void>
}

/** What the group settles at, or the news that it was sent elsewhere first. */
export type Settling = Effect.Effect<Outcome, Superseded>

type Target =
  | {
    readonly _tag: "Level"
    readonly level: Level
    readonly entries: ReadonlyArray<Entry>
    readonly outcome: Deferred.Deferred<Outcome, Superseded>
  }
  | { readonly _tag: "Halt"; readonly forget: boolean }

/**
 * A group whose fibers live in the scope, which should be a parallel one: closing it stops their processes. `onHalted` is called when the group stands still after a halt with nothing newer
 * to do: it has ended and takes no more targets.
 */
export const make = Effect.fnUntraced(function*(
  name: GroupName,
  scope: Scope.Scope,
  onHalted: () => void
): Effect.fn.Return<Group, never, Spawner | StatusBoard> {
  const board = yield* StatusBoard
  const processes = new Map<Tag, Process.Process>()
  let target: Target | undefined
  let replaced = Deferred.makeUnsafe<void>()

  const record = (next: Target) =>
    Effect.sync(() => {
      const before = replaced
      target = next
      replaced = Deferred.makeUnsafe()
      Deferred.doneUnsafe(before, Effect.void)
    })

  const inState = (test: (state: StatusState) => boolean) => (process: Process.Process) => {
    const state = board.process(name, process.entry.tag)?.state
    return state !== undefined && test(state)
  }

  const start = (entry: Entry) =>
    Effect.uninterruptible(Effect.tap(
      Process.start(entry, scope, Effect.sync(() => processes.delete(entry.tag))),
      (process) => Effect.sync(() => processes.set(entry.tag, process))
    ))

  const toLevel = Effect.fnUntraced(function*({ entries, level, outcome }: Target & { _tag: "Level" }) {
    const current = board.group(name)?.level
    const change = LevelChange.plan(
      Array.from(processes.values(), (process) => process.entry),
      entries,
      level
    )
    const leaving = change.stop.map((tag) => processes.get(tag)!)
    const stopping = [...processes.values()].filter(inState((state) => state._tag === "Stopping"))
    const goingDown = [...new Set([...leaving, ...stopping])]
    if (current !== undefined && goingDown.some(inState(ProcessState.isLive))) {
      // Back to the level the group comes from: only the stop under way has to end before the level goes on.
      const back = level === current && leaving.length === 0
      yield* board.setGroup(name, current, back ? "STARTING" : "STOPPING")
    }
    yield* Fiber.interruptAll(goingDown.map((process) => process.fiber))
    yield* board.setGroup(name, level, "STARTING")
    for (const entry of change.sequence) {
      const process = processes.get(entry.tag) ?? (yield* start(entry))
      yield* process.started
    }
    yield* board.setGroup(name, level, "CHECKING")
    const reached = change.sequence.flatMap((entry) => board.process(name, entry.tag) ?? [])
    const state = GroupState.outcome(reached.map((process) => process.state))
    const failed = reached.flatMap(({ lastEnd, state, tag }) =>
      state._tag === "Failed" && lastEnd !== undefined ? [{ tag, end: lastEnd }] : []
    )
    yield* board.setGroup(name, level, state)
    yield* Effect.logInfo(`${name} ${level} ${state}`)
    yield* Deferred.succeed(outcome, { state, failed })
  })

  const toHalt = Effect.fnUntraced(function*({ forget }: Target & { _tag: "Halt" }) {
    const level = board.group(name)?.level
    if (level !== undefined) yield* board.setGroup(name, level, "HALTING")
    yield* Fiber.interruptAll(Array.from(processes.values(), (process) => process.fiber))
    if (level !== undefined) yield* board.setGroup(name, level, "CONFIGURED")
    if (forget) yield* board.removeGroup(name)
  })

  /** In one step, so that no target can be recorded in between and be lost. */
  const endAfter = (wish: Target) =>
    Effect.sync(() => {
      const ends = wish._tag === "Halt" && wish === target
      if (ends) onHalted()
      return ends
    })

  const act = Effect.gen(function*() {
    while (true) {
      const wish = target
      const newer = Deferred.await(replaced)
      if (wish !== undefined) {
        yield* Effect.raceFirst(wish._tag === "Level" ? toLevel(wish) : toHalt(wish), newer)
        if (yield* endAfter(wish)) return
      }
      yield* newer
    }
  })
  yield* Effect.forkIn(act, scope, { startImmediately: true })

  return {
    tell: Effect.fnUntraced(function*(level, entries) {
      const before = target
      const same = before?._tag === "Level" && before.level === level &&
        !Deferred.isDoneUnsafe(before.outcome)
      const outcome = same ? before.outcome : Deferred.makeUnsafe<Outcome, Superseded>()
      if (before?._tag === "Level" && !same) {
        yield* Deferred.fail(before.outcome, new Superseded({ group: name, level: before.level, by: level }))
      }
      yield* record({ _tag: "Level", level, entries, outcome })
      return Deferred.await(outcome)
    }),
    halt: Effect.fnUntraced(function*(forget) {
      if (target?._tag === "Level") {
        yield* Deferred.fail(target.outcome, new Superseded({ group: name, level: target.level }))
      }
      yield* record({ _tag: "Halt", forget })
    })
  }
})
