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
import type { Run } from "./Ledger.ts"
import { Ledger } from "./Ledger.ts"
import type { RunRecord } from "./LedgerText.ts"
import * as Respawn from "./Respawn.ts"
import type { Child } from "./Spawner.ts"
import { Spawner } from "./Spawner.ts"
import { StatusBoard } from "./StatusBoard.ts"
import { Trouble } from "./Trouble.ts"

/**
 * One entry's life: a fiber that exists from the entry's start until it is stopped, also while nothing runs (an
 * entry that has finished stays finished until its level is left). Interrupting the fiber stops the entry: the
 * release of the running child escalates signals, and the fiber ends when its process tree is extinct. A respawn
 * entry's next run starts when the tree of the one before is extinct, so that there never are two.
 */
export interface Process {
  /** As the cltab has it now; what is run, and how, is as it was at the start. */
  readonly entry: () => Entry
  /** Makes this the entry, so that its settings count from the next decision on. */
  readonly redefine: (entry: Entry) => void
  /** Completes when the next entry of the level may start: see `startsOnceForked`. */
  readonly started: Effect.Effect<void>
  readonly fiber: Fiber.Fiber<void>
}

/** What a process needs of the world. */
export type Needs = Spawner | StatusBoard | Ledger | Trouble

/** The throttle of respawn entries. */
export const RespawnThrottle = Context.Reference<Respawn.Throttle>("@clinit/core/RespawnThrottle", {
  defaultValue: () => Respawn.defaultThrottle
})

/** Once and respawn entries count as started when they are forked, wait and test entries when they have exited. */
const startsOnceForked = (mode: Mode): boolean => mode === "once" || mode === "respawn"

/** Starts the entry in the scope. Its fiber ends when it is stopped and nothing of it is left. */
export const start = (entry: Entry, scope: Scope.Scope): Effect.Effect<Process, never, Needs> =>
  live(entry, undefined, scope)

/** A process that an earlier daemon began; `over` if it only has to be waited for and counts as not started. */
export interface Resumed {
  readonly process: Process
  readonly over: boolean
}

/**
 * Goes on with a run that the ledger has taken over from an earlier daemon, as if this one had begun it: without a
 * signal, or a second start. What was being stopped is over, and so is a respawn or test entry whose process has ended
 * meanwhile: what it left is stopped as at any other time, and if it left nothing there is nothing to go on with.
 */
export const resume = Effect.fnUntraced(function*(
  past: RunRecord,
  scope: Scope.Scope
): Effect.fn.Return<Resumed | undefined, never, Needs> {
  const ledger = yield* Ledger
  const spawner = yield* Spawner
  const run: Run = { number: past.run, mark: past.mark }
  const forget = ledger.remove(run)
  if (past.end !== undefined) {
    if (isUnseen(past.entry.mode, past.end)) return yield* Effect.as(forget, undefined)
    return { over: false, process: yield* live(past.entry, { end: past.end, forget }, scope) }
  }
  const child = yield* spawner.adopt(past.process!, run.mark)
  const leader = yield* Effect.forkIn(child.exit, scope, { startImmediately: true })
  const isDead = leader.pollUnsafe() !== undefined
  yield* Effect.logInfo(
    isDead
      ? `${past.entry.group}/${past.entry.tag} ended while no daemon ran`
      : `${past.entry.group}/${past.entry.tag} goes on: pid ${child.identity.pid}`
  )
  const { entry, since, stopping = false } = past
  const over = stopping || (isDead && (entry.mode === "respawn" || entry.mode === "test"))
  const nothingToStop = stopping ? child.isExtinct() : isLeft(entry, child, { _tag: "Unknown" })
  if (over && isDead && nothingToStop) return yield* Effect.as(forget, undefined)
  return { over, process: yield* live(entry, { run, child, since, isDead, stopping, over }, scope) }
})

