import { Outcome, ShuttingDown } from "@clinit/protocol/ClinitRpcs"
import type {
  AmbiguousName,
  EntryOff,
  InvalidCltab,
  NeverTold,
  NotRunning,
  Superseded,
  UnknownEntry,
  UnknownGroup,
  UnknownSignal
} from "@clinit/protocol/ClinitRpcs"
import type { Event, Missed } from "@clinit/protocol/Event"
import { Level } from "@clinit/protocol/Names"
import type { GroupName } from "@clinit/protocol/Names"
import type { GroupStatus } from "@clinit/protocol/Status"
import { describeEnd } from "@clinit/protocol/StatusWords"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Applied, Planned, Reread, Retried, Signalled, Status, Told } from "./Daemon.ts"
import { Daemon } from "./Daemon.ts"
import type { InCode } from "./Entry.ts"
import * as EntryName from "./EntryName.ts"
import type { Feed } from "./EventFeed.ts"
import * as ExitWith from "./ExitWith.ts"
import type { Extract } from "./History.ts"
import type { LedgerRefused } from "./LedgerStore.ts"
import { LoadedCltab } from "./LoadedCltab.ts"
import type { ContainmentUnavailable, Machine } from "./Machine.ts"
import type { Settled } from "./OrderOutcome.ts"
import type { LockRefused, Premises } from "./Premises.ts"
import * as Serving from "./Serving.ts"
import type { SocketRefused } from "./SocketRefused.ts"
import type { Change } from "./StatusBoard.ts"
import { StatusBoard } from "./StatusBoard.ts"
import * as StatusOf from "./StatusOf.ts"
import * as Supervision from "./Supervision.ts"

// Every error that a supervisor fails with is to be had here, also by a program that does not depend on the protocol.
export {
  AmbiguousName,
  EntryOff,
  InvalidCltab,
  NeverTold,
  NotRunning,
  ShuttingDown,
  Superseded,
  UnknownEntry,
  UnknownGroup,
  UnknownSignal
} from "@clinit/protocol/ClinitRpcs"
export { CltabUnreadable } from "./CltabSource.ts"
export { LedgerRefused } from "./LedgerStore.ts"
export { ContainmentUnavailable } from "./Machine.ts"
export { LockRefused } from "./Premises.ts"
export { SocketRefused } from "./SocketRefused.ts"

// What the calls take and answer can be named by whoever exports something that is made of them.
export type { Applied, Planned, Reread, Retried, Signalled, Status, Told } from "./Daemon.ts"
export type { Ending } from "./ExitWith.ts"
export type { Retrial, Settling } from "./Group.ts"
export type { Extract } from "./History.ts"
export type { Settled } from "./OrderOutcome.ts"
export type { Options as ServeOptions } from "./Serving.ts"
export type { Needs, Options, Source, Timings, Unusable } from "./Supervision.ts"

/** The group settled as FAILED. */
export class LevelFailed extends Schema.TaggedError<LevelFailed>()("LevelFailed", {
  group: Schema.String,
  level: Schema.String,
  failed: Outcome.fields.failed
}) {
  override get message() {
    const culprits = this.failed.map(({ end, tag }) => `${tag} ${describeEnd(end)}`)
    return `${this.group} ${this.level} FAILED: ${culprits.join(", ")}`
  }
}

/** No level can be called this. */
export class InvalidLevel extends Schema.TaggedError<InvalidLevel>()("InvalidLevel", {
  level: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `invalid level ${JSON.stringify(this.level)}: ${this.reason}`
  }
}

/** What is wrong with an order as such: nothing was done. */
export type OrderRefused = InvalidCltab | ShuttingDown

/** What is wrong with a name, `GROUP` or `GROUP/TAG`. */
export type NameRefused = UnknownGroup | UnknownEntry | AmbiguousName

/** An order by hand: what it is about, what it does, and what becomes of it. */
export interface Ordered {
  readonly warnings: ReadonlyArray<string>
  readonly group: string
  readonly tags: ReadonlyArray<string>
  /** What it does, in words. */
  readonly message: string
  /** Waits for what becomes of it. */
  readonly settling: Effect.Effect<Settled, Superseded>
}

