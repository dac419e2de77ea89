import * as Schema from "effect/Schema"
import { Diagnostic } from "./Diagnostic.ts"
import * as DiagnosticText from "./Diagnostic.ts"
import { Client, Event } from "./Event.ts"
import { GroupName, Level, Tag } from "./Names.ts"
import { GroupPlan } from "./Plan.ts"
import { DaemonStatus, ProcessState, RunEnd } from "./Status.ts"

/** No entry of the loaded cltab has this group; `meant` is a group or an entry that was probably meant. */
export class UnknownGroup extends Schema.TaggedError<UnknownGroup>()("UnknownGroup", {
  group: Schema.String,
  meant: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    return `no such group: ${this.group}${this.meant === undefined ? "" : ` (did you mean ${this.meant}?)`}`
  }
}

/**
 * The order needs a group that is at a level, and this one was never told one, or was stopped. `levels` are those that
 * its entries have; `stoppedAt` is where a start takes it again.
 */
export class NeverTold extends Schema.TaggedError<NeverTold>()("NeverTold", {
  group: GroupName,
  levels: Schema.optionalKey(Schema.Array(Schema.String)),
  stoppedAt: Schema.optionalKey(Level)
}) {
  override get message() {
    const { group, levels = [], stoppedAt } = this
    if (stoppedAt !== undefined) {
      return `${group} is stopped: clinit start ${group} takes it to ${stoppedAt} again`
    }
    const known = levels.length === 0 ? "" : ` (its entries have ${levels.join(", ")})`
    return `${group} is at no level: say which one${known}`
  }
}

/** An entry that the cltab has as `off` cannot be started. */
export class EntryOff extends Schema.TaggedError<EntryOff>()("EntryOff", { name: Schema.String }) {
  override get message() {
    return `${this.name} is off in the cltab: give its line another mode to start it`
  }
}

/** No process of the entry runs that could get a signal; `state` is what it is instead, if it was started. */
export class NotRunning extends Schema.TaggedError<NotRunning>()("NotRunning", {
  name: Schema.String,
  state: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    return `${this.name} does not run: it is ${this.state ?? "stopped"}`
  }
}

/** No signal is called this; `meant` is one that was probably meant. */
export class UnknownSignal extends Schema.TaggedError<UnknownSignal>()("UnknownSignal", {
  signal: Schema.String,
  meant: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    const hint = this.meant === undefined ? "write a name such as HUP" : `did you mean ${this.meant}?`
    return `unknown signal: ${this.signal} (${hint})`
  }
}

/**
 * No group and no entry of the loaded cltab is called this, which has the form `GROUP/TAG`; or, with `isGroup`, an entry was
 * asked for and a group has the name. `meant` is the name of one that was probably meant.
 */
export class UnknownEntry extends Schema.TaggedError<UnknownEntry>()("UnknownEntry", {
  name: Schema.String,
  isGroup: Schema.optionalKey(Schema.Literal(true)),
  meant: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    const { isGroup, meant, name } = this
    const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`
    return isGroup === true
      ? `${name} is a group, not an entry${hint}`
      : `no such group or entry: ${name}${hint}`
  }
}

/** Several groups and entries of the loaded cltab are called this; `meanings` says so with each one's line. */
export class AmbiguousName extends Schema.TaggedError<AmbiguousName>()("AmbiguousName", {
  name: Schema.String,
  meanings: Schema.Array(Schema.String)
}) {
  override get message() {
    return `${this.name} is ambiguous: it is ${this.meanings.join(" and ")}; give one of them another name`
  }
}

/** The environment of an entry's process cannot be told, as it could not be started now. */
export class NoEnvironment extends Schema.TaggedError<NoEnvironment>()("NoEnvironment", {
  name: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.name} could not be started: ${this.reason}`
  }
}

/** The cltab has errors; the configuration that was loaded before stays in force, unchanged. */
export class InvalidCltab extends Schema.TaggedError<InvalidCltab>()("InvalidCltab", {
  file: Schema.String,
  diagnostics: Schema.Array(Diagnostic)
}) {
  override get message() {
    return this.diagnostics.map((diagnostic) => DiagnosticText.format(this.file, diagnostic)).join("\n")
  }
}

/** The daemon is stopping everything and takes no more orders. */
export class ShuttingDown extends Schema.TaggedError<ShuttingDown>()("ShuttingDown", {}) {
  override get message() {
    return "the daemon is shutting down"
  }
}

/**
 * A later request sent the group elsewhere before it had settled, or, with `stopping`, before it was stopped by hand;
 * without `by` the group was halted.
 */
