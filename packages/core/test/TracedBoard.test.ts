import * as Cltab from "@clinit/core/Cltab"
import { StatusBoard } from "@clinit/core/StatusBoard"
import { Trace } from "@clinit/core/testing/Trace"
import * as TracedBoard from "@clinit/core/testing/TracedBoard"
import { GroupName, Level } from "@clinit/protocol/Names"
import type { GroupState, ProcessState } from "@clinit/protocol/Status"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"

// Every other test relies on this check: here it has to bite.

const [entry] = Cltab.parse("web:a:1:respawn:a").entries as [Cltab.Entry]

/** What the trace says when a group goes through these states. */
const group = (...states: ReadonlyArray<GroupState>) =>
  Effect.gen(function*() {
    const board = yield* StatusBoard
    for (const state of states) {
      const exit = yield* Effect.exit(board.setGroup(GroupName.make("web"), Level.make("1"), state))
      if (Exit.isFailure(exit)) break
    }
    return (yield* Trace).lines()
  }).pipe(Effect.provide(TracedBoard.layer.pipe(Layer.provideMerge(Trace.layer))))

/** What the trace says when an entry goes through these states. */
const process = (...states: ReadonlyArray<ProcessState["_tag"] | "Down">) =>
  Effect.gen(function*() {
    const board = yield* StatusBoard
    for (const state of states) {
      const exit = yield* Effect.exit(
        state === "Down"
          ? board.removeProcess(entry)
          : board.setProcess(entry, { _tag: state } as ProcessState)
      )
      if (Exit.isFailure(exit)) break
    }
    return (yield* Trace).lines()
  }).pipe(Effect.provide(TracedBoard.layer.pipe(Layer.provideMerge(Trace.layer))))

describe("a group's states", () => {
  it.effect("pass when each is a successor of the one before", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* group("STARTING", "CHECKING", "DONE", "STOPPING", "STARTING"), [
        "0s web 1 STARTING",
        "0s web 1 CHECKING",
        "0s web 1 DONE",
        "0s web 1 STOPPING",
        "0s web 1 STARTING"
      ])
    }))

  it.effect("are caught when one is no successor of the one before", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* group("STARTING", "DONE"), [
        "0s web 1 STARTING",
        "0s web 1 DONE",
        "0s web ILLEGAL STARTING -> DONE"
      ])
    }))

  it.effect("are caught when the first is none that a group begins with", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* group("CHECKING"), [
        "0s web 1 CHECKING",
        "0s web ILLEGAL CONFIGURED -> CHECKING"
      ])
    }))
})

describe("an entry's states", () => {
  it.effect("pass when each is a successor of the one before", () =>
    Effect.gen(function*() {
      const states = [
        "Starting",
        "Running",
        "Pausing",
        "Starting",
        "Running",
        "Stopping",
        "Down",
        "Starting"
      ] as const
      assert.deepStrictEqual(yield* process(...states), [])
    }))

  it.effect("are caught when one is no successor of the one before", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* process("Starting", "Running", "Stopping", "Running"), [
        "0s web/a ILLEGAL Stopping -> Running"
      ])
      assert.deepStrictEqual(yield* process("Starting", "Down", "Running"), [
        "0s web/a ILLEGAL Down -> Running"
      ])
      assert.deepStrictEqual(yield* process("Down"), ["0s web/a ILLEGAL Down -> Down"])
    }))
})
