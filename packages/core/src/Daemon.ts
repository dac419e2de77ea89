import type { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import { ShuttingDown, UnknownGroup } from "@clinit/protocol/ClinitRpcs"
import type { GroupName, Level } from "@clinit/protocol/Names"
import type { Containment, GroupStatus } from "@clinit/protocol/Status"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type * as Cltab from "./Cltab.ts"
import { CltabSource } from "./CltabSource.ts"
import type { CltabUnreadable } from "./CltabSource.ts"
import * as Group from "./Group.ts"
import * as LoadedCltab from "./LoadedCltab.ts"
import { Spawner } from "./Spawner.ts"
import { StatusBoard } from "./StatusBoard.ts"

/**
 * The groups of one cltab. Every order rereads the cltab first, so that one snapshot of it serves the whole order;
 * a cltab with errors refuses the order and changes nothing, one that cannot be read leaves the last in force and
 * adds a warning to the answer.
 *
 * Closing its layer's scope shuts it down and waits for the last process.
 */
export class Daemon extends Context.Service<Daemon, {
  /** Makes the level the group's target; the answer comes at once and says how to await what becomes of it. */
  readonly tell: (
    group: GroupName,
    level: Level
  ) => Effect.Effect<Told, UnknownGroup | InvalidCltab | ShuttingDown>
  /** Loads the cltab and halts the groups that it no longer has; touches nothing else. */
  readonly reread: Effect.Effect<Reread, InvalidCltab | ShuttingDown>
  /** Every group of the cltab, told or not, and every group that still has a state. */
  readonly status: Effect.Effect<Status>
  /** Halts every group and takes no more orders; returns at once. */
  readonly shutdown: Effect.Effect<void>
  /** Completes when a shutdown was asked for and the last process is gone. */
  readonly down: Effect.Effect<void>
  /** The settings lines of the cltab in force. */
  readonly settings: () => Cltab.Settings
}>()("@clinit/core/Daemon") {
  static readonly layer: Layer.Layer<
    Daemon,
    InvalidCltab | CltabUnreadable,
    CltabSource | Spawner | StatusBoard
  > = Layer.effect(Daemon, Effect.suspend(() => make))
}

export interface Told {
  readonly warnings: ReadonlyArray<string>
  readonly settling: Group.Settling
}

export interface Reread {
  readonly warnings: ReadonlyArray<string>
  readonly halting: ReadonlyArray<GroupName>
}

export interface Status {
  readonly containment: Containment
  readonly cltab: string
  readonly shuttingDown: boolean
  readonly warnings: ReadonlyArray<string>
  readonly groups: ReadonlyArray<GroupStatus>
}

/**
 * Runs an effect that never waits without giving way to other fibers. No group can end after it was looked up and
 * before it is told, and nobody who goes away can leave half of it undone.
 */
const inOneGo = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.uninterruptible(Effect.provideService(effect, References.PreventSchedulerYield, true))

const make = Effect.gen(function*() {
  const source = yield* CltabSource
  const cltab = yield* LoadedCltab.make
  const board = yield* StatusBoard
  const spawner = yield* Spawner
  const context = yield* Effect.context<Spawner | StatusBoard>()
  const scope = yield* Scope.fork(yield* Effect.scope, "parallel")
  const reading = yield* Semaphore.make(1)
  const down = yield* Deferred.make<void>()
  const groups = new Map<GroupName, Group.Group>()
  let shuttingDown = false

  const entriesOf = (group: GroupName) => cltab.current().entries.filter((entry) => entry.group === group)

  const configured = () => new Set(cltab.current().entries.map((entry) => entry.group))

  const haltDeleted = Effect.gen(function*() {
    const kept = configured()
    const deleted = [...groups.keys()].filter((name) => !kept.has(name))
    yield* Effect.forEach(deleted, (name) => groups.get(name)?.halt(true) ?? Effect.void, { discard: true })
    return deleted
  })

  /**
   * An order sees one snapshot of the cltab, and orders see the snapshots in the order in which they were read. A
   * shutdown never waits for an order.
   */
  const order = <A, E>(act: (warnings: ReadonlyArray<string>) => Effect.Effect<A, E>) => {
    const refuseIfShuttingDown = Effect.suspend(() =>
      shuttingDown ? Effect.fail(new ShuttingDown()) : Effect.void
    )
    return reading.withPermit(refuseIfShuttingDown.pipe(
      Effect.andThen(cltab.refresh),
      Effect.flatMap((warnings) => inOneGo(Effect.andThen(refuseIfShuttingDown, act(warnings))))
    ))
  }

  const groupNamed = Effect.fnUntraced(function*(name: GroupName) {
    const known = groups.get(name)
    if (known !== undefined) return known
    const group = yield* Effect.setContext(
      Group.make(name, scope, () => {
        groups.delete(name)
        if (shuttingDown && groups.size === 0) Deferred.doneUnsafe(down, Effect.void)
      }),
      context
    )
    groups.set(name, group)
    return group
  })

  const shutdown = inOneGo(Effect.suspend(() => {
    if (shuttingDown) return Effect.void
    shuttingDown = true
    if (groups.size === 0) Deferred.doneUnsafe(down, Effect.void)
    return Effect.forEach([...groups.values()], (group) => group.halt(false), { discard: true })
  }))
  yield* Effect.addFinalizer(() => Effect.andThen(shutdown, Deferred.await(down)))

  return Daemon.of({
    tell: (name, level) =>
      order(Effect.fnUntraced(function*(warnings) {
        yield* haltDeleted
        const entries = entriesOf(name)
        if (entries.length === 0) return yield* new UnknownGroup({ group: name })
        const group = yield* groupNamed(name)
        yield* Effect.logInfo(`${name} told level ${level}`)
        const settling = yield* group.tell(level, entries)
        return { warnings, settling }
      })),
    reread: order((warnings) => Effect.map(haltDeleted, (halting) => ({ warnings, halting }))),
    status: Effect.sync(() => {
      const told = board.groups()
      const known = new Set(told.map(({ group }) => group))
      const untold = [...configured()].filter((group) => !known.has(group))
      return {
        containment: spawner.containment,
        cltab: source.file,
        shuttingDown,
        warnings: cltab.trouble(),
        groups: [...told, ...untold.map((group) => ({ group, state: "CONFIGURED" as const, processes: [] }))]
      }
    }),
    shutdown,
    down: Deferred.await(down),
    settings: () => cltab.current().settings
  })
})
