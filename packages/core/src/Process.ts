import type { Mode } from "@clinit/protocol/Names"
import type { ProcessState, RunEnd } from "@clinit/protocol/Status"
import { describeEnd } from "@clinit/protocol/Status"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Entry } from "./Cltab.ts"
import * as Escalation from "./Escalation.ts"
import * as Respawn from "./Respawn.ts"
import type { Child } from "./Spawner.ts"
import { Spawner } from "./Spawner.ts"
import { StatusBoard } from "./StatusBoard.ts"

/**
 * One entry's life: a fiber that exists from the entry's start until it is stopped, also while nothing runs (an
 * entry that has finished stays finished until its level is left). Interrupting the fiber stops the entry: the
 * release of the running child escalates signals, and the fiber ends when its process group is extinct. A respawn
 * entry's next run starts when the process group of the one before is extinct, so that there never are two.
 */
export interface Process {
  readonly entry: Entry
  /** Completes when the next entry of the level may start: see `startsOnceForked`. */
  readonly started: Effect.Effect<void>
  readonly fiber: Fiber.Fiber<void>
}

/** The throttle of respawn entries. */
export const RespawnThrottle = Context.Reference<Respawn.Throttle>("@clinit/core/RespawnThrottle", {
  defaultValue: () => Respawn.defaultThrottle
})

/** Once and respawn entries count as started when they are forked, wait and test entries when they have exited. */
const startsOnceForked = (mode: Mode): boolean => mode === "once" || mode === "respawn"

/** Starts the entry in the scope. Its fiber ends when it is stopped and nothing of it is left. */
export const start = Effect.fnUntraced(function*(
  entry: Entry,
  scope: Scope.Scope
): Effect.fn.Return<Process, never, Spawner | StatusBoard> {
  const started = yield* Deferred.make<void>()
  const board = yield* StatusBoard
  const fiber = yield* Effect.forkIn(
    life(entry, Deferred.succeed(started, void 0)).pipe(
      Effect.tapDefect((defect) =>
        Effect.logError(`internal error: ${entry.tag} is no longer supervised`, defect)
      ),
      Effect.ensuring(board.removeProcess(entry)),
      // Whatever happened to the entry, the level must not wait for it any longer.
      Effect.ensuring(Deferred.succeed(started, void 0))
    ),
    scope,
    { startImmediately: true }
  )
  return { entry, started: Deferred.await(started), fiber }
})

const life = Effect.fnUntraced(function*(entry: Entry, started: Effect.Effect<unknown>) {
  const board = yield* StatusBoard
  const throttle = yield* RespawnThrottle
  let history = Respawn.noDeaths
  let lastEnd: RunEnd | undefined
  while (true) {
    yield* board.setProcess(entry, { _tag: "Starting" }, ended(lastEnd))
    lastEnd = yield* run(entry, startsOnceForked(entry.mode) ? started : Effect.void)
    if (entry.mode !== "respawn") {
      yield* board.setProcess(entry, finished(entry.mode, lastEnd), { lastEnd })
      yield* started
      return yield* Effect.never
    }
    // A respawn entry that could not be forked has been started nevertheless: it must not hold up the level.
    yield* started
    const verdict = Respawn.afterDeath(
      throttle,
      history,
      Number((yield* Clock.monotonicTimeNanos) / 1_000_000n)
    )
    history = verdict.history
    if (verdict.pauseMillis > 0) {
      const retryAt = (yield* Clock.currentTimeMillis) + verdict.pauseMillis
      yield* board.setProcess(entry, { _tag: "Pausing", retryAt }, { lastEnd })
      yield* Effect.logWarning(
        `${entry.tag} respawning too rapidly: sleeping ${verdict.pauseMillis / 1_000} seconds`
      )
      yield* Effect.sleep(verdict.pauseMillis)
    }
  }
})

/** Runs the entry's command once, until it ends by itself. Interrupted, it stops the process group first. */
const run = Effect.fnUntraced(function*(entry: Entry, forked: Effect.Effect<unknown>) {
  const board = yield* StatusBoard
  const spawner = yield* Spawner
  return yield* Effect.acquireUseRelease(
    spawner.spawn(entry, entry.tag),
    (child) =>
      board.setProcess(entry, { _tag: "Running", pid: child.identity.pid }, {
        containment: child.identity.containment
      }).pipe(
        Effect.andThen(forked),
        Effect.andThen(child.exit),
        Effect.tap((end) => logEnd(entry, end))
      ),
    (child, exit) =>
      isLeft(entry.mode, child, exit) ?
        Effect.void :
        Escalation.stop(child, (signal) =>
          board.setProcess(
            entry,
            { _tag: "Stopping", pid: child.identity.pid, signal },
            ended(Exit.isSuccess(exit) ? exit.value : undefined)
          ))
  ).pipe(
    Effect.catchTag("SpawnError", ({ reason }) => {
      const end = { _tag: "NotSpawned" as const, reason }
      return Effect.as(logEnd(entry, end), end)
    })
  )
})

/**
 * Whether what a run leaves gets no signal. That is so when nothing is left: the pid may belong to somebody else by
 * now. And when an entry that is not run again has ended by itself: it may have been there to start a daemon.
 */
const isLeft = (mode: Mode, child: Child, exit: Exit.Exit<unknown>): boolean =>
  child.isExtinct() || (Exit.isSuccess(exit) && mode !== "respawn")

const ended = (lastEnd: RunEnd | undefined) => lastEnd === undefined ? {} : { lastEnd }

const logEnd = ({ group, mode, tag }: Entry, end: RunEnd): Effect.Effect<void> => {
  const text = `${group}/${tag} ${describeEnd(end)}`
  if (end._tag === "NotSpawned") return Effect.logError(text)
  return mode !== "respawn" && end._tag === "Exited" && end.code === 0
    ? Effect.logInfo(text)
    : Effect.logWarning(text)
}

const finished = (mode: Mode, end: RunEnd): ProcessState => {
  if (end._tag === "NotSpawned") return { _tag: "Failed" }
  if (mode !== "test") return { _tag: "Done" }
  return end._tag === "Exited" && end.code === 0 ? { _tag: "Passed" } : { _tag: "Failed" }
}
