import type { Mode } from "@clinit/protocol/Names"
import type { RunEnd } from "@clinit/protocol/Status"
import { describeEnd } from "@clinit/protocol/Status"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Entry } from "./Cltab.ts"
import type { EntryDefinition } from "./EntryDefinition.ts"
import * as Escalation from "./Escalation.ts"
import type { Run } from "./Ledger.ts"
import { Ledger } from "./Ledger.ts"
import { quote } from "./Quotation.ts"
import * as SettingDefaults from "./SettingDefaults.ts"
import type { Child, Urgency } from "./Spawner.ts"
import { Spawner } from "./Spawner.ts"
import { StatusBoard } from "./StatusBoard.ts"
import { Trouble } from "./Trouble.ts"

const millisOf = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)

/** The time of the monotonic clock, in milliseconds. */
export const monotonicMillis: Effect.Effect<number> = Effect.map(Clock.Clock, millisOf)

/** Once and respawn entries count as started when they are forked, wait and test entries when they have exited. */
export const startsOnceForked = (mode: Mode): boolean => mode === "once" || mode === "respawn"

/** How a run ended, how long it lived, and how to forget it once it no longer matters. */
export interface Done {
  readonly end: RunEnd
  readonly ranMillis: number
  readonly forget: Effect.Effect<void>
}

/** A process and its run in the ledger. */
export interface Running {
  readonly run: Run
  readonly child: Child
}

/** One that an earlier daemon started, at this time; with an end it had timed out and is being stopped for that. */
export interface Inherited extends Running {
  readonly lastEnd?: RunEnd
  readonly since: number
  readonly restarts: number
  readonly isDead: boolean
  readonly stopping: boolean
  readonly over: boolean
}

/** Starts the command of an entry or a logger. The ledger has the run before there can be a process of it. */
export const launch = Effect.fnUntraced(function*(entry: Entry, restarts = 0, urgency?: Urgency) {
  const ledger = yield* Ledger
  const spawner = yield* Spawner
  const run = yield* ledger.begin(entry, restarts)
  const child = yield* Effect.onError(spawner.spawn(entry, run.mark, urgency), () => ledger.remove(run))
  // A fiber is gone with its daemon: for the next one it was never started.
  if (child.identity !== undefined) yield* ledger.setProcess(run, child.identity)
  return { run, child } satisfies Running
})

/** Completes when a run that is there to end, and began at this time of the monotonic clock, has taken longer than the entry's timeout is. */
const timedOut = Effect.fnUntraced(function*(definition: EntryDefinition, beganMillis: number) {
  for (;;) {
    const changed = definition.changed()
    const millis = definition.now().settings?.timeout
    const over = millis === undefined
      ? Effect.never
      : Effect.sleep(Math.max(0, beganMillis + millis - (yield* monotonicMillis))).pipe(
        Effect.as({ _tag: "TimedOut" as const, millis })
      )
    const end = yield* Effect.raceFirst(over, Effect.as(changed, undefined))
    if (end !== undefined) return end
  }
})

/** What a run tells its entry of itself while it goes on. */
export interface Present {
  /** The process while anything of its tree may get a signal. */
  child: Child | undefined
  /** The process while it is waited for that its leader ends by itself. */
  awaited: Child | undefined
  /** How the run ended that was stopped, as far as that was seen. */
  stopped: RunEnd | undefined
  /** What is to be noted if the entry is told to go now. */
  dismissal: Effect.Effect<void>
}

/**
 * Runs the entry's command once, or goes on with a run that is there, until it ends by itself or takes too long.
 * Carries out `forked` when the process is there. Interrupted, it stops the process tree first.
 */