/** What a reader of events is told: an event, or that there is a gap. */
export type News =
  | { readonly _tag: "Event"; readonly event: Event }
  | { readonly _tag: "Missed"; readonly missed: Missed }

/**
 * A supervisor of resource groups in this program. Orders only record what is wanted and answer at once; the groups' own
 * fibers act, and interrupting who waits for an outcome takes nothing back.
 */
export class Clinit extends Context.Service<Clinit, {
  /** Makes the level the group's target, and answers at once; `settling` waits for the outcome. */
  readonly tell: (
    group: string,
    level: string
  ) => Effect.Effect<Told, UnknownGroup | InvalidLevel | OrderRefused>
  /** Tells the level and waits until the group has settled at it; fails if it comes out FAILED. */
  readonly reach: (
    group: string,
    level: string
  ) => Effect.Effect<Outcome, UnknownGroup | InvalidLevel | OrderRefused | Superseded | LevelFailed>
  /** Starts a group, which was stopped, or an entry (`GROUP/TAG`) by hand. Answers at once, as the next two do. */
  readonly start: (
    name: string
  ) => Effect.Effect<Ordered, NameRefused | NeverTold | EntryOff | OrderRefused>
  /** Stops a group or an entry by hand. */
  readonly stop: (name: string) => Effect.Effect<Ordered, NameRefused | OrderRefused>
  /** Restarts the entries of a group, or an entry, by hand. */
  readonly restart: (
    name: string
  ) => Effect.Effect<Ordered, NameRefused | NeverTold | EntryOff | OrderRefused>
  /** Starts again what has failed, and at once what pauses: of all groups, or of a group or an entry. */
  readonly retry: (name?: string) => Effect.Effect<Retried, NameRefused | OrderRefused>
  /** Sends a signal, named with or without `SIG`, to the whole process tree of an entry (`GROUP/TAG`). */
  readonly signal: (
    name: string,
    signal: string
  ) => Effect.Effect<Signalled, NameRefused | UnknownSignal | NotRunning | OrderRefused>
  /** Loads the cltab and halts the groups that it no longer has. */
  readonly reread: Effect.Effect<Reread, OrderRefused>
  /** Rereads, and tells each group for which the cltab says something new the level that it was told last. */
  readonly apply: Effect.Effect<Applied, OrderRefused>
  /**
   * What a tell of this level would do, without a level one of the group's present level, or without a group `apply`;
   * nothing is changed.
   */
  readonly plan: {
    (): Effect.Effect<Planned, OrderRefused>
    (
      group: string,
      level?: string
    ): Effect.Effect<Planned, UnknownGroup | InvalidLevel | NeverTold | OrderRefused>
  }
  /** Every group, told or not, with its entries. */
  readonly status: Effect.Effect<Status>
  /** The status of a group, or of one entry (`GROUP/TAG`) in its group. */
  readonly statusOf: (name: string) => Effect.Effect<GroupStatus, NameRefused>
  /**
   * Every state that is published: first those of now, then each change, in order and without a gap, until supervision is
   * over. What a slow reader has not taken is kept in memory for it.
   */
  readonly changes: Stream.Stream<Change>
  /**
   * What happens: from now on or, with `since`, after the event with that number, of everything or of one group. A reader
   * that is too slow is told how many events it missed (`Missed`). Ends when supervision is over.
   */
  readonly events: (
    options?: { readonly group?: string; readonly since?: number }
  ) => Stream.Stream<News, UnknownGroup>
  /** The last events, all that are known unless limited, of the supervisor, a group or an entry. */
  readonly history: (name?: string, limit?: number) => Effect.Effect<Extract, NameRefused>
  /**
   * Waits until the group or entry has come to its end: nothing of it runs, or will run again, or it failed. Fails if
   * everything is shut down before that.
   */
  readonly ending: (name: string) => Effect.Effect<ExitWith.Ending, NameRefused | ShuttingDown>
  /** Halts every group, takes no more orders, and waits until the last process is gone. */
  readonly shutdown: Effect.Effect<void>
  /** Waits until it was shut down, by whoever, and the last process is gone. */
  readonly down: Effect.Effect<void>
}>()("@clinit/core/Clinit") {
  /** `layer` as an effect: a supervisor of its own each time, which lives as long as the scope. */
  static readonly make =
    ((options: Supervision.Source & Supervision.Options) =>
      Effect.map(Supervision.make(options), face)) as Make

  /**
   * Supervises groups for as long as the layer lives, and leaves nothing behind: its end stops every process and waits for
   * the last. Nothing is started before a group is told a level.
   */
  static readonly layer =
    ((options: Supervision.Source & Supervision.Options) =>
      Layer.effect(Clinit, Effect.map(Supervision.make(options), face))) as MakeLayer

  /**
   * The same with all that makes a daemon: a socket for clients, a status file, a history, and a ledger by which one that comes
   * after a killed one goes on with what runs.
   */
  static readonly serve =
    ((options: Supervision.Source & Serving.Options<unknown, unknown>) =>
      Layer.effect(Clinit, Effect.map(Serving.make(options), face))) as Serve
}