export class Superseded extends Schema.TaggedError<Superseded>()("Superseded", {
  group: GroupName,
  level: Level,
  by: Schema.optionalKey(Level),
  stopping: Schema.optionalKey(Schema.Literal(true))
}) {
  override get message() {
    if (this.stopping === true) return `${this.group} was told level ${this.by ?? "-"} before it was stopped`
    return this.by === undefined ?
      `${this.group} was halted before it settled at level ${this.level}` :
      `${this.group} was told level ${this.by} before it settled at level ${this.level}`
  }
}

/** The errors that a call can be refused with; which call with which is in `calls`. */
export const Refusal = Schema.Union([
  UnknownGroup,
  UnknownEntry,
  AmbiguousName,
  NeverTold,
  EntryOff,
  NotRunning,
  UnknownSignal,
  NoEnvironment,
  InvalidCltab,
  ShuttingDown,
  Superseded
])
export type Refusal = typeof Refusal.Type

/** What a group settled at. `failed` names the entries that made it FAILED. */
export const Outcome = Schema.Struct({
  state: Schema.Literals(["DONE", "PASSED", "FAILED"]),
  failed: Schema.Array(Schema.Struct({ tag: Tag, end: RunEnd }))
})
export type Outcome = typeof Outcome.Type

/** A variable and where its value comes from; `account` is that of the `user`, `setting` a line of the cltab. */
export const EnvironmentVariable = Schema.Struct({
  name: Schema.String,
  value: Schema.String,
  origin: Schema.Literals(["daemon", "default", "account", "env-file", "setting"])
})
export type EnvironmentVariable = typeof EnvironmentVariable.Type

/** A group that was told again because its entries had changed. */
export const Applied = Schema.Struct({ group: GroupName, level: Level, outcome: Schema.optionalKey(Outcome) })
export type Applied = typeof Applied.Type

/**
 * What became of an entry that was ordered by hand; without a state it is stopped. `failed` if that is not what was
 * ordered.
 */
export const Ordered = Schema.Struct({
  group: GroupName,
  tag: Tag,
  state: Schema.optionalKey(ProcessState),
  lastEnd: Schema.optionalKey(RunEnd),
  failed: Schema.optionalKey(Schema.Literal(true))
})
export type Ordered = typeof Ordered.Type

/** Trouble that did not stand in the way of the order, such as a cltab that has gone missing. */
const warnings = Schema.Array(Schema.String)
const Wait = { wait: Schema.optionalKey(Schema.Boolean) }
/** Who gives the order. */
const By = { client: Schema.optionalKey(Client) }
/** What can be wrong with a name, `GROUP` or `GROUP/TAG`. */
const misnamed = [UnknownGroup, UnknownEntry, AmbiguousName] as const
/** What can be wrong with any order. */
const outOfOrder = [InvalidCltab, ShuttingDown] as const
const natural = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
/** Any object: a struct without fields would accept all but null. */
const NoParams = Schema.Record(Schema.String, Schema.Unknown)

/** Which sequence an event's number is of: opaque, to be compared only. */
export const SequenceId = Schema.NonEmptyString.check(Schema.isMaxLength(100))
export type SequenceId = typeof SequenceId.Type

/**
 * An order by hand, of a group or an entry (`GROUP/TAG`). `level` is where the group is, or was when it was stopped;
 * `outcome` is there once the group has settled.
 */
const byHand = {
  params: Schema.Struct({ name: Schema.NonEmptyString, ...Wait, ...By }),
  result: Schema.Struct({
    message: Schema.String,
    warnings,
    level: Schema.optionalKey(Level),
    entries: Schema.Array(Ordered),
    outcome: Schema.optionalKey(Outcome)
  })
}

/** A start needs a level, and an entry that may be started; a stop does not. */
const starting = {
  ...byHand,
  refusal: Schema.Union([...misnamed, NeverTold, EntryOff, ...outOfOrder, Superseded])
}

/**
 * The calls by name: what each takes, what it answers, and what it can be refused with. It is refused as `Superseded` only
 * while it waits.
 *
 * `tell` is answered as soon as the target is recorded or, with `wait`, when the group has settled; so are `retry`, of
 * each group that has something to retry, and a `reread` that applies what it reads; `shutdown` as soon as every group was
 * told to halt or, with `wait`, when the last process is gone. `plan` without a group tells what a `reread` that applies
 * would do. `status` with a name, `GROUP` or `GROUP/TAG`, shows only that. `history` is of a group, an entry or, without a name, the daemon; it answers the last events, by default all
 * that are known. The answer of `watch` is followed by notifications, `event` and `missed`, and nothing else is answered
 * on its connection: they are the events behind the one with the number `after`, of the sequence `sequence`, whose latest is `seq`.
 * `renumbered` is there if a number that was asked for is not of that sequence.
 *
 * `start`, `stop` and `restart` are answered likewise: a start with `wait` when the group has settled and what does not end
 * by itself has run for half a second, a stop when nothing is left of what was stopped.
 */
