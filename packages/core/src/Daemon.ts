import type {
  AmbiguousName,
  EntryOff,
  EnvironmentVariable,
  InvalidCltab,
  NeverTold,
  Superseded,
  UnknownEntry,
  UnknownGroup
} from "@clinit/protocol/ClinitRpcs"
import { NoEnvironment, NotRunning, ShuttingDown, UnknownSignal } from "@clinit/protocol/ClinitRpcs"
import type { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { GroupPlan } from "@clinit/protocol/Plan"
import type { Containment, GroupStatus } from "@clinit/protocol/Status"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type * as ByHand from "./ByHand.ts"
import type { CltabSource, CltabUnreadable } from "./CltabSource.ts"
import * as DaemonPlanning from "./DaemonPlanning.ts"
import * as EntryLog from "./EntryLog.ts"
import * as EntryName from "./EntryName.ts"
import type { Subject } from "./EventStock.ts"
import * as Group from "./Group.ts"
import type { Extract, Watched } from "./History.ts"
import { History } from "./History.ts"
import { Ledger } from "./Ledger.ts"
import type * as LedgerText from "./LedgerText.ts"
import * as LevelMeant from "./LevelMeant.ts"
import { LoadedCltab } from "./LoadedCltab.ts"
import * as Mark from "./Mark.ts"
import * as OrderOutcome from "./OrderOutcome.ts"
import * as OrderRecord from "./OrderRecord.ts"
import type { Needs } from "./Process.ts"
import * as Resumption from "./Resumption.ts"
import * as Signal from "./Signal.ts"
import { Spawner } from "./Spawner.ts"
import { StatusBoard } from "./StatusBoard.ts"
import * as StatusFacts from "./StatusFacts.ts"
import * as Suggestion from "./Suggestion.ts"
import { Trouble } from "./Trouble.ts"

/**
 * The groups of one cltab. It begins by taking over what the ledger says an earlier daemon left. Every order rereads
 * the cltab first, so that one snapshot of it serves the whole order; a cltab with errors refuses the order and changes
 * nothing, one that cannot be read leaves the last in force and adds a warning to the answer.
 *
 * Closing its layer's scope shuts it down and waits for the last process.
 */
export class Daemon extends Context.Service<Daemon, {
  /** Makes the level the group's target; the answer comes at once and says how to await what becomes of it. */
  readonly tell: (
    group: GroupName,
    level: Level
  ) => Effect.Effect<Told, UnknownGroup | InvalidCltab | ShuttingDown>
  /**
   * Starts again what has failed, and at once what pauses, of the groups' present levels: of all groups, or of the one
   * group or entry (`GROUP/TAG`) that the cltab has by this name. Works like a tell of these levels, of the groups that
   * have something to retry.
   */
  readonly retry: (
    name?: string
  ) => Effect.Effect<
    Retried,
    UnknownGroup | UnknownEntry | AmbiguousName | InvalidCltab | ShuttingDown
  >
  /**
   * Starts, stops or restarts by hand the group or entry (`GROUP/TAG`) that the cltab has by this name; the answer comes at
   * once and says how to await what becomes of it. What is so already is left alone: what has no level, or is off, is
   * stopped.
   */
  readonly order: {
    (verb: "stop", name: string): Effect.Effect<Ordered, StopRefused>
    (verb: ByHand.Verb, name: string): Effect.Effect<Ordered, StopRefused | NeverTold | EntryOff>
  }
  /** Sends a signal, named with or without `SIG`, to the whole process tree of the entry (`GROUP/TAG`). */
  readonly signal: (
    name: string,
    signal: string
  ) => Effect.Effect<
    Signalled,
    UnknownGroup | UnknownEntry | AmbiguousName | UnknownSignal | NotRunning | InvalidCltab | ShuttingDown
  >
  /** Loads the cltab and halts the groups that it no longer has; touches nothing else. */
  readonly reread: Effect.Effect<Reread, InvalidCltab | ShuttingDown>
  /** Rereads, and tells each group for which the cltab says something new the level that it was told last. */
  readonly apply: Effect.Effect<Applied, InvalidCltab | ShuttingDown>
  /**
   * What a tell with these words would do, or without words `apply`: the cltab is read, but not loaded, and nothing is
   * changed. A group without a level stays at the one that it was told last. Refused if the tell would be.
   */
  readonly plan: (
    group?: GroupName,
    level?: Level
  ) => Effect.Effect<Planned, UnknownGroup | InvalidCltab | NeverTold | ShuttingDown>
  /**
   * The environment that a process of this entry (`GROUP/TAG`) would be started with now, by the cltab in force, but for
   * the variable by which its processes are known; sorted by name.
   */
  readonly environment: (
    name: string
  ) => Effect.Effect<Environment, UnknownGroup | UnknownEntry | AmbiguousName | NoEnvironment>
  /** Every group of the cltab, told or not, and every group that still has a state. */
  readonly status: Effect.Effect<Status>
  /**
   * The last `limit` events of the group or entry that the cltab has by this name, or that had it as far as is known; of
   * the daemon itself without a name.
   */
  readonly history: (
    name: string | undefined,
    limit: number
  ) => Effect.Effect<Extract & Subject, UnknownGroup | UnknownEntry | AmbiguousName>
  /**
   * The events of everything or of one group, from now on or after the one with the number `since`, of this `sequence` or the
   * one that is said; `seq` is the latest one's. To be closed by whoever asked.
   */
  readonly watch: (
    options: { readonly group?: GroupName; readonly since?: number; readonly sequence?: string }
  ) => Effect.Effect<
    { readonly seq: number; readonly sequence: string; readonly feed: Watched },
    UnknownGroup
  >
  /** Halts every group and takes no more orders; returns at once. */
  readonly shutdown: Effect.Effect<void>
  /** Completes when a shutdown was asked for and the last process is gone. */
  readonly down: Effect.Effect<void>
}>()("@clinit/core/Daemon") {
  static readonly layer: Layer.Layer<Daemon, never, LoadedCltab | Needs | History> = Layer.effect(
    Daemon,
    Effect.suspend(() => make)
  )

  /** A daemon that remembers nothing beyond its own life. */
  static readonly volatile: Layer.Layer<
    Daemon | LoadedCltab,
    InvalidCltab | CltabUnreadable,
    CltabSource | Spawner | StatusBoard | History
  > = Layer.suspend(() =>
    Daemon.layer.pipe(
      Layer.provideMerge(LoadedCltab.layer),
      Layer.provide(Layer.mergeAll(Ledger.volatile, Trouble.layer))
    )
  )
}

type StopRefused = UnknownGroup | UnknownEntry | AmbiguousName | InvalidCltab | ShuttingDown

/** What a tell answers at once; `settling` waits for the outcome. */
export interface Told {
  readonly warnings: ReadonlyArray<string>
  /** No entry of the group has the level. */
  readonly unknownLevel?: true
  readonly settling: Group.Settling
}

/** What a retry answers at once. */
export interface Retried {
  readonly warnings: ReadonlyArray<string>
  /** Of the groups that have something to retry. */
  readonly retrials: ReadonlyArray<Group.Retrial & { readonly group: GroupName }>
}

export interface Ordered extends Omit<Group.Ordered, "settling"> {
  readonly warnings: ReadonlyArray<string>
  readonly group: GroupName
  /** What it does, in words. */
  readonly message: string
  readonly settling: Effect.Effect<OrderOutcome.Settled, Superseded>
}

/** What was sent, and to what. */
export interface Signalled {
  readonly message: string
  readonly warnings: ReadonlyArray<string>
  /** The leader of what it was sent to, unless that is a fiber. */
  readonly pid?: number
  readonly signal: Signal.Signal
}

/** What a reread found: warnings of the cltab, and the groups that are halted since it has them no more. */
export interface Reread {
  readonly warnings: ReadonlyArray<string>
  readonly halting: ReadonlyArray<GroupName>
}

/** What a reread found, and what was told for it. */
export interface Applied extends Reread {
  /** What was told again, with its level. */
  readonly applied: ReadonlyArray<{
    readonly group: GroupName
    readonly level: Level
    readonly settling: Group.Settling
  }>
}

export interface Environment {
  readonly warnings: ReadonlyArray<string>
  readonly variables: ReadonlyArray<EnvironmentVariable>
}

/** What an order would do. */
export interface Planned {
  readonly warnings: ReadonlyArray<string>
  /** Groups that do nothing are left out, unless they were asked for. */
  readonly groups: ReadonlyArray<GroupPlan>
}

/** What is so now: of the supervisor, and of each group with its entries. */
export interface Status {
  readonly containment: Containment
  readonly cltab: string
  readonly shuttingDown: boolean
  readonly modified: boolean
  readonly warnings: ReadonlyArray<string>
  readonly groups: ReadonlyArray<GroupStatus>
}

/** What is not published by then is shown without its pid. */
const publicationPatienceMillis = 100

/**
 * Runs an effect without giving way to other fibers, as long as it does not wait. No group can end after it was looked up and
 * before it is told, and nobody who goes away can leave half of it undone.
 */
const inOneGo = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.uninterruptible(Effect.provideService(effect, References.PreventSchedulerYield, true))

const nameOrder = (verb: string, name: string | undefined) => name === undefined ? verb : `${verb} ${name}`

const subjectOf = ({ group, tag }: EntryName.Meaning): Subject =>
  tag === undefined ? { group } : { group, tag }

const make = Effect.gen(function*() {
  const cltab = yield* LoadedCltab
  const board = yield* StatusBoard
  const spawner = yield* Spawner
  const ledger = yield* Ledger
  const trouble = yield* Trouble
  const history = yield* History
  const context = yield* Effect.context<Needs | History>()
  const scope = yield* Scope.fork(yield* Effect.scope, "parallel")
  const reading = yield* Semaphore.make(1)
  const down = yield* Deferred.make<void>()
  const groups = new Map<GroupName, Group.Group>()
  let shuttingDown = false
  let hasResumed = false

  /** Everything that was published is known by then, so that whoever follows it has come to the end. */
  const end = () => {
    history.record({ what: { _tag: "Daemon", words: "all groups are down" } })
    Deferred.doneUnsafe(down, Effect.void)
  }

  const entriesOf = (group: GroupName) => DaemonPlanning.entriesOf(group, cltab.current())

  history.setCurrent(() =>
    cltab.current().entries.flatMap(({ group, tag }): ReadonlyArray<Subject> => [{ group }, { group, tag }])
  )
  const say = (words: string) => Effect.sync(() => history.record({ what: { _tag: "Daemon", words } }))

  /** What has this name in the cltab in force. */
  const configured = (name: string) =>
    Effect.map(EntryName.meaningOf(name, cltab.current().entries), subjectOf)

  const { asked, noteRefusal } = OrderRecord.make(history, (name) => {
    const meaning = EntryName.knownAs(name, cltab.current().entries)
    return meaning && subjectOf(meaning)
  })

  /** The groups that a retry is of, with the tag that it is limited to. */
  const retried = (name: string | undefined) =>
    name === undefined
      ? Effect.succeed(
        Array.from(DaemonPlanning.configured(cltab.current()), (group) => ({ group, tag: undefined }))
      )
      : Effect.map(EntryName.meaningOf(name, cltab.current().entries), (meaning) => [meaning])

  const haltDeleted = Effect.gen(function*() {
    const deleted = DaemonPlanning.deleted(groups, cltab.current())
    yield* Effect.forEach(deleted, (name) => groups.get(name)?.halt("forget") ?? Effect.void, {
      discard: true
    })
    return deleted
  })

  const halt = (warnings: ReadonlyArray<string>) =>
    Effect.map(haltDeleted, (halting): Reread => ({ warnings, halting }))

  const refresh = Effect.suspend(() => {
    const before = cltab.current()
    return Effect.tap(cltab.refresh, () => {
      const after = cltab.current()
      return after === before ? Effect.void : say(`cltab read: ${after.entries.length} entries`)
    })
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
      Effect.andThen(refresh),
      Effect.flatMap((warnings) => inOneGo(Effect.andThen(refuseIfShuttingDown, act(warnings))))
    ))
  }

  /** Who gets an answer may rely on what the order did, a refused one too, even if the daemon is killed a moment later. */
  const remembered = <A, E>(order: Effect.Effect<A, E>) =>
    Effect.ensuring(order, Effect.all([ledger.flush, history.flush], { concurrency: 2, discard: true }))

  /** What has this name in the cltab or, if nothing has, in the history. */
  const known = (name: string) =>
    Effect.catchTag(configured(name), ["UnknownGroup", "UnknownEntry"], (unknown) => {
      const past = EntryName.pastMeanings(name).map(subjectOf).find(history.knows)
      return past === undefined ? Effect.fail(unknown) : Effect.succeed(past)
    })

  const groupNamed = Effect.fnUntraced(function*(name: GroupName) {
    const known = groups.get(name)
    if (known !== undefined) return known
    const group = yield* Effect.setContext(
      Group.make(name, scope, () => {
        groups.delete(name)
        if (shuttingDown && groups.size === 0) end()
      }),
      context
    )
    groups.set(name, group)
    return group
  })

  const tellNews = Effect.suspend(() =>
    Effect.forEach(
      DaemonPlanning.news(groups, cltab.current()),
      ({ byHand, entries, group, level, plan }) =>
        Effect.andThen(
          asked("reread --apply", { group: plan.group }),
          Effect.map(
            group.tell(level, entries, byHand),
            (settling) => ({ group: plan.group, level, settling })
          )
        )
    )
  )

  /** Waits, but not long, until no state names a process whose end is known. */
  const publishedEnds = Effect.gen(function*() {
    for (
      let millis = 0;
      millis < publicationPatienceMillis && StatusFacts.areStale(board.groups(), groups);
      millis++
    ) yield* Effect.sleep(1)
  })

  const shutdown = inOneGo(Effect.suspend(() => {
    if (shuttingDown) return Effect.void
    shuttingDown = true
    return say("shutting down").pipe(
      Effect.andThen(Effect.sync(() => groups.size === 0 && end())),
      Effect.andThen(
        Effect.forEach([...groups.values()], (group) => group.halt("end"), { discard: true })
      )
    )
  }))
  yield* Effect.addFinalizer(() =>
    shutdown.pipe(
      Effect.andThen(Deferred.await(down)),
      // A start that failed half-way leaves the next one all that it found.
      Effect.andThen(
        Effect.suspend(() => hasResumed ? Effect.andThen(ledger.clear, history.clear) : Effect.void)
      )
    )
  )

  const resume = Effect.fnUntraced(function*(inherited: LedgerText.Ledger) {
    yield* Effect.logInfo("resuming what a daemon that was killed left")
    const found = yield* spawner.find(Mark.prefix(inherited.id))
    const now = yield* Clock.currentTimeMillis
    const { next, runs } = Resumption.plan(inherited, ledger.sign, found, cltab.current().entries, now)
    const told = new Map(inherited.groups.map((record) => [record.group, record]))
    yield* ledger.adopt([...runs.values()].flat(), next)
    yield* inOneGo(Effect.forEach(
      new Set([...told.keys(), ...runs.keys()]),
      Effect.fnUntraced(function*(name) {
        const group = yield* groupNamed(name)
        yield* group.resume(told.get(name), runs.get(name) ?? [], entriesOf(name))
      }),
      { discard: true }
    ))
    yield* ledger.flush
  })
  yield* say(
    ledger.inherited === undefined ? "started" : "started, resuming what a daemon that was killed left"
  )
  if (ledger.inherited !== undefined) yield* resume(ledger.inherited)
  hasResumed = true

  return Daemon.of({
    tell: (name, level) =>
      order(Effect.fnUntraced(function*(warnings) {
        yield* haltDeleted
        const entries = entriesOf(name)
        if (entries.length === 0) return yield* DaemonPlanning.unknownGroup(name, cltab.current())
        const group = yield* groupNamed(name)
        yield* Effect.logInfo(`${name} told level ${level}`).pipe(EntryLog.of({ group: name }))
        yield* asked(`tell ${name} ${level}`, { group: name })
        const settling = yield* group.tell(level, entries)
        if (LevelMeant.isKnown(level, entries)) return { warnings, settling }
        const hints = LevelMeant.hints(name, level, entries)
        return { warnings: [...warnings, ...hints], unknownLevel: true as const, settling }
      })).pipe(noteRefusal(`tell ${name} ${level}`, name), remembered),
    retry: (name) =>
      order(Effect.fnUntraced(function*(warnings) {
        yield* haltDeleted
        const retrials: Array<Retried["retrials"][number]> = []
        for (const { group, tag } of yield* retried(name)) {
          const announce = asked(nameOrder("retry", name), subjectOf({ group, tag }))
          const retrial = yield* groups.get(group)?.retry(entriesOf(group), tag, announce) ??
            Effect.succeed(undefined)
          if (retrial === undefined) continue
          yield* Effect.logInfo(`${group} retries ${retrial.tags.join(", ")} at level ${retrial.level}`)
            .pipe(EntryLog.of({ group, tag }))
          retrials.push({ ...retrial, group })
        }
        return { warnings, retrials }
      })).pipe(noteRefusal(nameOrder("retry", name), name), remembered),
    order: ((verb: ByHand.Verb, name: string) =>
      order(Effect.fnUntraced(function*(warnings) {
        yield* haltDeleted
        const { group, tag } = yield* EntryName.meaningOf(name, cltab.current().entries)
        const now = entriesOf(group)
        const entry = now.find((each) => each.tag === tag)
        // One that was never told anything needs no fiber to stand still.
        const announce = asked(`${verb} ${name}`, subjectOf({ group, tag }))
        const ordered = yield* groups.get(group)?.order({ verb, now, entry }, announce) ??
          Effect.tap(Group.orderUntold(group, { verb, now, entry }), announce)
        if (!ordered.isIdle) {
          yield* Effect.logInfo(`${name}: ${verb} by hand`).pipe(EntryLog.of({ group, tag }))
        }
        const statusOf = (tag: Tag) => board.process(group, tag)
        const isDown = ordered.tags.every((tag) => statusOf(tag) === undefined)
        return {
          ...ordered,
          warnings,
          group,
          message: OrderOutcome.describe(verb, ordered.isIdle, isDown),
          settling: OrderOutcome.settled(verb, group, ordered, statusOf)
        }
      })).pipe(noteRefusal(`${verb} ${name}`, name), remembered)) as Daemon["Service"]["order"],
    signal: (name, word) =>
      order(Effect.fnUntraced(function*(warnings) {
        yield* haltDeleted
        const signal = Signal.named(word)
        if (signal === undefined) {
          const meant = Suggestion.nearest(word.replace(/^SIG/i, ""), Signal.words)
          return yield* new UnknownSignal({ signal: word, ...(meant === undefined ? {} : { meant }) })
        }
        const { group, tag } = yield* EntryName.entryOf(name, cltab.current().entries)
        const sent = yield* groups.get(group)?.signal(tag, signal) ?? Effect.succeed(undefined)
        if (sent === undefined) {
          const state = board.process(group, tag)?.state._tag.toUpperCase()
          return yield* new NotRunning({ name, ...(state === undefined ? {} : { state }) })
        }
        const to = sent.pid === undefined ? "its fiber" : `pid ${sent.pid}`
        const message = `${name} was sent ${signal}: ${to}`
        yield* Effect.logInfo(message).pipe(EntryLog.of({ group, tag }))
        yield* asked(`signal ${name} ${signal}`, { group, tag })
        return { message, warnings, ...sent, signal }
      })).pipe(noteRefusal(`signal ${name} ${word}`, name)),
    reread: order((warnings) => Effect.andThen(asked("reread"), halt(warnings))).pipe(
      noteRefusal("reread"),
      remembered
    ),
    apply: order((warnings) =>
      asked("reread --apply").pipe(
        Effect.andThen(halt(warnings)),
        Effect.flatMap((reread) => Effect.map(tellNews, (applied) => ({ ...reread, applied })))
      )
    ).pipe(noteRefusal("reread --apply"), remembered),
    plan: Effect.fnUntraced(function*(name, level) {
      const { cltab: text, warnings } = yield* cltab.preview
      if (shuttingDown) return yield* new ShuttingDown()
      const halts = DaemonPlanning.deleted(groups, text).map((deleted) => groups.get(deleted)!.plan())
      const others = name === undefined
        ? DaemonPlanning.news(groups, text).map(({ plan }) => plan)
        : [yield* DaemonPlanning.planOf(groups, text, name, level)]
      return { warnings, groups: [...halts, ...others] }
    }),
    environment: Effect.fnUntraced(function*(name) {
      const entry = yield* EntryName.entryOf(name, cltab.current().entries)
      const { warnings } = yield* cltab.inspect
      const variables = yield* Effect.mapError(
        spawner.environment(entry),
        ({ reason }) => new NoEnvironment({ name, reason })
      )
      return { warnings, variables: [...variables].sort((a, b) => a.name < b.name ? -1 : 1) }
    }),
    status: Effect.gen(function*() {
      const { cltab: file, isModified, warnings } = yield* cltab.inspect
      // Last, so that what is said is so at a moment after it was asked.
      yield* spawner.catchUp
      yield* publishedEnds
      const cltabs = { loaded: cltab.current(), file: file ?? cltab.current() }
      return {
        containment: spawner.containment,
        cltab: cltab.file,
        shuttingDown,
        modified: isModified,
        warnings: [...warnings, ...trouble.all()],
        groups: StatusFacts.all(board.groups(), groups, cltabs)
      }
    }),
    history: Effect.fnUntraced(function*(name, limit) {
      const subject = name === undefined ? {} : yield* known(name)
      return { ...subject, ...history.of(subject, limit) }
    }),
    watch: Effect.fnUntraced(function*(options) {
      const { group } = options
      if (group !== undefined && entriesOf(group).length === 0 && !history.knows({ group })) {
        return yield* DaemonPlanning.unknownGroup(group, cltab.current())
      }
      return { seq: history.seq(), sequence: history.sequence, feed: history.watch(options) }
    }),
    shutdown: remembered(Effect.andThen(asked("shutdown"), shutdown)),
    down: Deferred.await(down)
  })
})
