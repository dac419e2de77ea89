import { Superseded } from "@clinit/protocol/ClinitRpcs"
import type { EntryOff, NeverTold, Outcome } from "@clinit/protocol/ClinitRpcs"
import type * as Event from "@clinit/protocol/Event"
import type { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { GroupPlan } from "@clinit/protocol/Plan"
import type { GroupState as GroupStateName } from "@clinit/protocol/Status"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as ByHand from "./ByHand.ts"
import type { Entry } from "./Cltab.ts"
import * as CltabSettings from "./CltabSettings.ts"
import * as EntryChange from "./EntryChange.ts"
import * as EntryLog from "./EntryLog.ts"
import * as EntryLogger from "./EntryLogger.ts"
import * as EntryRun from "./EntryRun.ts"
import * as Escalation from "./Escalation.ts"
import * as GroupPlanning from "./GroupPlanning.ts"
import * as GroupState from "./GroupState.ts"
import * as GroupTarget from "./GroupTarget.ts"
import { History } from "./History.ts"
import { Ledger } from "./Ledger.ts"
import type * as LedgerText from "./LedgerText.ts"
import * as LevelChange from "./LevelChange.ts"
import * as Notification from "./Notification.ts"
import * as OrderPlan from "./OrderPlan.ts"
import * as Process from "./Process.ts"
import * as ProcessState from "./ProcessState.ts"
import type { Signal } from "./Signal.ts"
import { longestInTurn } from "./Spawner.ts"
import * as SpawnQueue from "./SpawnQueue.ts"
import { StatusBoard } from "./StatusBoard.ts"

/**
 * A resource group: a target that callers record and one fiber that acts on it.
 *
 * Who wins: the latest target, always. A newer target interrupts the fiber's work on the older one, which is only
 * ever waiting; stops that are under way go on by themselves, and the new plan counts them as still to come down.
 * Order: all that has to go is stopped together; nothing starts before the last of it is gone; then the level's
 * entries start in file order, each when the one before has started. A level that is reached is looked after: if an
 * entry is given up, the group's own fiber publishes that the level has failed.
 *
 * Orders by hand are part of the target: what they take away is told to go at once, whatever comes after them, and what
 * they add is started at its place in the level. A group that is stopped by hand stands still with its line.
 */
export interface Group {
  /**
   * Takes over what an earlier daemon left of the group, and makes the target what that one was told, with the entries as
   * the cltab has them now. To be called before anything else.
   */
  readonly resume: (
    record: LedgerText.GroupRecord | undefined,
    runs: ReadonlyArray<LedgerText.RunRecord>,
    entries: ReadonlyArray<Entry>
  ) => Effect.Effect<void>
  /** Makes the level of these entries the target and returns at once; the effect inside waits for the outcome. */
  readonly tell: (
    level: Level,
    entries: ReadonlyArray<Entry>,
    byHand?: ByHand.Orders
  ) => Effect.Effect<Settling>
  /** The level it is told to be at, if it is told to be anywhere. */
  readonly target: () => Level | undefined
  /** The orders by hand that hold. */
  readonly byHand: () => ByHand.Orders
  /** What was started and may stay, by tag: as the cltab had it when that was decided. */
  readonly started: () => ReadonlyMap<Tag, Entry>
  /** Whether entries of its target are yet to be started. */
  readonly isPending: () => boolean
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
  /** Carries out an order by hand. Unless it is refused, `announce` comes first. Returns at once. */
  readonly order: (
    order: OrderPlan.Order,
    announce: Effect.Effect<void>
  ) => Effect.Effect<Ordered, NeverTold | EntryOff>
  /** Whether the leader of the entry's present run lives, for all that is known. */
  readonly isLed: (tag: Tag) => boolean
  /** Sends the signal to the entry's process tree; the pid of its leader, or nothing if it does not run. */
  readonly signal: (tag: Tag, signal: Signal) => Effect.Effect<Process.Signalled | undefined>
  /** Makes standing still the target and returns at once; the effect inside waits until it does. */
  readonly halt: (after: GroupTarget.After) => Effect.Effect<Effect.Effect<void, Superseded>>
}

/** A level, and the group's entries as the cltab has them. */
export interface Told {
  readonly level: Level
  readonly entries: ReadonlyArray<Entry>
  readonly byHand?: ByHand.Orders
}

/** What the group settles at, or the news that it was sent elsewhere first. */
export type Settling = Effect.Effect<Outcome, Superseded>

/** Which entries are started again at which level, and what comes of it. */
export interface Retrial {
  readonly tags: ReadonlyArray<Tag>
  readonly level: Level
  readonly settling: Settling
}

/** What an order by hand is about and what comes of it. */
export interface Ordered extends Pick<OrderPlan.OrderPlan, "level" | "tags" | "isIdle"> {
  /** Done when all is down that was stopped, or with the outcome once the group has settled. */
  readonly settling: Effect.Effect<Outcome | void, Superseded>
}

/** An order by hand for a group that was never told anything: there is nothing to be done, or it is refused. */
export const orderUntold = (
  group: GroupName,
  order: OrderPlan.Order
): Effect.Effect<Ordered, NeverTold | EntryOff> =>
  Effect.map(
    Effect.fromResult(OrderPlan.of(order, { ...GroupPlanning.untold(group), target: undefined })),
    (plan) => ({ ...plan, settling: Effect.void })
  )

/**
 * Whether the next entry's start may be asked for before this one has started: it is asked for at once, and those are carried
 * out in the order in which they were asked for. What has to be set up or opened before takes its time, and so may a command that is
 * too long for whoever carries out the others.
 */
const startsInTurn = (entry: Entry): boolean =>
  EntryRun.startsOnceForked(entry.mode) && CltabSettings.isPlain(entry) &&
  entry.command.length <= longestInTurn

/** What the history has as the reason why entries go with the group. */
const reasonToHalt = {
  stay: { _tag: "ByHand" },
  end: undefined,
  forget: { _tag: "Deleted" }
} as const

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
  /** The latest of them with each tag. */
  const leavingByTag = new Map<Tag, Process.Process>()
  /** Those among them that an order let go and no target has dealt with yet. */
  const letGo = new Set<Process.Process>()
  let target: GroupTarget.GroupTarget | undefined
  const replaced = Notification.make()
  const givenUp = Notification.make()

  const record = (next: GroupTarget.GroupTarget) =>
    Effect.andThen(
      ledger.setTarget(name, GroupTarget.wishOf(next)),
      Effect.sync(() => {
        target = next
        replaced.notify()
      })
    )

  const publish = (level: Level, state: GroupStateName) =>
    Effect.andThen(board.setGroup(name, level, state), ledger.setState(name, level, state))

  /**
   * Whether its end may take time. So may that of one that has yet to show its first state, and loggers count before they
   * are shown, too: their pipes are not opened at once.
   */
  const isLive = ({ entry }: Process.Process) => {
    const status = board.process(name, entry().tag)
    return status === undefined || ProcessState.isLive(status.state) || status.loggers !== undefined ||
      EntryLogger.of(entry()).length > 0
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
      if (over) leave(process)
      else processes.set(tag, process)
      process.fiber.addObserver(() => {
        leaving.delete(process)
        if (leavingByTag.get(tag) === process) leavingByTag.delete(tag)
        letGo.delete(process)
        if (processes.get(tag) === process) processes.delete(tag)
      })
    })

  const start = (entry: Entry) =>
    Effect.uninterruptible(
      Effect.tap(Process.start(entry, scope, givenUp.notify), (process) => keep(process))
    )

  const leave = (process: Process.Process) => {
    const { tag } = process.entry()
    leaving.add(process)
    leavingByTag.set(tag, process)
    processes.delete(tag)
  }

  /** Tells these to go, together, and waits until nothing is left of whatever was told to go. */
  const stop = (going: Iterable<Process.Process>) =>
    Effect.suspend(() => {
      for (const process of going) leave(process)
      const dismissals = Array.from(leaving, ({ dismiss }) => dismiss)
      return Effect.andThen(
        Effect.all(dismissals, { discard: true }),
        Effect.withFiber((own) => {
          const fibers = Array.from(leaving, ({ fiber }) => fiber)
          for (const process of leaving) process.strike(stopPlan)
          for (const fiber of fibers) fiber.interruptUnsafe(own.id)
          return Fiber.awaitAll(fibers)
        })
      )
    })

  /** What has to be done for the level as things are now: the one that is carried out, and shown if asked for. */
  const changeTo = ({ byHand, entries, level }: Told) => {
    const started = [...processes.values()]
    const refused = new Set(started.filter(wasRefused).map((process) => process.entry().tag))
    return LevelChange.plan(started.map((process) => process.entry()), entries, level, refused, byHand)
  }

  /** Puts down what is going to be done, with what is on its way down already. */
  const recordDecision = (
    decided: Pick<Event.Happening & { _tag: "Decided" }, "from" | "to" | "stop" | "start">
  ) => {
    const leavings = [...leaving].filter(isLive).map((process) => ({
      tag: process.entry().tag,
      reason: letGo.has(process) ? { _tag: "ByHand" as const } : { _tag: "Leaving" as const }
    }))
    history.record({
      group: name,
      what: { _tag: "Decided", ...decided, stop: [...leavings, ...decided.stop] }
    })
  }

  const toLevel = Effect.fnUntraced(function*(told: GroupTarget.AtLevel) {
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
    const news = [...going, ...letGo].filter(isLive)
    letGo.clear()
    if ([...leaving, ...going].some(isLive)) {
      // Back to the level the group comes from, or is taken over without one: only the stop under way has to end.
      const back = current === undefined || (level === current && news.length === 0)
      yield* publish(current ?? level, back ? "STARTING" : "STOPPING")
    }
    yield* stop(going)
    yield* publish(level, "STARTING")
    const beginning: Array<Process.Process> = []
    for (const entry of change.sequence) {
      const most = startsInTurn(entry) ? SpawnQueue.most.first - 1 : 0
      while (beginning.length > most) yield* beginning.shift()!.started
      const process = processes.get(entry.tag) ?? (yield* start(entry))
      beginning.push(process)
      if (most === 0) yield* process.started
    }
    for (const { started } of beginning) yield* started
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

  const toHalt = Effect.fnUntraced(function*(wish: GroupTarget.Halt) {
    const { after, down } = wish
    const status = board.group(name)
    // Halted twice, it may stand still already.
    const level = status?.state === "CONFIGURED" ? undefined : status?.level
    const reason = reasonToHalt[after]
    recordDecision({
      ...(level === undefined ? {} : { from: level }),
      stop: Array.from(processes.keys(), (tag) => ({ tag, ...(reason === undefined ? {} : { reason }) })),
      start: []
    })
    if (level !== undefined) yield* publish(level, "HALTING")
    yield* stop([...processes.values()])
    if (level !== undefined) yield* publish(GroupTarget.levelOf(wish) ?? level, "CONFIGURED")
    yield* Deferred.succeed(down, void 0)
    if (after === "forget") yield* Effect.andThen(board.removeGroup(name), ledger.removeGroup(name))
  })

  const started = () => new Map(Array.from(processes, ([tag, process]) => [tag, process.entry()]))

  const standing = (): GroupPlanning.Standing => ({
    group: name,
    level: board.group(name)?.level,
    started: started(),
    leaving: Array.from(leaving, (process) => process.entry()),
    stateOf: (tag) => board.process(name, tag)?.state,
    scheduleOf: (entry) => Escalation.describe(entry, stopPlan)
  })

  /** What a program logs with may be what died. */
  const report = (defect: unknown) =>
    Effect.ignoreCause(Effect.logError(`internal error in group ${name}`, defect))

  /** Never dies itself: the group has to go on with the next target, and a shutdown waits for its end. */
  const carryOut = (wish: GroupTarget.GroupTarget) =>
    wish._tag === "Level" ?
      Effect.catchDefect(
        toLevel(wish),
        (defect) => Effect.andThen(report(defect), Deferred.die(wish.outcome, defect))
      ) :
      Effect.catchDefect(
        toHalt(wish),
        (defect) => Effect.andThen(report(defect), Deferred.die(wish.down, defect))
      )

  /** In one step, so that no target can be recorded in between and be lost. */
  const endAfter = (wish: GroupTarget.GroupTarget) =>
    Effect.sync(() => {
      const ends = wish._tag === "Halt" && wish.after !== "stay" && wish === target
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
  yield* Effect.forkIn(EntryLog.of({ group: name })(act), scope, { startImmediately: true })

  /** Tells whoever waits for the target that the group was sent elsewhere, to this level or to stand still. */
  const supersede = (level?: Level) =>
    Effect.suspend(() => {
      if (target === undefined) return Effect.void
      if (target._tag === "Level") {
        const by = level === undefined ? {} : { by: level }
        return Deferred.fail(target.outcome, new Superseded({ group: name, level: target.level, ...by }))
      }
      const { down, from } = target
      return level === undefined || from === undefined
        ? Effect.void
        : Deferred.fail(down, new Superseded({ group: name, level: from, by: level, stopping: true }))
    })

  const tell = Effect.fnUntraced(
    function*(level: Level, entries: ReadonlyArray<Entry>, byHand: ByHand.Orders = ByHand.none) {
      const before = target
      const same = before?._tag === "Level" && before.level === level &&
        !Deferred.isDoneUnsafe(before.outcome)
      const outcome = same ? before.outcome : Deferred.makeUnsafe<Outcome, Superseded>()
      if (!same) yield* supersede(level)
      yield* record({ _tag: "Level", level, entries, byHand, outcome })
      return Deferred.await(outcome)
    }
  )

  /** The level that it was told last. */
  const told = () => target?._tag === "Level" ? target.level : target?.from

  const halt = Effect.fnUntraced(function*(after: GroupTarget.After, from = told()) {
    const before = target
    // Who waits for a halt is served by the next one as well.
    const down = before?._tag === "Halt" ? before.down : Deferred.makeUnsafe<void, Superseded>()
    yield* supersede()
    yield* record({ _tag: "Halt", after, from, down })
    return Deferred.await(down)
  })

  /** Has them go whatever the target is by the time that its fiber acts: an order that was answered is carried out. */
  const letThemGo = (going: ReadonlyArray<Process.Process>, now: ReadonlyArray<Entry>) => {
    for (const process of going) {
      const old = process.entry()
      const entry = now.find(({ tag }) => tag === old.tag)
      if (entry !== undefined && EntryChange.restarting(old, entry).length === 0) process.redefine(entry)
      leave(process)
      letGo.add(process)
    }
  }

  const all = () => [...leaving, ...processes.values()]

  const present = (tag: Tag) => processes.get(tag) ?? leavingByTag.get(tag)

  /** Waits until nothing is left of what has these tags now and has to go; for no start that comes after that. */
  const downOf = (tags: ReadonlyArray<Tag>) =>
    Effect.asVoid(
      Fiber.awaitAll(all().filter(({ entry }) => tags.includes(entry().tag)).map(({ fiber }) => fiber))
    )

  const order = Effect.fnUntraced(function*(ordered: OrderPlan.Order, announce: Effect.Effect<void>) {
    const plan = yield* Effect.fromResult(OrderPlan.of(ordered, { ...standing(), target }))
    yield* announce
    const { isIdle, level, step, tags, until } = plan
    if (step._tag === "Halt") yield* halt("stay")
    if (step._tag === "Tell") {
      letThemGo(step.letGo.flatMap((tag) => processes.get(tag) ?? []), ordered.now)
      yield* tell(step.level, step.entries, step.byHand)
    }
    const settling = until === "Down" || target === undefined ? downOf(tags) : GroupTarget.settling(target)
    return { level, tags, isIdle, settling }
  })

  const mayBeRetried = (tag: Tag) => {
    const state = board.process(name, tag)?.state._tag
    return state === "Failed" || state === "Pausing"
  }

  const takeOver = Effect.fnUntraced(function*(runs: ReadonlyArray<LedgerText.RunRecord>) {
    const loggers = runs.filter(({ entry }) => entry.logs !== undefined)
    const past = runs.find(({ entry }) => entry.logs === undefined)
    const resumed = past && (yield* Process.resume(past, loggers, scope, givenUp.notify))
    const [logger, ...others] = loggers
    const left = resumed ?? (logger && (yield* Process.resumeLoggers([logger, ...others], scope)))
    if (left !== undefined) yield* keep(left.process, left.over)
  }, Effect.provideContext(context))

  const resume: Group["resume"] = Effect.fnUntraced(function*(recorded, runs, entries) {
    const { level, since, state } = recorded ?? {}
    if (level !== undefined && state !== undefined) yield* board.setGroup(name, level, state, since)
    for (const tag of new Set(runs.map(({ entry }) => entry.tag))) {
      yield* takeOver(runs.filter(({ entry }) => entry.tag === tag))
    }
    const wish = GroupTarget.ofWish(recorded ?? { target: null }, entries)
    yield* wish._tag === "Level"
      ? tell(wish.level, wish.entries, wish.byHand)
      : halt(wish.after, wish.from)
  })

  return {
    resume,
    tell,
    retry: Effect.fnUntraced(function*(entries, only, announce = Effect.void) {
      if (target?._tag !== "Level") return undefined
      const { byHand, level } = target
      const going = LevelChange.plan([], entries, level, undefined, byHand).sequence.flatMap(({ tag }) =>
        (only === undefined || only === tag) && mayBeRetried(tag) ? processes.get(tag) ?? [] : []
      )
      if (going.length === 0) return undefined
      yield* announce
      const tags = going.map(({ entry }) => entry().tag)
      // It is the target's fiber that makes them go, whatever the target is by then.
      for (const process of going) leave(process)
      return { tags, level, settling: yield* tell(level, entries, byHand) }
    }),
    target: () => target?._tag === "Level" ? target.level : undefined,
    byHand: () => target?._tag === "Level" ? target.byHand : ByHand.none,
    started,
    isPending: () =>
      target?._tag === "Level" &&
      LevelChange.plan([], target.entries, target.level, undefined, target.byHand).sequence
        .some(({ tag }) => !processes.has(tag)),
    order,
    isLed: (tag) => present(tag)?.isLed() === true,
    signal: (tag, signal) => Effect.suspend(() => present(tag)?.signal(signal) ?? Effect.succeed(undefined)),
    plan: (told) =>
      told === undefined
        ? GroupPlanning.toHalt(standing())
        : GroupPlanning.toLevel(standing(), told.level, changeTo(told)),
    halt: (after) => halt(after)
  }
})