export const run = Effect.fnUntraced(function*(
  definition: EntryDefinition,
  past: Inherited | undefined,
  urgency: Urgency,
  present: Present,
  forked: Effect.Effect<unknown>
) {
  const board = yield* StatusBoard
  const ledger = yield* Ledger
  const trouble = yield* Trouble
  const clock = yield* Clock.Clock
  const entry = definition.now()
  const name = `${entry.group}/${entry.tag}`

  const origin = ({ identity }: Child) => ({
    containment: identity?.containment ?? "fiber" as const,
    ...(past === undefined ? {} : { adopted: true as const })
  })

  /** Not of a process that ended before it could be taken over: nothing is called running that is not. */
  const announce = (child: Child) =>
    past !== undefined && (past.isDead || past.lastEnd !== undefined) ?
      Effect.void :
      board.setProcess(entry, { _tag: "Running", ...pidOf(child) }, {
        ...origin(child),
        ...(past === undefined ? {} : { since: past.since, restarts: past.restarts })
      })

  const stop = (child: Child, lastEnd: RunEnd | undefined) =>
    Escalation.stop(
      child,
      definition.now(),
      Effect.fnUntraced(function*({ next: following, overdue, step }) {
        const { graceMillis, ...means } = step
        const next = "signal" in following ? following.signal : following.command
        const nextAt = (yield* Clock.currentTimeMillis) + graceMillis
        yield* board.setProcess(entry, { _tag: "Stopping", ...pidOf(child), ...means, next, nextAt }, {
          ...origin(child),
          ...ended(lastEnd)
        })
        const what = "signal" in step ? step.signal : quote(step.command)
        const who = child.identity === undefined ? "its fiber" : `pid ${child.identity.pid} or a descendant`
        if (overdue) yield* trouble.set(name, `${who} lives on in spite of ${what}`)
      })
    ).pipe(Effect.ensuring(trouble.clear(name)))

  const awaitEnd = (child: Child, beganMillis: number): Effect.Effect<RunEnd> => {
    if (past?.lastEnd !== undefined) return Effect.succeed(past.lastEnd)
    present.awaited = child
    // What is there to stay has no timeout, and is another entry if its mode is another: it waits without a fiber of its own.
    const ended: Effect.Effect<RunEnd> = startsOnceForked(entry.mode)
      ? child.exit
      : Effect.raceFirst(child.exit, timedOut(definition, beganMillis))
    return Effect.tap(ended, (end) => {
      present.awaited = undefined
      return logEnd(definition.now(), end)
    })
  }

  /** What is left of it in the ledger, should nobody take its end. */
  let forget: Effect.Effect<void> = Effect.void

  return yield* Effect.acquireUseRelease(
    past === undefined
      ? launch(entry, board.process(entry.group, entry.tag)?.restarts, urgency)
      : Effect.succeed<Running>(past),
    // A generator function made for each run would be kept as long as that, with a shape of its own.
    ({ child, run }) => {
      const ranBefore = past === undefined ? 0 : Math.max(0, clock.currentTimeMillisUnsafe() - past.since)
      const beganMillis = millisOf(clock) - ranBefore
      present.child = child
      return announce(child).pipe(
        Effect.andThen(forked),
        Effect.flatMap(() => awaitEnd(child, beganMillis)),
        Effect.map((end): Done => ({
          end,
          ranMillis: millisOf(clock) - beganMillis,
          forget: ledger.remove(run)
        }))
      )
    },
    ({ child, run }, exit) =>
      Effect.gen(function*() {
        present.awaited = undefined
        // One that was being stopped is stopped, however its main process came to its end.
        const wasGoing = past?.stopping === true && past.lastEnd === undefined
        const end = Exit.isSuccess(exit) && !wasGoing ? exit.value.end : undefined
        if (end === undefined || end._tag === "TimedOut") yield* ledger.setStopping(run, end)
        // A daemon that comes after a killed one could not tell what our signal ended from what ended by itself.
        if (end?._tag === "TimedOut") yield* ledger.flush
        present.dismissal = end?._tag === "TimedOut" ? ledger.setStopping(run) : Effect.void
        if (!isLeft(definition.now(), child, end)) yield* stop(child, end)
        if (end === undefined && past === undefined && child.isExtinct()) present.stopped = yield* child.exit
        present.dismissal = Effect.void
        present.child = undefined
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
export const isLeft = ({ mode, settings }: Entry, child: Child, end: RunEnd | undefined): boolean =>
  child.isExtinct() ||
  (end !== undefined && end._tag !== "TimedOut" &&
    (settings?.tree ?? SettingDefaults.treeOf(mode)) === "loose")

/** The pid of a child that has one: a fiber has none. */
export const pidOf = ({ identity }: Child): { readonly pid?: number } =>
  identity === undefined ? {} : { pid: identity.pid }

/** A test is there for its result alone: if nobody could see it, it is made again. */
export const isUnseen = (mode: Mode, end: RunEnd): boolean => mode === "test" && end._tag === "Unknown"

/** The end as a fact for the board. */
export const ended = (lastEnd: RunEnd | undefined) => lastEnd === undefined ? {} : { lastEnd }

const logEnd = ({ group, mode, tag }: Entry, end: RunEnd): Effect.Effect<void> => {
  const text = `${group}/${tag} ${describeEnd(end)}`
  if (end._tag === "NotSpawned") return Effect.logError(text)
  return mode !== "respawn" && end._tag === "Exited" && end.code === 0
    ? Effect.logInfo(text)
    : Effect.logWarning(text)
}
