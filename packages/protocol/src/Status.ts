import * as Schema from "effect/Schema"
import { GroupName, Level, Mode, Tag } from "./Names.ts"

export { describeEnd } from "./StatusWords.ts"

/** How a process ended: by itself with a code, by a signal, or in a way that nobody saw. */
export const ChildExit = Schema.TaggedUnion({
  Exited: { code: Schema.Int },
  Signaled: { signal: Schema.String },
  Unknown: {}
})
export type ChildExit = typeof ChildExit.Type

/**
 * What holds the process tree of an entry together, best first: a control group of its own; its process group, its
 * session and all descendants, found by the mark in their environment and by parentage; its process group alone.
 */
export const Containment = Schema.Literals(["cgroup", "descendants", "group"])
export type Containment = typeof Containment.Type

/** What holds a run of an entry together: of an effect of the daemon's own program that is its fiber. */
export const RunContainment = Schema.Literals([...Containment.literals, "fiber"])
export type RunContainment = typeof RunContainment.Type

/**
 * The end of one run of an entry; `NotSpawned` when the operating system refused to start it, `TimedOut` when it was
 * stopped because it took longer than this.
 */
export const RunEnd = Schema.Union([
  ChildExit,
  Schema.TaggedStruct("NotSpawned", { reason: Schema.String }),
  Schema.TaggedStruct("TimedOut", { millis: Schema.Finite })
])
export type RunEnd = typeof RunEnd.Type

/** States of a resource group, as the status file prints them. */
export const GroupState = Schema.Literals([
  "CONFIGURED",
  "STARTING",
  "CHECKING",
  "DONE",
  "PASSED",
  "FAILED",
  "STOPPING",
  "HALTING"
])
export type GroupState = typeof GroupState.Type

/**
 * State of one entry. `pid` is the leader of the entry's process group; a fiber has none. One that is being stopped shows
 * the `signal` that it was sent last, or the `command` that was run to stop it, and no `pid` once that process is gone and
 * only others of its tree, or its loggers, have still to end; `next` is the signal or command that follows at `nextAt` if
 * it has not ended by then. `why` tells what a pause is for. `retryAt`, `nextAt`, and `since` elsewhere, are milliseconds
 * since 1970.
 */
export const ProcessState = Schema.TaggedUnion({
  Starting: {},
  Running: { pid: Schema.optionalKey(Schema.Int) },
  Pausing: { retryAt: Schema.Finite, why: Schema.optionalKey(Schema.String) },
  Stopping: {
    pid: Schema.optionalKey(Schema.Int),
    signal: Schema.optionalKey(Schema.String),
    command: Schema.optionalKey(Schema.String),
    next: Schema.optionalKey(Schema.String),
    nextAt: Schema.optionalKey(Schema.Finite)
  },
  Done: {},
  Passed: {},
  Failed: {}
})
export type ProcessState = typeof ProcessState.Type

/** What of an entry's output a logger can read. */
export const Stream = Schema.Literals(["output", "error-output"])
export type Stream = typeof Stream.Type

/** A process that reads what an entry writes; a reader of `output` reads the errors, too, unless they go elsewhere. */
export const LoggerStatus = Schema.Struct({
  reads: Stream,
  pid: Schema.Int
})
export type LoggerStatus = typeof LoggerStatus.Type

/**
 * One entry that its group has started and not yet stopped. `containment` is there while it runs; `adopted` if
 * an earlier daemon started it; `byHand` if it was started by an order of its own and not by its level; `modified` if the
 * cltab now says something else than what was started.
 */
export const ProcessStatus = Schema.Struct({
  tag: Tag,
  mode: Mode,
  state: ProcessState,
  since: Schema.Finite,
  restarts: Schema.Int,
  containment: Schema.optionalKey(RunContainment),
  adopted: Schema.optionalKey(Schema.Literal(true)),
  byHand: Schema.optionalKey(Schema.Literal(true)),
  modified: Schema.optionalKey(Schema.Literal(true)),
  lastEnd: Schema.optionalKey(RunEnd),
  loggers: Schema.optionalKey(Schema.Array(LoggerStatus))
})
export type ProcessStatus = typeof ProcessStatus.Type

/** An entry of the cltab that its group has not started: its level lacks it, or it was stopped by hand. */
export const StoppedEntry = Schema.Struct({
  tag: Tag,
  mode: Mode,
  levels: Schema.String,
  byHand: Schema.optionalKey(Schema.Literal(true))
})
export type StoppedEntry = typeof StoppedEntry.Type

/** One resource group. `level` is absent until the group's first tell; while STOPPING it is still the old one. */
export const GroupStatus = Schema.Struct({
  group: GroupName,
  level: Schema.optionalKey(Level),
  state: GroupState,
  since: Schema.optionalKey(Schema.Finite),
  processes: Schema.Array(ProcessStatus),
  stopped: Schema.optionalKey(Schema.Array(StoppedEntry))
})
export type GroupStatus = typeof GroupStatus.Type

/**
 * What the daemon knows. `warnings` tell of trouble that lasts, such as a cltab that cannot be read any more;
 * `modified` is whether the cltab says something else than what is in force; `containment` is what processes that are
 * started now get.
 */
export const DaemonStatus = Schema.Struct({
  version: Schema.String,
  pid: Schema.Int,
  cltab: Schema.String,
  modified: Schema.Boolean,
  shuttingDown: Schema.Boolean,
  containment: Containment,
  warnings: Schema.Array(Schema.String),
  groups: Schema.Array(GroupStatus)
})
export type DaemonStatus = typeof DaemonStatus.Type