/** Entries in code. */
export type Items = ReadonlyArray<InCode<any>>

/** What a supervisor of this source can be refused for. */
export type Refused<S extends Supervision.Source> = Supervision.Unusable<S> | ContainmentUnavailable

/** What a daemon of this source can be refused for. */
export type ServeRefused<S extends Supervision.Source> =
  | Refused<S>
  | SocketRefused
  | LockRefused
  | LedgerRefused

/** Of one kind of source each, so that nothing is asked for, or can fail, that is not of its kind. */
export interface Make {
  <const I extends Items>(
    options: { readonly entries: I } & Supervision.Options
  ): Made<{ readonly entries: I }>
  (options: { readonly text: string } & Supervision.Options): Made<{ readonly text: string }>
  (options: { readonly cltab: string } & Supervision.Options): Made<{ readonly cltab: string }>
}

/** What `Clinit.make` makes of this source. */
export type Made<S extends Supervision.Source> = Effect.Effect<
  Clinit["Service"],
  Refused<S>,
  Machine | Scope.Scope | Supervision.Needs<S>
>

/** Of one kind of source each. */
export interface MakeLayer {
  <const I extends Items>(
    options: { readonly entries: I } & Supervision.Options
  ): Supervising<{ readonly entries: I }>
  (options: { readonly text: string } & Supervision.Options): Supervising<{ readonly text: string }>
  (options: { readonly cltab: string } & Supervision.Options): Supervising<{ readonly cltab: string }>
}

/** What `Clinit.layer` makes of this source. */
export type Supervising<S extends Supervision.Source> = Layer.Layer<
  Clinit,
  Refused<S>,
  Machine | Supervision.Needs<S>
>

/** Of one kind of source each. */
export interface Serve {
  <const I extends Items, E = never, R = never>(
    options: { readonly entries: I } & Serving.Options<E, R>
  ): Served<{ readonly entries: I }, E, R>
  <E = never, R = never>(
    options: { readonly text: string } & Serving.Options<E, R>
  ): Served<{ readonly text: string }, E, R>
  <E = never, R = never>(
    options: { readonly cltab: string } & Serving.Options<E, R>
  ): Served<{ readonly cltab: string }, E, R>
}

/** What `Clinit.serve` makes of this source; `E` and `R` are those of `onLoaded`. */
export type Served<S extends Supervision.Source, E, R> = Layer.Layer<
  Clinit,
  ServeRefused<S> | E,
  Machine | Premises | Supervision.Needs<S> | R
>

const decodeLevel = Schema.decodeUnknownEffect(Level)

const levelOf = (level: string) =>
  Effect.mapError(decodeLevel(level), ({ message }) => new InvalidLevel({ level, reason: message }))

