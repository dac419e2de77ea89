import type { RunEnd } from "@clinit/protocol/Status"
import { describeEnd } from "@clinit/protocol/Status"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type { Entry } from "./Cltab.ts"
import * as EntryDefinition from "./EntryDefinition.ts"
import * as EntryLog from "./EntryLog.ts"
import * as EntryLogger from "./EntryLogger.ts"
import * as EntryLoggers from "./EntryLoggers.ts"
import * as EntryRun from "./EntryRun.ts"
import * as Escalation from "./Escalation.ts"
import type { Run } from "./Ledger.ts"
import { Ledger } from "./Ledger.ts"
import type { RunRecord } from "./LedgerText.ts"
import * as ProcessState from "./ProcessState.ts"
import * as Respawn from "./Respawn.ts"
import type { Signal } from "./Signal.ts"
import type { Urgency } from "./Spawner.ts"
import { Spawner } from "./Spawner.ts"
import { StatusBoard } from "./StatusBoard.ts"
import type { Trouble } from "./Trouble.ts"

/**
 * One entry's life: a fiber that exists from the entry's start until it is stopped, also while nothing runs (an
 * entry that has finished stays finished until its level is left). Interrupting the fiber stops the entry: the
 * release of the running child escalates signals, and the fiber ends when its process tree is extinct. A respawn
 * entry's next run starts when the tree of the one before is extinct, so that there never are two.
 *
 * A respawn entry that is given up stays so, like a finished one, until its level is left or it is retried. The ledger
 * does not know of it: a daemon that comes after a killed one starts it afresh, and gives it up again if it must.
 */
export interface Process {
  /** As the cltab has it now; what is run, and how, is as it was at the start. */
  readonly entry: () => Entry
  /** Makes this the entry, so that its settings count from the next decision on, and its timeout at once. */
  readonly redefine: (entry: Entry) => void
  /** Completes when the next entry of the level may start: see `EntryRun.startsOnceForked`. */
  readonly started: Effect.Effect<void>
  /** Notes, before the fiber is interrupted, that what is being stopped because it timed out does not count any more. */
  readonly dismiss: Effect.Effect<void>
  /** Does ahead what can be done at once of the stop that begins when the fiber is interrupted, which has to follow in this turn. */
  readonly strike: (plan: Escalation.Plan) => void
  /** Whether the leader of the present run lives, for all that is known. */
  readonly isLed: () => boolean
  /** Sends the signal to the process tree of the present run; whether there is one, and the pid of its leader. */
  readonly signal: (signal: Signal) => Effect.Effect<Signalled | undefined>
  readonly fiber: Fiber.Fiber<void>
}

/** What was sent a signal; a fiber has no pid. */
export interface Signalled {
  readonly pid?: number
}

/** What a process needs of the world. */
export type Needs = Spawner | StatusBoard | Ledger | Trouble

/**
 * Starts the entry in the scope. Its fiber ends when it is stopped and nothing of it is left. `onGivenUp` is called
 * when the entry is given up and shown as failed.
 */
export const start = (
  entry: Entry,
  scope: Scope.Scope,
  onGivenUp: () => void
): Effect.Effect<Process, never, Needs> => live(entry, undefined, [], scope, onGivenUp)

/** A process that an earlier daemon began; `over` if it only has to be waited for and counts as not started. */
export interface Resumed {
  readonly process: Process
  readonly over: boolean
}

/** Has the loggers of an earlier daemon end whose entry did not outlive that: they have but to read what is left. */
export const resumeLoggers = Effect.fnUntraced(function*(
  past: readonly [RunRecord, ...ReadonlyArray<RunRecord>],
  scope: Scope.Scope
): Effect.fn.Return<Resumed, never, Needs> {
  const board = yield* StatusBoard
  const [{ entry }] = past
  yield* board.setProcess(entry, { _tag: "Stopping" }, { adopted: true })
  const loggers = yield* EntryLog.of(entry)(EntryLoggers.startLast(past))
  const down = EntryLog.of(entry)(Effect.ensuring(EntryLoggers.end(loggers), board.removeProcess(entry)))
  const fiber = yield* Effect.forkIn(Effect.uninterruptible(down), scope, { startImmediately: true })
  const process = {
    entry: () => entry,
    redefine: () => {},
    dismiss: Effect.void,
    started: Effect.void,
    strike: () => {},
    isLed: () => false,
    signal: () => Effect.succeed(undefined),
    fiber
  }
  return { over: true, process }
})