const live = Effect.fnUntraced(function*(
  entry: Entry,
  past: Inherited | Done | undefined,
  scope: Scope.Scope
) {
  const started = yield* Deferred.make<void>()
  const board = yield* StatusBoard
  let latest = entry
  const fiber = yield* Effect.forkIn(
    life(() => latest, past, Deferred.succeed(started, void 0)).pipe(
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
  return {
    entry: () => latest,
    redefine: (entry: Entry) => void (latest = entry),
    started: Deferred.await(started),
    fiber
  } satisfies Process
})

const life = Effect.fnUntraced(function*(
  entryNow: () => Entry,
  past: Inherited | Done | undefined,
  started: Effect.Effect<unknown>
) {
  const board = yield* StatusBoard
  const throttle = yield* RespawnThrottle
  let history = Respawn.noDeaths
  let lastEnd: RunEnd | undefined
  for (let before = past;; before = undefined) {
    const entry = entryNow()
    if (before === undefined) yield* board.setProcess(entry, { _tag: "Starting" }, ended(lastEnd))
    const done = before !== undefined && "end" in before
      ? before
      : yield* run(entryNow, before, startsOnceForked(entry.mode) ? started : Effect.void)
    lastEnd = done.end
    if (before !== undefined && "over" in before && before.over) return yield* done.forget
    if (isUnseen(entry.mode, lastEnd)) {
      yield* done.forget
      continue
    }
    if (entry.mode !== "respawn") {
      const heritage = before === undefined ? {} : { adopted: true as const }
      yield* board.setProcess(entry, finished(entry.mode, lastEnd), { lastEnd, ...heritage })
      yield* started
      return yield* Effect.onInterrupt(Effect.never, () => done.forget)
    }
    // A respawn entry that could not be forked has been started nevertheless: it must not hold up the level.
    yield* started
    const wasRefused = lastEnd._tag === "NotSpawned"
    const now = Number((yield* Clock.monotonicTimeNanos) / 1_000_000n)
    const verdict = wasRefused
      ? Respawn.afterRefusal(throttle, history)
      : Respawn.afterDeath(throttle, history, now)
    history = verdict.history
    if (verdict.pauseMillis > 0) {
      const retryAt = (yield* Clock.currentTimeMillis) + verdict.pauseMillis
      yield* board.setProcess(entry, { _tag: "Pausing", retryAt }, { lastEnd })
      yield* Effect.logWarning(
        `${entry.tag} ${wasRefused ? "is refused" : "respawning too rapidly"}: sleeping ${
          verdict.pauseMillis / 1_000
        } seconds`
      )
      yield* Effect.sleep(verdict.pauseMillis)
    }
  }
})

/** How a run ended by itself, and how to forget it once it no longer matters. */
interface Done {
  readonly end: RunEnd
  readonly forget: Effect.Effect<void>
}

/** A process and its run in the ledger. */
interface Running {
  readonly run: Run
  readonly child: Child
}

/** One that an earlier daemon started, at this time. */
interface Inherited extends Running {
  readonly since: number
  readonly isDead: boolean
  readonly stopping: boolean
  readonly over: boolean
}

const launch = Effect.fnUntraced(function*(entry: Entry) {
  const ledger = yield* Ledger
  const spawner = yield* Spawner
  const run = yield* ledger.begin(entry)
  const child = yield* Effect.onError(spawner.spawn(entry, run.mark), () => ledger.remove(run))
  yield* ledger.setProcess(run, child.identity)
  return { run, child } satisfies Running
})

/**
 * Runs the entry's command once, or goes on with a run that is there, until it ends by itself. Interrupted, it stops
 * the process tree first.
 */
const run = Effect.fnUntraced(function*(
  entryNow: () => Entry,
  past: Inherited | undefined,
  forked: Effect.Effect<unknown>
) {
  const board = yield* StatusBoard
  const ledger = yield* Ledger
  const trouble = yield* Trouble
  const entry = entryNow()
  const name = `${entry.group}/${entry.tag}`

  const origin = ({ identity: { containment } }: Child) => ({
    containment,
    ...(past === undefined ? {} : { adopted: true as const })
  })

  /** Not of a process that ended before it could be taken over: nothing is called running that is not. */
  const announce = (child: Child) =>
    past?.isDead === true ?
      Effect.void :
      board.setProcess(entry, { _tag: "Running", pid: child.identity.pid }, {
        ...origin(child),
        ...(past === undefined ? {} : { since: past.since })
      })

  const stop = (child: Child, lastEnd: RunEnd | undefined) => {
    const { pid } = child.identity
    return Escalation.stop(child, ({ overdue, signal }) =>
      Effect.andThen(
        board.setProcess(entry, { _tag: "Stopping", pid, signal }, { ...origin(child), ...ended(lastEnd) }),
        overdue ? trouble.set(name, `pid ${pid} or a descendant lives on in spite of ${signal}`) : Effect.void
      )).pipe(Effect.ensuring(trouble.clear(name)))
  }

  return yield* Effect.acquireUseRelease(
    past === undefined ? launch(entry) : Effect.succeed<Running>(past),
    ({ child, run }) =>
      announce(child).pipe(
        Effect.andThen(forked),
        Effect.andThen(child.exit),
        Effect.tap((end) => logEnd(entry, end)),
        Effect.map((end): Done => ({ end, forget: ledger.remove(run) }))
      ),
    ({ child, run }, exit) => {
      // One that was being stopped is stopped, however its main process came to its end.
      const end = Exit.isSuccess(exit) && past?.stopping !== true ? exit.value.end : undefined
      return (end === undefined ? ledger.setStopping(run) : Effect.void).pipe(
        Effect.andThen(isLeft(entryNow(), child, end) ? Effect.void : stop(child, end)),
        Effect.andThen(
          end === undefined || entry.mode === "respawn" ? ledger.remove(run) : ledger.setEnd(run, end)
        )
      )
    }
  ).pipe(
    Effect.catchTag("SpawnError", ({ reason }) => {
      const end = { _tag: "NotSpawned" as const, reason }
      return Effect.as(logEnd(entry, end), { end, forget: Effect.void })
    })
  )
})

/**
 * Whether what a run leaves gets no signal. That is so when nothing is left: the pid may belong to somebody else by
 * now. And when an entry has ended by itself that is not run again, unless its `tree` setting says otherwise: it may
 * have been there to start a daemon.
 */
const isLeft = ({ mode, settings }: Entry, child: Child, end: RunEnd | undefined): boolean =>
  child.isExtinct() ||
  (end !== undefined && (settings?.tree ?? (mode === "respawn" ? "strict" : "loose")) === "loose")

/** A test is there for its result alone: if nobody could see it, it is made again. */
const isUnseen = (mode: Mode, end: RunEnd): boolean => mode === "test" && end._tag === "Unknown"

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