/** Groups are compared literally: one that can have no such name is unknown. */
const groupOf = (group: string) => group as GroupName

/** The news that these lines of a feed tell. */
const newsOf = (lines: string): ReadonlyArray<News> =>
  lines.split("\n").filter((line) => line !== "").map((line) => {
    const { method, params } = JSON.parse(line)
    return method === "event" ? { _tag: "Event", event: params as Event } : { _tag: "Missed", missed: params }
  })

/** What `next` brings, time and again; once all is `down`, what there is left. */
const untilDown = <A, E>(
  next: Effect.Effect<ReadonlyArray<A>, E>,
  rest: Effect.Effect<ReadonlyArray<A>, E>,
  down: Effect.Effect<void>
): Stream.Stream<A, E> =>
  Stream.fromPull(Effect.succeed(Effect.gen(function*() {
    const brought = yield* Effect.raceFirst(next, Effect.as(down, []))
    const [first, ...others] = brought.length > 0 ? brought : yield* rest
    return first === undefined ? yield* Cause.done() : [first, ...others] as const
  })))

/** The events of a feed that is opened now, until all is `down`. */
const eventsOf = <E>(open: Effect.Effect<Feed, E>, down: Effect.Effect<void>): Stream.Stream<News, E> =>
  Stream.unwrap(Effect.map(
    Effect.acquireRelease(open, (feed) => Effect.sync(feed.close)),
    (feed) => untilDown(Effect.map(feed.next, newsOf), Effect.sync(() => newsOf(feed.rest())), down)
  ))

/** The supervisor that these parts make, as its program sees it. */
const face = (parts: Context.Context<Supervision.Parts>): Clinit["Service"] => {
  const daemon = Context.get(parts, Daemon)
  const board = Context.get(parts, StatusBoard)
  const cltab = Context.get(parts, LoadedCltab)

  const tell = Effect.fnUntraced(function*(group: string, level: string) {
    return yield* daemon.tell(groupOf(group), yield* levelOf(level))
  })

  return {
    tell,
    reach: Effect.fnUntraced(function*(group, level) {
      const { settling } = yield* tell(group, level)
      const outcome = yield* settling
      return outcome.state === "FAILED"
        ? yield* new LevelFailed({ group, level, failed: outcome.failed })
        : outcome
    }),
    start: (name) => daemon.order("start", name),
    stop: (name) => daemon.order("stop", name),
    restart: (name) => daemon.order("restart", name),
    retry: daemon.retry,
    signal: daemon.signal,
    reread: daemon.reread,
    apply: daemon.apply,
    plan: Effect.fnUntraced(function*(group?: string, level?: string) {
      return yield* daemon.plan(
        group === undefined ? undefined : groupOf(group),
        level === undefined ? undefined : yield* levelOf(level)
      )
    }) as Clinit["Service"]["plan"],
    status: daemon.status,
    statusOf: (name) =>
      Effect.flatMap(
        daemon.status,
        ({ groups }) => Effect.map(StatusOf.select(groups, name), ([status]) => status!)
      ),
    changes: Stream.unwrap(Effect.map(
      board.everything,
      (reader) => untilDown(Queue.takeAll(reader), Queue.clear(reader), daemon.down)
    )),
    events: ({ group, since } = {}) =>
      eventsOf(
        Effect.map(
          daemon.watch({
            ...(group === undefined ? {} : { group: groupOf(group) }),
            ...(since === undefined ? {} : { since: Math.max(0, since) })
          }),
          ({ feed }) => feed
        ),
        daemon.down
      ),
    history: (name, limit = Infinity) => daemon.history(name, limit),
    ending: Effect.fnUntraced(function*(name) {
      const meaning = yield* EntryName.meaningOf(name, cltab.current().entries)
      return yield* Effect.raceFirst(
        Effect.provideContext(ExitWith.ending(meaning), parts),
        Effect.andThen(daemon.down, new ShuttingDown())
      )
    }),
    shutdown: Effect.andThen(daemon.shutdown, daemon.down),
    down: daemon.down
  }
}
