import type { GroupName, Tag } from "@clinit/protocol/Names"
import type { GroupState as GroupStateName } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as GroupState from "../GroupState.ts"
import type { History } from "../History.ts"
import * as ProcessState from "../ProcessState.ts"
import { StatusBoard } from "../StatusBoard.ts"
import { Trace } from "./Trace.ts"

/**
 * Over a status board the same one that also writes each group state to the trace (`0s web 3 STARTING`) and dies of a change that the
 * tables of legal successors do not have.
 */
export const over = Layer.effect(
  StatusBoard,
  Effect.gen(function*() {
    const board = yield* StatusBoard
    const trace = yield* Trace
    const groups = new Map<GroupName, GroupStateName>()
    const processes = new Map<`${GroupName}/${Tag}`, ProcessState.Step>()

    const check = <S extends string>(
      who: string,
      successors: Readonly<Record<S, ReadonlyArray<S>>>,
      from: S,
      to: S
    ) =>
      successors[from].includes(to) ?
        Effect.void :
        Effect.andThen(trace.add(`${who} ILLEGAL ${from} -> ${to}`), Effect.die(`${who}: ${from} -> ${to}`))

    return {
      ...board,
      setGroup: Effect.fnUntraced(function*(group, level, state, since) {
        // What was so before this board is neither news nor a successor of anything.
        if (since === undefined) {
          yield* trace.add(`${group} ${level} ${state}`)
          yield* check(group, GroupState.successors, groups.get(group) ?? "CONFIGURED", state)
        }
        groups.set(group, state)
        yield* board.setGroup(group, level, state, since)
      }, Effect.uninterruptible),
      removeGroup: Effect.fnUntraced(function*(group) {
        yield* trace.add(`${group} forgotten`)
        groups.delete(group)
        yield* board.removeGroup(group)
      }, Effect.uninterruptible),
      setProcess: Effect.fnUntraced(function*(entry, state, facts) {
        const key = `${entry.group}/${entry.tag}` as const
        // What is adopted begins as what it is.
        if (facts?.adopted !== true) {
          yield* check(key, ProcessState.successors, processes.get(key) ?? "Down", state._tag)
        }
        processes.set(key, state._tag)
        yield* board.setProcess(entry, state, facts)
      }, Effect.uninterruptible),
      removeProcess: Effect.fnUntraced(function*(entry, end) {
        const key = `${entry.group}/${entry.tag}` as const
        yield* check(key, ProcessState.successors, processes.get(key) ?? "Down", "Down")
        processes.delete(key)
        yield* board.removeProcess(entry, end)
      }, Effect.uninterruptible)
    }
  })
)

/** Over one with a history that is kept in memory only. */
export const layer: Layer.Layer<StatusBoard | History, never, Trace> = Layer.provideMerge(
  over,
  StatusBoard.layer
)