/**
 * Goes on with a run that the ledger has taken over from an earlier daemon, as if this one had begun it: without a
 * signal, or a second start. What was being stopped is over, and so is a respawn or test entry whose process has ended
 * meanwhile: what it left is stopped as at any other time, and if it left nothing there is nothing to go on with, and
 * its loggers are left to whoever asked.
 */
export const resume = Effect.fnUntraced(function*(
  past: RunRecord,
  loggers: ReadonlyArray<RunRecord>,
  scope: Scope.Scope,
  onGivenUp: () => void
): Effect.fn.Return<Resumed | undefined, never, Needs> {
  const ledger = yield* Ledger
  const spawner = yield* Spawner
  const run: Run = { number: past.run, mark: past.mark }
  const forget = ledger.remove(run)
  const { end, entry, restarts = 0, since, stopping = false } = past
  const asEnded = (end: RunEnd) =>
    Effect.map(live(entry, { end, ranMillis: 0, forget }, loggers, scope, onGivenUp), (process) => ({
      over: false,
      process
    }))
  // A fiber that had timed out, and was being stopped for that, is gone.
  if (end !== undefined && (!stopping || past.process === undefined)) {
    return EntryRun.isUnseen(entry.mode, end) ? yield* Effect.as(forget, undefined) : yield* asEnded(end)
  }
  const child = yield* spawner.adopt(past.process!, run.mark)
  const leader = yield* Effect.forkIn(child.exit, scope, { startImmediately: true })
  const isDead = leader.pollUnsafe() !== undefined
  yield* Effect.logInfo(
    isDead
      ? `${entry.group}/${entry.tag} ended while no daemon ran`
      : `${entry.group}/${entry.tag} goes on: pid ${past.process!.pid}`
  ).pipe(EntryLog.of(entry))
  if (end !== undefined && child.isExtinct()) return yield* asEnded(end)
  const over = end === undefined &&
    (stopping || (isDead && (entry.mode === "respawn" || entry.mode === "test")))
  const nothingToStop = stopping ? child.isExtinct() : EntryRun.isLeft(entry, child, { _tag: "Unknown" })
  if (over && isDead && nothingToStop) return yield* Effect.as(forget, undefined)
  const inherited = { run, child, since, restarts, isDead, stopping, over, ...EntryRun.ended(end) }
  return { over, process: yield* live(entry, inherited, loggers, scope, onGivenUp) }
})

const live = Effect.fnUntraced(function*(
  entry: Entry,
  past: EntryRun.Inherited | EntryRun.Done | undefined,
  pastLoggers: ReadonlyArray<RunRecord>,
  scope: Scope.Scope,
  onGivenUp: () => void
) {
  const started = yield* Deferred.make<void>()
  const board = yield* StatusBoard
  const definition = EntryDefinition.make(entry)
  const present: EntryRun.Present = {
    child: undefined,
    awaited: undefined,
    stopped: undefined,
    dismissal: Effect.void
  }
  const goOn = (loggersStarted: Effect.Effect<unknown>) =>
    life(definition, past, loggersStarted, present, Deferred.succeed(started, void 0), onGivenUp)
  /** What is left to be done is the loggers' business: there is no process of the entry any more. */
  const showDown = Effect.suspend(() => {
    const state = board.process(entry.group, entry.tag)?.state
    return state !== undefined && ("pid" in state || state._tag === "Starting")
      ? board.setProcess(definition.now(), { _tag: "Stopping" })
      : Effect.void
  })
  const alive = pastLoggers.length === 0 && EntryLogger.of(entry).length === 0
    ? goOn(Effect.void)
    : Effect.acquireUseRelease(
      // Beside the rest, since it takes time: what is taken over has to be in good hands before anybody tells it to go.
      Effect.forkDetach(EntryLoggers.start(definition.now, pastLoggers), { startImmediately: true }),
      (loggers) => goOn(Fiber.join(loggers)),
      (starting) =>
        Effect.flatMap(
          Fiber.join(starting),
          (loggers) =>
            Effect.andThen(loggers.length === 0 ? Effect.void : showDown, EntryLoggers.end(loggers))
        )
    )
  const over = (exit: Exit.Exit<void>) => {
    // One that was told to go before it was begun has no state.
    const removed = Effect.suspend(() =>
      board.process(entry.group, entry.tag) === undefined
        ? Effect.void
        : board.removeProcess(entry, present.stopped)
    )
    return Exit.isFailure(exit) && Cause.hasDies(exit.cause)
      ? Effect.ensuring(
        Effect.logError(`internal error: ${entry.tag} is no longer supervised`, Cause.squash(exit.cause)),
        removed
      )
      : removed
  }
  const fiber = yield* Effect.forkIn(
    alive.pipe(
      // Whatever happened to the entry, the level must not wait for it any longer.
      Effect.onExit((exit) => Effect.ensuring(over(exit), Deferred.succeed(started, void 0))),
      EntryLog.of(entry)
    ),
    scope,
    { startImmediately: true }
  )
  return {
    entry: definition.now,
    redefine: definition.redefine,
    started: Deferred.await(started),
    dismiss: Effect.suspend(() => present.dismissal),
    strike: (plan) =>
      present.awaited !== undefined && Escalation.strike(present.awaited, definition.now(), plan),
    isLed: () => present.child?.hasEnded() === false,
    signal: (signal) =>
      Effect.suspend(() => {
        const { child } = present
        return child === undefined || child.isExtinct()
          ? Effect.succeed(undefined)
          : Effect.as(child.signal(signal), EntryRun.pidOf(child))
      }),
    fiber
  } satisfies Process
})

