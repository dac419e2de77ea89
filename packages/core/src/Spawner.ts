import type { EnvironmentVariable } from "@clinit/protocol/ClinitRpcs"
import type { ChildExit } from "@clinit/protocol/Status"
import { Containment } from "@clinit/protocol/Status"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Entry } from "./Cltab.ts"
import type { LoggerEntry } from "./EntryLogger.ts"
import type { Signal } from "./Signal.ts"
import type { Urgency } from "./SpawnQueue.ts"

export type { LoggerEntry } from "./EntryLogger.ts"
export type { Signal } from "./Signal.ts"
export type { Urgency } from "./SpawnQueue.ts"

/** The operating system refused to start a process; nothing was left running. */
export class SpawnError extends Schema.TaggedError<SpawnError>()("SpawnError", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/**
 * What tells a process from every other, also from a later one with its pid, and where its tree is. `startTime` is
 * field 22 of /proc/PID/stat, in clock ticks since the boot `boot` (proc_pid_stat(5)); both are there unless the
 * system has no /proc. `cgroup` is the directory of the tree's own control group.
 */
export const ProcessIdentity = Schema.Struct({
  pid: Schema.Int.check(Schema.isGreaterThan(1)),
  startTime: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^\d{1,20}$/))),
  boot: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[0-9a-f-]{36}$/))),
  containment: Containment,
  cgroup: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^\/[^\p{Cc}]*$/u)))
})
export type ProcessIdentity = typeof ProcessIdentity.Type

/**
 * A word of printable characters without blanks, different for each run ever. Every process of the tree inherits it
 * in its environment.
 */
export type Mark = string

/**
 * A process and the tree that it is the root of: the leader of its own session and process group. Or a fiber of this
 * program, with all that is in its scope for a tree: that one has no identity, and ends with the program.
 */
export interface Child {
  readonly identity?: ProcessIdentity
  /** How the leader ended, as soon as it has. Interruptible; may be awaited any number of times. */
  readonly exit: Effect.Effect<ChildExit>
  /** Whether the leader's end has been told. */
  readonly hasEnded: () => boolean
  /** Whether no live process of the tree remains. Once true it stays true. */
  readonly isExtinct: () => boolean
  /** Completes once no live process of the tree remains. Interruptible. */
  readonly extinct: Effect.Effect<void>
  /** Sends the signal once to every process of the tree; does nothing once the tree is extinct. Never fails. */
  readonly signal: (signal: Signal) => Effect.Effect<void>
  /**
   * Does ahead what can be done at once of the `signal` with the same argument that has to follow in this turn, which then
   * does the rest. Does nothing if the leader has ended, and is missing where nothing can be done ahead.
   */
  readonly strike?: (signal: Signal) => void
  /**
   * Runs the command as a further process of the tree, started as the entry's own is; done once the process exists. It
   * leads a session and process group of its own and has the leader's pid, while that lives, in `CLINIT_PID`. Does
   * nothing once the tree is extinct.
   */
  readonly run: (command: string, entry: Entry) => Effect.Effect<void, SpawnError>
}

/** One that is a process. */
export interface ProcessChild extends Child {
  readonly identity: ProcessIdentity
}

/** A process tree that bears a mark: the oldest of its processes. */
export interface Found {
  readonly mark: Mark
  readonly identity: ProcessIdentity
  /** Its command has not begun, and never will: who started it ended before it was set up. */
  readonly unbegun?: true
}

/** The pipe between an entry and its logger, which stays open whoever of them lives. */
export interface Pipe {
  /** Lets the logger come to the end of its input, when nobody else writes any more. */
  readonly close: Effect.Effect<void>
}

/** The longest command, in UTF-16 units, that first starts are kept in order of. */
export const longestInTurn = 32 * 1024

/** The seam to the operating system. Everything above it runs on the test clock as well. */
export class Spawner extends Context.Service<Spawner, {
  /** What holds the trees of processes together that are started from now on. */
  readonly containment: Containment
  /** Opens the pipe that this logger reads, or the one that an earlier daemon left; it has to be closed. */
  readonly openPipe: (logger: LoggerEntry) => Effect.Effect<Pipe, SpawnError>
  /**
   * Starts the entry's command as `/bin/sh -c` would, marked and as its settings say; done once the process exists and
   * the command is about to begin. Fails if one of the settings cannot be carried out: the command has not begun then.
   * An entry with loggers needs their pipes to be open, and so does a logger. Which one comes first of those that wait
   * for their turn the `urgency` says, without which it is the first start of a level.
   *
   * First starts of entries without launch settings are carried out in the order in which they were asked for, unless their
   * commands are longer than `longestInTurn`.
   */
  readonly spawn: (entry: Entry, mark: Mark, urgency?: Urgency) => Effect.Effect<Child, SpawnError>
  /**
   * The environment that the entry's process would be started with now, each name once, without the marks, which are
   * other ones at each start. Fails as a start would if it cannot be told.
   */
  readonly environment: (entry: Entry) => Effect.Effect<ReadonlyArray<EnvironmentVariable>, SpawnError>
  /**
   * Takes over a process that an earlier daemon started, without a signal to it. Never fails: one that has ended, or
   * whose pid belongs to somebody else by now, ended in an unknown way; what it left of its tree is still the child's.
   * How a leader ends that is alive is never known, only that it does, within a second.
   */
  readonly adopt: (identity: ProcessIdentity, mark: Mark) => Effect.Effect<ProcessChild>
  /** Done when every end of a leader has been told that came before this began. Takes moments, but some 10 ms after a crash. */
  readonly catchUp: Effect.Effect<void>
  /** The live process trees whose marks begin so; none where the system does not tell. */
  readonly find: (prefix: string) => Effect.Effect<ReadonlyArray<Found>>
}>()("@clinit/core/Spawner") {}
