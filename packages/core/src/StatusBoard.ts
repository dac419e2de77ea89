import type { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type {
  GroupState,
  GroupStatus,
  LoggerStatus,
  ProcessState,
  ProcessStatus,
  RunEnd
} from "@clinit/protocol/Status"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { Entry } from "./Cltab.ts"
import type { LoggerEntry } from "./EntryLogger.ts"
import { History } from "./History.ts"
import * as Notification from "./Notification.ts"

/**
 * Takes the place of a board that is made, as the test kit's does: it sees each state when it is published and not only
 * after that, so that it knows what else happened before and behind it.
 */
export const Witness = Context.Reference<(board: StatusBoard["Service"]) => StatusBoard["Service"]>(
  "@clinit/core/StatusBoard/Witness",
  { defaultValue: () => (board) => board }
)

/** A published change, in the order in which it happened. A group or entry without a state is gone. */
export type Change =
  | { readonly _tag: "Group"; readonly group: GroupName; readonly level?: Level; readonly state?: GroupState }
  | { readonly _tag: "Process"; readonly group: GroupName; readonly tag: Tag; readonly state?: ProcessState }

/** How many changes are kept for a reader that has not yet taken them. */
export const changesKept = 4096

/**
 * The single owner of published state. Groups and processes write here and keep no copy; the status file, status
 * replies and watchers read here. What changes goes into the history.
 */
export class StatusBoard extends Context.Service<StatusBoard, {
  /** Sets a group's state; `since`, in milliseconds since 1970, unless that is now. */
  readonly setGroup: (
    group: GroupName,
    level: Level,
    state: GroupState,
    since?: number
  ) => Effect.Effect<void>
  readonly removeGroup: (group: GroupName) => Effect.Effect<void>
  /** Sets an entry's state; `restarts` counts starts after the first. */
  readonly setProcess: (entry: Entry, state: ProcessState, facts?: Facts) => Effect.Effect<void>
  /** Sets which process reads this output of the logger's entry; nothing if there is none at the moment. */
  readonly setLogger: (logger: LoggerEntry, pid: number | undefined) => Effect.Effect<void>
  /** Forgets an entry that is down; `end` tells how the run ended that was stopped, as far as that was seen. */
  readonly removeProcess: (entry: Entry, end?: RunEnd) => Effect.Effect<void>
  /** The group as it is now, if it was ever told. */
  readonly group: (group: GroupName) => GroupStatus | undefined
  readonly process: (group: GroupName, tag: Tag) => ProcessStatus | undefined
  /** Every group that was told, in the order of their first tells. */
  readonly groups: () => ReadonlyArray<GroupStatus>
  /** The same without their entries. */
  readonly lines: () => Iterable<GroupLine>
  /** Completes with the first change of a group after this was called, also if it comes before anybody waits. */
  readonly nextGroupChange: () => Effect.Effect<void>
  /** Changes from now on. A reader that falls more than `changesKept` behind loses the oldest. */
  readonly changes: Effect.Effect<PubSub.Subscription<Change>, never, Scope.Scope>
  /**
   * What is so at the moment, as changes, and then every change, none of them lost: what the reader has not taken is kept
   * for it, however much that is.
   */
  readonly everything: Effect.Effect<Queue.Dequeue<Change>, never, Scope.Scope>
}>()("@clinit/core/StatusBoard") {
  static readonly recorded: Layer.Layer<StatusBoard, never, History> = Layer.effect(
    StatusBoard,
    Effect.suspend(() => make)
  )

  /** With a history that is kept in memory only. */
  static readonly layer: Layer.Layer<StatusBoard | History> = Layer.suspend(() =>
    Layer.provideMerge(StatusBoard.recorded, History.volatile)
  )
}

/**
 * What else is known with a state: since when it is, unless that is now, how the run before it ended, how often the entry
 * was started again, if an earlier daemon counted that, and what is true of the process for as long as it lives.
 */
export type Facts = Partial<Pick<ProcessStatus, "since" | "restarts" | "lastEnd" | "containment" | "adopted">>

/** Where a group stands. */
export interface GroupLine {
  readonly group: GroupName
  readonly level: Level
  readonly state: GroupState
  readonly since: number
}

const nameOf = (group: GroupName, tag: Tag) => `${group}:${tag}`

const make = Effect.gen(function*() {
  const groups = new Map<GroupName, GroupLine>()
  const processes = new Map<GroupName, Map<Tag, ProcessStatus>>()
  const loggers = new Map<string, ReadonlyArray<LoggerStatus>>()
  const changes = yield* PubSub.sliding<Change>(changesKept)
  const groupChanged = Notification.make()
  const history = yield* History
  const clock = yield* Clock.Clock
  const witness = yield* Witness
  const readers = new Set<Queue.Queue<Change>>()

  /** Carries out the change and tells of it in one step, so that no state is there that was not published. */
  const publishing = (work: () => Change): Effect.Effect<void> =>
    Effect.suspend(() => {
      const change = work()
      if (change._tag === "Group") groupChanged.notify()
      for (const reader of readers) Queue.offerUnsafe(reader, change)
      // The first try fails only if the oldest has to give way.
      return PubSub.publishUnsafe(changes, change)
        ? Effect.void
        : Effect.asVoid(PubSub.publish(changes, change))
    })

  const withLoggers = (group: GroupName, status: ProcessStatus): ProcessStatus => {
    const ofEntry = loggers.size === 0 ? undefined : loggers.get(nameOf(group, status.tag))
    return ofEntry === undefined ? status : { ...status, loggers: ofEntry }
  }

  const status = (record: GroupLine): GroupStatus => ({
    ...record,
    processes: Array.from(
      processes.get(record.group)?.values() ?? [],
      (process) => withLoggers(record.group, process)
    )
  })

  return witness({
    setGroup: (group, level, state, past) =>
      publishing(() => {
        groups.set(group, { group, level, state, since: past ?? clock.currentTimeMillisUnsafe() })
        // What was so before this board is no news.
        if (past === undefined) history.record({ group, what: { _tag: "Group", level, state } })
        return { _tag: "Group", group, level, state }
      }),
    removeGroup: (group) =>
      publishing(() => {
        groups.delete(group)
        history.record({ group, what: { _tag: "Group" } })
        return { _tag: "Group", group }
      }),
    setProcess: ({ group, mode, tag }, state, facts) =>
      publishing(() => {
        const since = facts?.since ?? clock.currentTimeMillisUnsafe()
        let ofGroup = processes.get(group)
        if (ofGroup === undefined) processes.set(group, ofGroup = new Map())
        const before = ofGroup.get(tag)
        const containment = facts?.containment ?? before?.containment
        const adopted = facts?.adopted ?? before?.adopted
        const lastEnd = facts?.lastEnd ?? before?.lastEnd
        const runs = "pid" in state || facts?.containment === "fiber"
        ofGroup.set(tag, {
          tag,
          mode,
          state,
          since,
          restarts: facts?.restarts ??
            (before === undefined ? 0 : before.restarts + (state._tag === "Starting" ? 1 : 0)),
          ...(runs && containment !== undefined ? { containment } : {}),
          ...("pid" in state && adopted !== undefined ? { adopted } : {}),
          ...(lastEnd === undefined ? {} : { lastEnd })
        })
        const isEnd = lastEnd !== undefined && lastEnd !== before?.lastEnd
        const ran = isEnd && before?.state._tag === "Running" && facts?.since === undefined
        history.record({
          group,
          tag,
          what: {
            _tag: "Entry",
            state,
            ...(isEnd ? { end: lastEnd } : {}),
            ...(ran ? { ranMillis: Math.max(0, since - before.since) } : {}),
            ...("pid" in state && adopted !== undefined ? { adopted } : {})
          }
        })
        return { _tag: "Process", group, tag, state }
      }),
    setLogger: ({ group, logs, tag }, pid) =>
      Effect.sync(() => {
        const name = nameOf(group, tag)
        const others = (loggers.get(name) ?? []).filter((logger) => logger.reads !== logs)
        const now = pid === undefined ? others : [...others, { reads: logs, pid }]
        if (now.length === 0) loggers.delete(name)
        else loggers.set(name, now)
      }),
    removeProcess: ({ group, tag }, end) =>
      publishing(() => {
        const ofGroup = processes.get(group)
        ofGroup?.delete(tag)
        if (ofGroup?.size === 0) processes.delete(group)
        history.record({ group, tag, what: { _tag: "Entry", ...(end === undefined ? {} : { end }) } })
        return { _tag: "Process", group, tag }
      }),
    group(group) {
      const record = groups.get(group)
      return record === undefined ? undefined : status(record)
    },
    process(group, tag) {
      const process = processes.get(group)?.get(tag)
      return process === undefined ? undefined : withLoggers(group, process)
    },
    groups: () => Array.from(groups.values(), status),
    lines: () => groups.values(),
    nextGroupChange: groupChanged.next,
    changes: PubSub.subscribe(changes),
    everything: Effect.acquireRelease(
      Effect.map(Queue.unbounded<Change>(), (reader) => {
        for (const { group, level, state } of groups.values()) {
          Queue.offerUnsafe(reader, { _tag: "Group", group, level, state })
          for (const { state, tag } of processes.get(group)?.values() ?? []) {
            Queue.offerUnsafe(reader, { _tag: "Process", group, tag, state })
          }
        }
        readers.add(reader)
        return reader
      }),
      (reader) =>
        Effect.suspend(() => {
          readers.delete(reader)
          return Queue.shutdown(reader)
        })
    )
  })
})
