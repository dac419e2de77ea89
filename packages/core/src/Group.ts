import { Superseded } from "@clinit/protocol/ClinitRpcs"
import type { Outcome } from "@clinit/protocol/ClinitRpcs"
import type * as Event from "@clinit/protocol/Event"
import type { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { GroupPlan } from "@clinit/protocol/Plan"
import type { GroupState as GroupStateName } from "@clinit/protocol/Status"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Entry } from "./Cltab.ts"
import * as EntryLogger from "./EntryLogger.ts"
import * as Escalation from "./Escalation.ts"
import * as GroupPlanning from "./GroupPlanning.ts"
import * as GroupState from "./GroupState.ts"
import { History } from "./History.ts"
import { Ledger } from "./Ledger.ts"
import type { RunRecord } from "./LedgerText.ts"
import * as LevelChange from "./LevelChange.ts"
import * as Notification from "./Notification.ts"
import * as Process from "./Process.ts"
import * as ProcessState from "./ProcessState.ts"
import { StatusBoard } from "./StatusBoard.ts"

/**
 * A resource group: a target that callers record and one fiber that acts on it.
 *
 * Who wins: the latest target, always. A newer target interrupts the fiber's work on the older one, which is only
 * ever waiting; stops that are under way go on by themselves, and the new plan counts them as still to come down.
 * Order: all that has to go is stopped together; nothing starts before the last of it is gone; then the level's
 * entries start in file order, each when the one before has started. A level that is reached is looked after: if an
 * entry is given up, the group's own fiber publishes that the level has failed.
 */
export interface Group {
  /** Takes over what an earlier daemon left of the group. To be called before the first target, in one go with it. */
  readonly resume: (runs: ReadonlyArray<RunRecord>) => Effect.Effect<void>
  /** Makes the level of these entries the target and returns at once; the effect inside waits for the outcome. */
  readonly tell: (level: Level, entries: ReadonlyArray<Entry>) => Effect.Effect<Settling>
  /** The level it is told to be at, if it is told to be anywhere. */
  readonly target: () => Level | undefined
  /** What a tell with these arguments would do now; without arguments what a halt would do. Nothing is changed. */
  readonly plan: (told?: Told) => GroupPlan
  /**
   * Starts the level's entries again that have failed, and those that pause at once, all or the one with the tag; these
   * entries are the group's now, as with a tell of the level that is the target. Nothing if there is none to retry, and
   * else `announce` comes first. Returns at once.
   */
  readonly retry: (
    entries: ReadonlyArray<Entry>,
    tag?: Tag,
    announce?: Effect.Effect<void>
  ) => Effect.Effect<Retrial | undefined>
  /** Makes standing still the target and returns at once; `forget` drops the group's status line in the end. */
  readonly halt: (forget: boolean) => Effect.Effect<void>
}

/** A level, and the group's entries as the cltab has them. */
export interface Told {
  readonly level: Level
  readonly entries: ReadonlyArray<Entry>
}

/** What the group settles at, or the news that it was sent elsewhere first. */
export type Settling = Effect.Effect<Outcome, Superseded>

/** Which entries are started again at which level, and what comes of it. */
export interface Retrial {
  readonly tags: ReadonlyArray<Tag>
  readonly level: Level
  readonly settling: Settling
}

type Target =
  | {
    readonly _tag: "Level"
    readonly level: Level
    readonly entries: ReadonlyArray<Entry>
    readonly outcome: Deferred.Deferred<Outcome, Superseded>
  }
  | { readonly _tag: "Halt"; readonly forget: boolean }

/**
 * A group whose fibers live in the scope, which should be a parallel one: closing it stops their processes.
 * `onHalted` is called when the group stands still after a halt with nothing newer to do: it has ended and takes no
 * more targets.
 */
