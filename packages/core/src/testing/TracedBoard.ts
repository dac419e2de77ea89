import type { GroupName, Tag } from "@clinit/protocol/Names"
import type {
  GroupState as GroupStateName,
  ProcessState as ProcessStateOf,
  RunEnd
} from "@clinit/protocol/Status"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Entry } from "../Cltab.ts"
import * as GroupState from "../GroupState.ts"
import type { History } from "../History.ts"
import * as ProcessState from "../ProcessState.ts"
import type { Signal } from "../Signal.ts"
import { StatusBoard } from "../StatusBoard.ts"
import { Trace } from "./Trace.ts"
import * as TraceRecord from "./TraceRecord.ts"

/** Which of an entry's published states are written to the trace, beside what its processes do. */
export interface Options {
  /** That it pauses, or is given up; and of an effect of the program all that a process would tell of itself. */
  readonly pauses: boolean
}

/**
 * The same board, but one that also writes each group state to the trace (`0s web 3 STARTING`) and dies of a change that the
 * tables of legal successors do not have.
 */
export const traced = (
  board: StatusBoard["Service"],
  trace: Trace["Service"],
  { pauses }: Options
): StatusBoard["Service"] => {
  const groups = new Map<GroupName, GroupStateName>()
  const processes = new Map<`${GroupName}/${Tag}`, ProcessState.Step>()
  const ends = new Map<`${GroupName}/${Tag}`, RunEnd>()

  const check = <S extends string>(
    who: { readonly group: GroupName; readonly tag?: Tag },
    successors: Readonly<Record<S, ReadonlyArray<S>>>,
    from: S,
    to: S
  ) => {
    if (successors[from].includes(to)) return Effect.void
    const occurrence = { ...who, what: { _tag: "Illegal", from, to } } as const
    return Effect.andThen(trace.add(occurrence), Effect.die(TraceRecord.describe(occurrence)))
  }

  /** A process tells of itself; what a fiber does is only known from what is published. */
  const showFiber = Effect.fnUntraced(function*({ group, tag }: Entry, state?: ProcessStateOf, end?: RunEnd) {
    const key = `${group}/${tag}` as const
    const tell = (what: TraceRecord.Happening) => trace.add({ group, tag, what })
    if (end !== undefined && end !== ends.get(key)) {
      ends.set(key, end)
      if (end._tag === "NotSpawned") yield* tell({ _tag: "Refused", reason: end.reason })
      else if (end._tag !== "TimedOut") yield* tell({ _tag: "Ended", end })
    }
    if (state?._tag === "Running") yield* tell({ _tag: "Started" })
    if (state?._tag === "Stopping" && state.signal !== undefined) {
      yield* tell({ _tag: "Signalled", signal: state.signal as Signal })
    }
  })

  const show = Effect.fnUntraced(function*({ group, mode, tag }: Entry, state: ProcessStateOf) {
    if (state._tag === "Pausing") {
      const millis = state.retryAt - (yield* Clock.currentTimeMillis)
      yield* trace.add({ group, tag, what: { _tag: "Paused", millis } })
    }
    if (state._tag === "Failed" && mode === "respawn") {
      yield* trace.add({ group, tag, what: { _tag: "GivenUp" } })
    }
  })

  return {
    ...board,
    setGroup: Effect.fnUntraced(function*(group, level, state, since) {
      // What was so before this board is neither news nor a successor of anything.
      if (since === undefined) {
        yield* trace.add({ group, what: { _tag: "Group", level, state } })
        yield* check({ group }, GroupState.successors, groups.get(group) ?? "CONFIGURED", state)
      }
      groups.set(group, state)
      yield* board.setGroup(group, level, state, since)
    }, Effect.uninterruptible),
    removeGroup: Effect.fnUntraced(function*(group) {
      yield* trace.add({ group, what: { _tag: "Forgotten" } })
      groups.delete(group)
      yield* board.removeGroup(group)
    }, Effect.uninterruptible),
    setProcess: Effect.fnUntraced(function*(entry, state, facts) {
      const { group, tag } = entry
      const key = `${group}/${tag}` as const
      if (pauses && entry.fiber === true) yield* showFiber(entry, state, facts?.lastEnd)
      if (pauses) yield* show(entry, state)
      // What is adopted begins as what it is.
      if (facts?.adopted !== true) {
        yield* check({ group, tag }, ProcessState.successors, processes.get(key) ?? "Down", state._tag)
      }
      processes.set(key, state._tag)
      yield* board.setProcess(entry, state, facts)
    }, Effect.uninterruptible),
    removeProcess: Effect.fnUntraced(function*(entry, end) {
      const { group, tag } = entry
      const key = `${group}/${tag}` as const
      if (pauses && entry.fiber === true) yield* showFiber(entry, undefined, end)
      yield* check({ group, tag }, ProcessState.successors, processes.get(key) ?? "Down", "Down")
      processes.delete(key)
      yield* board.removeProcess(entry, end)
    }, Effect.uninterruptible)
  }
}

/** Over a status board the traced one; of entries only what their processes do is written. */
export const over = Layer.effect(
  StatusBoard,
  Effect.gen(function*() {
    return traced(yield* StatusBoard, yield* Trace, { pauses: false })
  })
)

/** Over one with a history that is kept in memory only. */
export const layer: Layer.Layer<StatusBoard | History, never, Trace> = Layer.provideMerge(
  over,
  StatusBoard.layer
)
