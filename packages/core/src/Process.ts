import type { Mode } from "@clinit/protocol/Names"
import type { RunEnd } from "@clinit/protocol/Status"
import { describeEnd } from "@clinit/protocol/Status"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type { Entry } from "./Cltab.ts"
import * as EntryLogger from "./EntryLogger.ts"
import * as Escalation from "./Escalation.ts"
import type { Run } from "./Ledger.ts"
import { Ledger } from "./Ledger.ts"
import type { RunRecord } from "./LedgerText.ts"
import * as LoggerProcess from "./LoggerProcess.ts"
import * as ProcessState from "./ProcessState.ts"
import { quote } from "./Quotation.ts"
import * as Respawn from "./Respawn.ts"
import * as SettingDefaults from "./SettingDefaults.ts"
import type { Child } from "./Spawner.ts"
import { Spawner } from "./Spawner.ts"
import { StatusBoard } from "./StatusBoard.ts"
import { Trouble } from "./Trouble.ts"

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
  /** Completes when the next entry of the level may start: see `startsOnceForked`. */
  readonly started: Effect.Effect<void>
  /** Notes, before the fiber is interrupted, that what is being stopped because it timed out does not count any more. */
  readonly dismiss: Effect.Effect<void>
  readonly fiber: Fiber.Fiber<void>
}

/** What a process needs of the world. */
export type Needs = Spawner | StatusBoard | Ledger | Trouble

/** Once and respawn entries count as started when they are forked, wait and test entries when they have exited. */
const startsOnceForked = (mode: Mode): boolean => mode === "once" || mode === "respawn"

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

const adoptLogger = Effect.fnUntraced(function*({ mark, process, run }: RunRecord, isLast: boolean) {
  const spawner = yield* Spawner
  const child = yield* spawner.adopt(process!, mark)
  return { run: { number: run, mark }, child, isLast } satisfies LoggerProcess.Inherited
})

/**
 * Starts the loggers of an entry, or goes on with those of them that an earlier daemon left; also with those of which
 * the entry does not know, as nothing but its mark is known of it: they end with it.
 */
const startLoggers = (now: () => Entry, past: ReadonlyArray<RunRecord>) => {
  const own = EntryLogger.of(now())
  const others = past.filter(({ entry }) => own.every(({ logs }) => logs !== entry.logs))
  return Effect.forEach(
    [...own, ...others.map(({ entry }) => entry as EntryLogger.LoggerEntry)],
    Effect.fnUntraced(function*(logger) {
      const before = past.find(({ entry }) => entry.logs === logger.logs)
      const inherited = before && (yield* adoptLogger(before, others.includes(before)))
      return yield* LoggerProcess.start(logger, now, inherited)
    })
  )
}

const endAll = (loggers: ReadonlyArray<LoggerProcess.LoggerProcess>) =>
  Effect.forEach(loggers, ({ end }) => end, { concurrency: "unbounded", discard: true })