export const calls = {
  tell: {
    params: Schema.Struct({ group: GroupName, level: Level, ...Wait, ...By }),
    result: Schema.Struct({
      message: Schema.String,
      warnings,
      /** No entry of the group has the level. */
      unknownLevel: Schema.optionalKey(Schema.Literal(true)),
      outcome: Schema.optionalKey(Outcome)
    }),
    refusal: Schema.Union([UnknownGroup, ...outOfOrder, Superseded])
  },
  retry: {
    params: Schema.Struct({ name: Schema.optionalKey(Schema.NonEmptyString), ...Wait, ...By }),
    result: Schema.Struct({
      message: Schema.String,
      warnings,
      retried: Schema.Array(Schema.Struct({ group: GroupName, tag: Tag })),
      outcomes: Schema.optionalKey(
        Schema.Array(Schema.Struct({ group: GroupName, level: Level, outcome: Outcome }))
      )
    }),
    refusal: Schema.Union([...misnamed, ...outOfOrder, Superseded])
  },
  start: starting,
  stop: { ...byHand, refusal: Schema.Union([...misnamed, ...outOfOrder, Superseded]) },
  restart: starting,
  signal: {
    params: Schema.Struct({ name: Schema.NonEmptyString, signal: Schema.NonEmptyString, ...By }),
    result: Schema.Struct({
      message: Schema.String,
      warnings,
      pid: Schema.optionalKey(Schema.Int),
      signal: Schema.String
    }),
    refusal: Schema.Union([...misnamed, UnknownSignal, NotRunning, ...outOfOrder])
  },
  reread: {
    params: Schema.Struct({ apply: Schema.optionalKey(Schema.Boolean), ...Wait, ...By }),
    result: Schema.Struct({
      message: Schema.String,
      warnings,
      halting: Schema.Array(GroupName),
      applied: Schema.optionalKey(Schema.Array(Applied))
    }),
    refusal: Schema.Union([...outOfOrder, Superseded])
  },
  plan: {
    params: Schema.Struct({ group: Schema.optionalKey(GroupName), level: Schema.optionalKey(Level) }).check(
      Schema.makeFilter(({ group, level }) => group !== undefined || level === undefined)
    ),
    result: Schema.Struct({ warnings, groups: Schema.Array(GroupPlan) }),
    refusal: Schema.Union([UnknownGroup, NeverTold, ...outOfOrder])
  },
  environment: {
    params: Schema.Struct({ name: Schema.NonEmptyString, secrets: Schema.optionalKey(Schema.Boolean) }),
    result: Schema.Struct({ warnings, variables: Schema.Array(EnvironmentVariable) }),
    refusal: Schema.Union([...misnamed, NoEnvironment])
  },
  status: {
    params: Schema.Struct({ name: Schema.optionalKey(Schema.NonEmptyString) }),
    result: DaemonStatus,
    refusal: Schema.Union(misnamed)
  },
  history: {
    params: Schema.Struct({
      name: Schema.optionalKey(Schema.NonEmptyString),
      limit: Schema.optionalKey(natural)
    }),
    result: Schema.Struct({
      group: Schema.optionalKey(GroupName),
      tag: Schema.optionalKey(Tag),
      events: Schema.Array(Event),
      omitted: Schema.Int
    }),
    refusal: Schema.Union(misnamed)
  },
  watch: {
    params: Schema.Struct({
      group: Schema.optionalKey(GroupName),
      since: Schema.optionalKey(natural),
      sequence: Schema.optionalKey(SequenceId)
    }),
    result: Schema.Struct({
      seq: Schema.Int,
      sequence: Schema.optionalKey(SequenceId),
      after: Schema.optionalKey(Schema.Int),
      renumbered: Schema.optionalKey(Schema.Literal(true))
    }),
    refusal: UnknownGroup
  },
  shutdown: {
    params: Schema.Struct({ ...Wait, ...By }),
    result: Schema.Struct({ message: Schema.String }),
    refusal: Schema.Never
  },
  version: {
    params: NoParams,
    result: Schema.Struct({ version: Schema.String, protocol: Schema.Literal(1) }),
    refusal: Schema.Never
  }
} as const

/** The name of a call. */
export type Method = keyof typeof calls
/** What the call is given. */
export type Params<M extends Method> = typeof calls[M]["params"]["Type"]
/** What the call answers, unless it is refused. */
export type Result<M extends Method> = typeof calls[M]["result"]["Type"]
/** What a program writes for the params: names need not be checked yet. */
export type Input<M extends Method> = typeof calls[M]["params"]["Encoded"]
/** What the call can be refused with. */
export type RefusalOf<M extends Method> = typeof calls[M]["refusal"]["Type"]

/** True for the name of a call, and for nothing that an object merely inherits. */
export const isMethod = (name: string): name is Method => Object.hasOwn(calls, name)
