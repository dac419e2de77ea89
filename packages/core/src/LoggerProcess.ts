import { describeEnd } from "@clinit/protocol/Status"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { Entry } from "./Cltab.ts"
import type { LoggerEntry } from "./EntryLogger.ts"
import * as EntryRun from "./EntryRun.ts"
import * as Escalation from "./Escalation.ts"
import { Ledger } from "./Ledger.ts"
import * as Respawn from "./Respawn.ts"
import type { SpawnError } from "./Spawner.ts"
import { Spawner } from "./Spawner.ts"
import { StatusBoard } from "./StatusBoard.ts"
import { Trouble } from "./Trouble.ts"

/** One that an earlier daemon started; `isLast` if it is not replaced, as there is nothing left that writes to it. */
export interface Inherited extends EntryRun.Running {
  readonly isLast: boolean
}

/** The logger of one entry's stream. It runs whether the entry does or not, and is replaced whenever it ends. */
export interface LoggerProcess {
  /** Ends it, when nothing of the entry writes any more: it reads what is left first, and is stopped if it goes on. */
  readonly end: Effect.Effect<void>
}

/** How long a logger may go on reading what the entry left behind. */
const drainPatience = Duration.seconds(10)

/** A pipe that could not be opened is tried again after this time. */
const retry = Duration.seconds(2)

/**
 * The logger with the stop schedule of the entry that it belongs to, or its own if that has none; without commands, which
 * would stop the entry, and the default one if there is nothing else in it.
 */
const stoppedAs = (
  { settings, ...logger }: LoggerEntry,
  { settings: current }: Pick<Entry, "settings">
): Entry => {
  const { stop = [], ...others } = current ?? settings ?? {}
  const [first, ...rest] = stop.filter((step) => "signal" in step)
  return { ...logger, settings: first === undefined ? others : { ...others, stop: [first, ...rest] } }
}

/**
 * Starts the logger, or goes on with one that is there; it has to be ended. What the entry writes while none runs waits
 * in the pipe, which is the daemon's: no reader's death loses what it had not read yet, or harms the writer. It is
 * stopped as `now` says, the entry that it belongs to as the cltab has it.
 */
export const start = Effect.fnUntraced(function*(
  entry: LoggerEntry,
  now: () => Pick<Entry, "settings">,
  past: Inherited | undefined
): Effect.fn.Return<LoggerProcess, never, Spawner | StatusBoard | Ledger | Trouble> {
  const spawner = yield* Spawner
  const board = yield* StatusBoard
  const ledger = yield* Ledger
  const trouble = yield* Trouble
  const ending = yield* Deferred.make<void>()
  const subject = `logger of ${entry.group}/${entry.tag} ${entry.logs}`

  const refused = ({ reason }: SpawnError) => Effect.as(trouble.set(subject, reason), undefined)

  /** Opens the pipe; until it is open, its entry is refused to start. */
  const openPipe = Effect.matchEffect(spawner.openPipe(entry), {
    onFailure: refused,
    onSuccess: (pipe) => Effect.as(trouble.clear(subject), pipe)
  })
  let pipe = yield* openPipe
  const close = Effect.suspend(() => pipe?.close ?? Effect.void)

  const end = Deferred.await(ending)

  /**
   * Runs it until it ends by itself or has to; returns whether it had to, and so could read what was left. Whatever it
   * leaves is stopped: the next one reads alone.
   */
  const run = ({ child, run }: EntryRun.Running) =>
    Effect.gen(function*() {
      yield* board.setLogger(entry, child.identity?.pid)
      const died = yield* Effect.raceFirst(Effect.asSome(child.exit), Effect.as(end, Option.none()))
      if (Option.isSome(died)) yield* Effect.logWarning(`${subject} ${describeEnd(died.value)}`)
      else {
        yield* ledger.setStopping(run)
        yield* close
        yield* Effect.timeoutOption(child.extinct, drainPatience)
      }
      if (!child.isExtinct()) yield* Escalation.stop(child, stoppedAs(entry, now()), () => Effect.void)
      yield* board.setLogger(entry, undefined)
      yield* ledger.remove(run)
      return Option.isNone(died)
    })

  const supervise = Effect.gen(function*() {
    while (pipe === undefined && !Deferred.isDoneUnsafe(ending)) {
      yield* Effect.raceFirst(Effect.sleep(retry), end)
      pipe = yield* openPipe
    }
    let history = Respawn.noDeaths
    for (let before = past;; before = undefined) {
      // One that is to end is started once more if none runs: to read what is left.
      const isLast = before?.isLast ?? Deferred.isDoneUnsafe(ending)
      const started = before ?? (yield* Effect.catch(EntryRun.launch(entry), refused))
      if (started !== undefined) yield* trouble.clear(subject)
      const hasRead = started !== undefined && (yield* run(started))
      if (isLast || hasRead) return yield* Effect.andThen(trouble.clear(subject), close)
      const atMillis = yield* EntryRun.monotonicMillis
      const verdict = started === undefined
        ? Respawn.afterRefusal(Respawn.defaultThrottle, history, 0)
        : Respawn.afterDeath(Respawn.defaultThrottle, history, { atMillis, ranMillis: 0 }, 0)
      history = verdict.history
      const millis = verdict.next._tag === "Pause" ? verdict.next.millis : 0
      if (millis === 0) continue
      if (started !== undefined) {
        yield* trouble.set(subject, `ends time and again: paused for ${millis / 1_000} s`)
      }
      yield* Effect.raceFirst(Effect.sleep(millis), end)
    }
  })
  const fiber = yield* Effect.forkDetach(
    Effect.tapDefect(
      supervise,
      (defect) => Effect.logError(`internal error: the ${subject} is no longer supervised`, defect)
    ),
    { startImmediately: true }
  )
  return { end: Effect.andThen(Deferred.succeed(ending, void 0), Effect.asVoid(Fiber.await(fiber))) }
})