/** Has the loggers of an earlier daemon end whose entry did not outlive that: they have but to read what is left. */
export const resumeLoggers = Effect.fnUntraced(function*(
  past: readonly [RunRecord, ...ReadonlyArray<RunRecord>],
  scope: Scope.Scope
): Effect.fn.Return<Resumed, never, Needs> {
  const board = yield* StatusBoard
  const [{ entry }] = past
  yield* board.setProcess(entry, { _tag: "Stopping" }, { adopted: true })
  const loggers = yield* Effect.forEach(
    past,
    Effect.fnUntraced(function*(record) {
      const logger = record.entry as EntryLogger.LoggerEntry
      return yield* LoggerProcess.start(logger, () => logger, yield* adoptLogger(record, true))
    })
  )
  const ended = Effect.ensuring(endAll(loggers), board.removeProcess(entry))
  const fiber = yield* Effect.forkIn(Effect.uninterruptible(ended), scope, { startImmediately: true })
  const process = {
    entry: () => entry,
    redefine: () => {},
    dismiss: Effect.void,
    started: Effect.void,
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
  const { end, entry, since, stopping = false } = past
  const asEnded = (end: RunEnd) =>
    Effect.map(live(entry, { end, ranMillis: 0, forget }, loggers, scope, onGivenUp), (process) => ({
      over: false,
      process
    }))
  if (end !== undefined && !stopping) {
    return isUnseen(entry.mode, end) ? yield* Effect.as(forget, undefined) : yield* asEnded(end)
  }
  const child = yield* spawner.adopt(past.process!, run.mark)
  const leader = yield* Effect.forkIn(child.exit, scope, { startImmediately: true })
  const isDead = leader.pollUnsafe() !== undefined
  yield* Effect.logInfo(
    isDead
      ? `${entry.group}/${entry.tag} ended while no daemon ran`
      : `${entry.group}/${entry.tag} goes on: pid ${child.identity.pid}`
  )
  if (end !== undefined && child.isExtinct()) return yield* asEnded(end)
  const over = end === undefined &&
    (stopping || (isDead && (entry.mode === "respawn" || entry.mode === "test")))
  const nothingToStop = stopping ? child.isExtinct() : isLeft(entry, child, { _tag: "Unknown" })
  if (over && isDead && nothingToStop) return yield* Effect.as(forget, undefined)
  const inherited = { run, child, since, isDead, stopping, over, ...ended(end) }
  return { over, process: yield* live(entry, inherited, loggers, scope, onGivenUp) }
})

const live = Effect.fnUntraced(function*(
  entry: Entry,
  past: Inherited | Done | undefined,
  pastLoggers: ReadonlyArray<RunRecord>,
  scope: Scope.Scope,
  onGivenUp: () => void
) {
  const started = yield* Deferred.make<void>()
  const board = yield* StatusBoard
  let latest = entry
  let changed = Deferred.makeUnsafe<void>()
  const definition: Definition = {
    now: () => latest,
    changed: () => Deferred.await(changed),
    dismissal: Effect.void
  }
  /** What is left to be done is the loggers' business: there is no process of the entry any more. */
  const showDown = Effect.suspend(() => {
    const state = board.process(entry.group, entry.tag)?.state
    return state !== undefined && "pid" in state
      ? board.setProcess(definition.now(), { _tag: "Stopping" })
      : Effect.void
  })
  const fiber = yield* Effect.forkIn(
    Effect.acquireUseRelease(
      startLoggers(definition.now, pastLoggers),
      () => life(definition, past, Deferred.succeed(started, void 0), onGivenUp),
      (loggers) => Effect.andThen(loggers.length === 0 ? Effect.void : showDown, endAll(loggers))
    ).pipe(
      Effect.tapDefect((defect) =>
        Effect.logError(`internal error: ${entry.tag} is no longer supervised`, defect)
      ),
      // One that was told to go before it was begun has no state.
      Effect.ensuring(
        Effect.suspend(() =>
          board.process(entry.group, entry.tag) === undefined ? Effect.void : board.removeProcess(entry)
        )
      ),
      // Whatever happened to the entry, the level must not wait for it any longer.
      Effect.ensuring(Deferred.succeed(started, void 0))
    ),
    scope,
    { startImmediately: true }
  )
  return {
    entry: definition.now,
    redefine: (entry: Entry) => {
      latest = entry
      const before = changed
      changed = Deferred.makeUnsafe()
      Deferred.doneUnsafe(before, Effect.void)
    },
    started: Deferred.await(started),
    dismiss: Effect.suspend(() => definition.dismissal),
    fiber
  } satisfies Process
})

/**
 * The entry of a process as it is now, and what completes when that is no longer so; what is to be noted if it is told
 * to go.
 */
interface Definition {
  readonly now: () => Entry
  readonly changed: () => Effect.Effect<void>
  dismissal: Effect.Effect<void>
}

const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

const life = Effect.fnUntraced(function*(
  definition: Definition,
  past: Inherited | Done | undefined,
  started: Effect.Effect<unknown>,
  onGivenUp: () => void
) {
  const board = yield* StatusBoard
  let history = Respawn.noDeaths
  let lastEnd: RunEnd | undefined
  for (let before = past;; before = undefined) {
    const entry = definition.now()
    if (before === undefined) yield* board.setProcess(entry, { _tag: "Starting" }, ended(lastEnd))
    const done = before !== undefined && !("child" in before)
      ? before
      : yield* run(definition, before, startsOnceForked(entry.mode) ? started : Effect.void)
    lastEnd = done.end
    if (before !== undefined && "over" in before && before.over) return yield* done.forget
    if (isUnseen(entry.mode, lastEnd)) {
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
    const death = { atMillis: yield* monotonicMillis, ranMillis: done.ranMillis }
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
      yield* board.setProcess(entry, { _tag: "Pausing", retryAt }, { lastEnd })
      yield* Effect.logWarning(
        `${entry.tag} ${wasRefused ? "is refused" : "respawning too rapidly"}: sleeping ${
          millis / 1_000
        } seconds`
      )
      yield* Effect.sleep(millis)
    }
  }
})

/** How a run ended, how long it lived, and how to forget it once it no longer matters. */
interface Done {
  readonly end: RunEnd
  readonly ranMillis: number
  readonly forget: Effect.Effect<void>
}

/** A process and its run in the ledger. */
interface Running {
  readonly run: Run
  readonly child: Child
}

/** One that an earlier daemon started, at this time; with an end it had timed out and is being stopped for that. */
interface Inherited extends Running {
  readonly lastEnd?: RunEnd
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
 * Completes when a run that began at this time of the monotonic clock has taken longer than the entry's timeout is, if
 * it is there to end: never for others.
 */
const timedOut = Effect.fnUntraced(function*(definition: Definition, beganMillis: number) {
  for (;;) {
    const changed = definition.changed()
    const { mode, settings } = definition.now()
    const millis = startsOnceForked(mode) ? undefined : settings?.timeout
    const over = millis === undefined
      ? Effect.never
      : Effect.sleep(Math.max(0, beganMillis + millis - (yield* monotonicMillis))).pipe(
        Effect.as({ _tag: "TimedOut" as const, millis })
      )
    const end = yield* Effect.raceFirst(over, Effect.as(changed, undefined))
    if (end !== undefined) return end
  }
})

/**
 * Runs the entry's command once, or goes on with a run that is there, until it ends by itself or takes too long.
 * Interrupted, it stops the process tree first.
 */
const run = Effect.fnUntraced(function*(
  definition: Definition,
  past: Inherited | undefined,
  forked: Effect.Effect<unknown>
) {
  const board = yield* StatusBoard
  const ledger = yield* Ledger
  const trouble = yield* Trouble
  const entry = definition.now()
  const name = `${entry.group}/${entry.tag}`

  const origin = ({ identity: { containment } }: Child) => ({
    containment,
    ...(past === undefined ? {} : { adopted: true as const })
  })

  /** Not of a process that ended before it could be taken over: nothing is called running that is not. */
  const announce = (child: Child) =>
    past !== undefined && (past.isDead || past.lastEnd !== undefined) ?
      Effect.void :
      board.setProcess(entry, { _tag: "Running", pid: child.identity.pid }, {
        ...origin(child),
        ...(past === undefined ? {} : { since: past.since })
      })

  const stop = (child: Child, lastEnd: RunEnd | undefined) => {
    const { pid } = child.identity
    return Escalation.stop(child, definition.now(), ({ overdue, step }) => {
      const { graceMillis: _, ...means } = step
      const what = "signal" in step ? step.signal : quote(step.command)
      return Effect.andThen(
        board.setProcess(entry, { _tag: "Stopping", pid, ...means }, { ...origin(child), ...ended(lastEnd) }),
        overdue ? trouble.set(name, `pid ${pid} or a descendant lives on in spite of ${what}`) : Effect.void
      )
    }).pipe(Effect.ensuring(trouble.clear(name)))
  }

  const awaitEnd = (child: Child, beganMillis: number): Effect.Effect<RunEnd> =>
    past?.lastEnd === undefined
      ? Effect.tap(
        Effect.raceFirst(child.exit, timedOut(definition, beganMillis)),
        (end) => logEnd(definition.now(), end)
      )
      : Effect.succeed(past.lastEnd)

  /** What is left of it in the ledger, should nobody take its end. */
  let forget: Effect.Effect<void> = Effect.void

  return yield* Effect.acquireUseRelease(
    past === undefined ? launch(entry) : Effect.succeed<Running>(past),
    Effect.fnUntraced(function*({ child, run }) {
      const ranBefore = past === undefined ? 0 : Math.max(0, (yield* Clock.currentTimeMillis) - past.since)
      const beganMillis = (yield* monotonicMillis) - ranBefore
      yield* announce(child)
      yield* forked
      const end = yield* awaitEnd(child, beganMillis)
      const ranMillis = (yield* monotonicMillis) - beganMillis
      return { end, ranMillis, forget: ledger.remove(run) } satisfies Done
    }),
    Effect.fnUntraced(function*({ child, run }, exit) {
      // One that was being stopped is stopped, however its main process came to its end.
      const wasGoing = past?.stopping === true && past.lastEnd === undefined
      const end = Exit.isSuccess(exit) && !wasGoing ? exit.value.end : undefined
      if (end === undefined || end._tag === "TimedOut") yield* ledger.setStopping(run, end)
      definition.dismissal = end?._tag === "TimedOut" ? ledger.setStopping(run) : Effect.void
      if (!isLeft(definition.now(), child, end)) yield* stop(child, end)
      definition.dismissal = Effect.void
      if (end === undefined || entry.mode === "respawn") return yield* ledger.remove(run)
      yield* ledger.setEnd(run, end)
      forget = ledger.remove(run)
    })
  ).pipe(
    Effect.onInterrupt(() => forget),
    Effect.catchTag("SpawnError", ({ reason }) => {
      const end = { _tag: "NotSpawned" as const, reason }
      return Effect.as(logEnd(entry, end), { end, ranMillis: 0, forget: Effect.void })
    })
  )
})

/**
 * Whether what a run leaves gets no signal. That is so when nothing is left: the pid may belong to somebody else by
 * now. And when an entry has ended by itself that is not run again, unless its `tree` setting says otherwise: it may
 * have been there to start a daemon. What timed out did not end by itself.
 */
const isLeft = ({ mode, settings }: Entry, child: Child, end: RunEnd | undefined): boolean =>
  child.isExtinct() ||
  (end !== undefined && end._tag !== "TimedOut" &&
    (settings?.tree ?? SettingDefaults.treeOf(mode)) === "loose")

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