const life = Effect.fnUntraced(function*(
  definition: EntryDefinition.EntryDefinition,
  past: EntryRun.Inherited | EntryRun.Done | undefined,
  loggersStarted: Effect.Effect<unknown>,
  present: EntryRun.Present,
  started: Effect.Effect<unknown>,
  onGivenUp: () => void
) {
  const board = yield* StatusBoard
  let history = Respawn.noDeaths
  let lastEnd: RunEnd | undefined
  let urgency: Urgency = "first"
  for (let before = past;; before = undefined) {
    const entry = definition.now()
    if (before === undefined) {
      yield* board.setProcess(entry, { _tag: "Starting" }, EntryRun.ended(lastEnd))
      yield* loggersStarted
    }
    const done = before !== undefined && !("child" in before)
      ? before
      : yield* EntryRun.run(
        definition,
        before,
        urgency,
        present,
        EntryRun.startsOnceForked(entry.mode) ? started : Effect.void
      )
    lastEnd = done.end
    urgency = Respawn.urgencyAfter(done)
    if (before !== undefined && "over" in before && before.over) return yield* done.forget
    if (EntryRun.isUnseen(entry.mode, lastEnd)) {
      yield* done.forget
      continue
    }
    if (entry.mode !== "respawn") {
      const heritage = before === undefined ? {} : { adopted: true as const }
      const state = ProcessState.finished(definition.now(), lastEnd)
      yield* board.setProcess(entry, state, { lastEnd, ...heritage })
      yield* started
      return yield* Effect.onInterrupt(Effect.never, () => done.forget)
    }
    // A respawn entry that could not be forked has been started nevertheless: it must not hold up the level.
    yield* started
    const wasRefused = lastEnd._tag === "NotSpawned"
    const throttle = Respawn.throttleOf(definition.now())
    const random = yield* Random.next
    const death = { atMillis: yield* EntryRun.monotonicMillis, ranMillis: done.ranMillis }
    const verdict = wasRefused
      ? Respawn.afterRefusal(throttle, history, random)
      : Respawn.afterDeath(throttle, history, death, random)
    history = verdict.history
    if (verdict.next._tag === "GiveUp") {
      yield* board.setProcess(entry, { _tag: "Failed" }, { lastEnd })
      const name = `${entry.group}/${entry.tag}`
      yield* Effect.logError(
        `${name} is given up, as it ${
          describeEnd(lastEnd)
        } time and again: clinit retry ${name} starts it again`
      )
      onGivenUp()
      return yield* Effect.never
    }
    const millis = verdict.next._tag === "Pause" ? verdict.next.millis : 0
    if (millis > 0) {
      const retryAt = (yield* Clock.currentTimeMillis) + millis
      yield* board.setProcess(entry, {
        _tag: "Pausing",
        retryAt,
        why: wasRefused ? "it cannot be started" : `it ${Respawn.describePause(throttle, history)}`
      }, { lastEnd })
      yield* Effect.logWarning(
        `${entry.tag} ${wasRefused ? "is refused" : "respawning too rapidly"}: sleeping ${
          millis / 1_000
        } seconds`
      )
      yield* Effect.sleep(millis)
    }
  }
})