export const make = Effect.fnUntraced(function*(
  name: GroupName,
  scope: Scope.Scope,
  onHalted: () => void
): Effect.fn.Return<Group, never, Process.Needs | History> {
  const board = yield* StatusBoard
  const history = yield* History
  const ledger = yield* Ledger
  const context = yield* Effect.context<Process.Needs>()
  const stopPlan = yield* Escalation.StopPlan
  /** What was started and may stay, running or finished. */
  const processes = new Map<Tag, Process.Process>()
  /** What was told to go and is not yet down. Its state does not tell: a fiber may notice its interruption late. */
  const leaving = new Set<Process.Process>()
  let target: Target | undefined
  const replaced = Notification.make()
  const givenUp = Notification.make()

  const record = (next: Target) =>
    Effect.andThen(
      ledger.setTarget(name, next._tag === "Level" ? next.level : null),
      Effect.sync(() => {
        target = next
        replaced.notify()
      })
    )

  const publish = (level: Level, state: GroupStateName) =>
    Effect.andThen(board.setGroup(name, level, state), ledger.setState(name, level, state))

  /** Whether its end may take time. Loggers count before they are shown, too: their pipes are not opened at once. */
  const isLive = ({ entry }: Process.Process) => {
    const status = board.process(name, entry().tag)
    return status !== undefined &&
      (ProcessState.isLive(status.state) || status.loggers !== undefined ||
        EntryLogger.of(entry()).length > 0)
  }

  /**
   * The system refused to start it: it is no finished entry that must not run again, and is tried anew. A respawn entry
   * was tried often enough.
   */
  const wasRefused = ({ entry }: Process.Process) => {
    const status = board.process(name, entry().tag)
    return entry().mode !== "respawn" && status?.state._tag === "Failed" &&
      status.lastEnd?._tag === "NotSpawned"
  }

  /** Keeps account of it, among those that may stay or, if it is over, among those that have to go. */
  const keep = (process: Process.Process, over = false) =>
    Effect.sync(() => {
      const { tag } = process.entry()
      if (over) leaving.add(process)
      else processes.set(tag, process)
      process.fiber.addObserver(() => {
        leaving.delete(process)
        if (processes.get(tag) === process) processes.delete(tag)
      })
    })

  const start = (entry: Entry) =>
    Effect.uninterruptible(
      Effect.tap(Process.start(entry, scope, givenUp.notify), (process) => keep(process))
    )

  const leave = (process: Process.Process) => {
    leaving.add(process)
    processes.delete(process.entry().tag)
  }

  /** Tells these to go, together, and waits until nothing is left of whatever was told to go. */
  const stop = (going: Iterable<Process.Process>) =>
    Effect.suspend(() => {
      for (const process of going) leave(process)
      const dismissals = Array.from(leaving, ({ dismiss }) => dismiss)
      return Effect.andThen(
        Effect.all(dismissals, { discard: true }),
        Fiber.interruptAll(Array.from(leaving, ({ fiber }) => fiber))
      )
    })

  /** What has to be done for the level as things are now: the one that is carried out, and shown if asked for. */
  const changeTo = ({ entries, level }: Told) => {
    const started = [...processes.values()]
    const refused = new Set(started.filter(wasRefused).map((process) => process.entry().tag))
    return LevelChange.plan(started.map((process) => process.entry()), entries, level, refused)
  }

  /** Puts down what is going to be done, with what is on its way down already. */
  const recordDecision = (
    decided: Pick<Event.Happening & { _tag: "Decided" }, "from" | "to" | "stop" | "start">
  ) => {
    const leavings = Array.from(leaving, (process) => ({
      tag: process.entry().tag,
      reason: { _tag: "Leaving" as const }
    }))
    history.record({
      group: name,
      what: { _tag: "Decided", ...decided, stop: [...leavings, ...decided.stop] }
    })
  }

  const toLevel = Effect.fnUntraced(function*(told: Target & { _tag: "Level" }) {
    const { level, outcome } = told
    const current = board.group(name)?.level
    const change = changeTo(told)
    recordDecision({
      ...(current === undefined ? {} : { from: current }),
      to: level,
      stop: change.stop.map(({ reason, tag }) => ({ tag, reason })),
      start: change.sequence.flatMap(({ tag }) => change.keep.has(tag) ? [] : [tag])
    })
    for (const entry of change.sequence) {
      if (change.keep.has(entry.tag)) processes.get(entry.tag)!.redefine(entry)
    }
    const going = change.stop.map(({ as, tag }) => {
      const process = processes.get(tag)!
      process.redefine(as)
      return process
    })
    if ([...leaving, ...going].some(isLive)) {
      // Back to the level the group comes from, or is taken over without one: only the stop under way has to end.
      const back = current === undefined || (level === current && going.length === 0)
      yield* publish(current ?? level, back ? "STARTING" : "STOPPING")
    }
    yield* stop(going)
    yield* publish(level, "STARTING")
    for (const entry of change.sequence) {
      const process = processes.get(entry.tag) ?? (yield* start(entry))
      yield* process.started
    }
    yield* publish(level, "CHECKING")
    for (let before: GroupStateName = "CHECKING";;) {
      const next = givenUp.next()
      const reached = change.sequence.flatMap((entry) => board.process(name, entry.tag) ?? [])
      const state = GroupState.outcome(reached.map((process) => process.state))
      const failed = reached.flatMap(({ lastEnd, state, tag }) =>
        state._tag === "Failed" && lastEnd !== undefined ? [{ tag, end: lastEnd }] : []
      )
      if (state !== before) {
        yield* publish(level, state)
        yield* Effect.logInfo(`${name} ${level} ${state}`)
      }
      yield* Deferred.succeed(outcome, { state, failed })
      before = state
      yield* next
    }
  })

  const toHalt = Effect.fnUntraced(function*({ forget }: Target & { _tag: "Halt" }) {
    const status = board.group(name)
    // Halted twice, it may stand still already.
    const level = status?.state === "CONFIGURED" ? undefined : status?.level
    recordDecision({
      ...(level === undefined ? {} : { from: level }),
      stop: Array.from(processes.keys(), (tag) => ({
        tag,
        ...(forget ? { reason: { _tag: "Deleted" as const } } : {})
      })),
      start: []
    })
    if (level !== undefined) yield* publish(level, "HALTING")
    yield* stop([...processes.values()])
    if (level !== undefined) yield* publish(level, "CONFIGURED")
    if (forget) yield* Effect.andThen(board.removeGroup(name), ledger.removeGroup(name))
  })

  const standing = (): GroupPlanning.Standing => ({
    group: name,
    level: board.group(name)?.level,
    started: new Map(Array.from(processes, ([tag, process]) => [tag, process.entry()])),
    leaving: Array.from(leaving, (process) => process.entry()),
    stateOf: (tag) => board.process(name, tag)?.state,
    scheduleOf: (entry) => Escalation.describe(entry, stopPlan)
  })

  const report = (defect: unknown) => Effect.logError(`internal error in group ${name}`, defect)

  /** Never dies itself: the group has to go on with the next target, and a shutdown waits for its end. */
  const carryOut = (wish: Target) =>
    wish._tag === "Level" ?
      Effect.catchDefect(
        toLevel(wish),
        (defect) => Effect.andThen(report(defect), Deferred.die(wish.outcome, defect))
      ) :
      Effect.catchDefect(toHalt(wish), report)

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
      const newer = replaced.next()
      if (wish !== undefined) {
        yield* Effect.raceFirst(carryOut(wish), newer)
        if (yield* endAfter(wish)) return
      }
      yield* newer
    }
  })
  yield* Effect.forkIn(act, scope, { startImmediately: true })

  const tell = Effect.fnUntraced(function*(level: Level, entries: ReadonlyArray<Entry>) {
    const before = target
    const same = before?._tag === "Level" && before.level === level &&
      !Deferred.isDoneUnsafe(before.outcome)
    const outcome = same ? before.outcome : Deferred.makeUnsafe<Outcome, Superseded>()
    if (before?._tag === "Level" && !same) {
      yield* Deferred.fail(before.outcome, new Superseded({ group: name, level: before.level, by: level }))
    }
    yield* record({ _tag: "Level", level, entries, outcome })
    return Deferred.await(outcome)
  })

  const mayBeRetried = (tag: Tag) => {
    const state = board.process(name, tag)?.state._tag
    return state === "Failed" || state === "Pausing"
  }

  return {
    resume: (runs) =>
      Effect.provideContext(
        Effect.forEach(
          new Set(runs.map(({ entry }) => entry.tag)),
          Effect.fnUntraced(function*(tag) {
            const ofTag = runs.filter(({ entry }) => entry.tag === tag)
            const loggers = ofTag.filter(({ entry }) => entry.logs !== undefined)
            const past = ofTag.find(({ entry }) => entry.logs === undefined)
            const resumed = past && (yield* Process.resume(past, loggers, scope, givenUp.notify))
            const [logger, ...others] = loggers
            const left = resumed ?? (logger && (yield* Process.resumeLoggers([logger, ...others], scope)))
            if (left !== undefined) yield* keep(left.process, left.over)
          }),
          { discard: true }
        ),
        context
      ),
    tell,
    retry: Effect.fnUntraced(function*(entries, only, announce = Effect.void) {
      if (target?._tag !== "Level") return undefined
      const { level } = target
      const going = LevelChange.plan([], entries, level).sequence.flatMap(({ tag }) =>
        (only === undefined || only === tag) && mayBeRetried(tag) ? processes.get(tag) ?? [] : []
      )
      if (going.length === 0) return undefined
      yield* announce
      const tags = going.map(({ entry }) => entry().tag)
      // It is the target's fiber that makes them go, whatever the target is by then.
      for (const process of going) leave(process)
      return { tags, level, settling: yield* tell(level, entries) }
    }),
    target: () => target?._tag === "Level" ? target.level : undefined,
    plan: (told) =>
      told === undefined
        ? GroupPlanning.toHalt(standing())
        : GroupPlanning.toLevel(standing(), told.level, changeTo(told)),
    halt: Effect.fnUntraced(function*(forget) {
      if (target?._tag === "Level") {
        yield* Deferred.fail(target.outcome, new Superseded({ group: name, level: target.level }))
      }
      yield* record({ _tag: "Halt", forget })
    })
  }
})
