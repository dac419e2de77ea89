import * as GroupState from "@clinit/core/GroupState"
import { ProcessState } from "@clinit/protocol/Status"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

const states = {
  starting: { _tag: "Starting" },
  running: { _tag: "Running", pid: 1 },
  pausing: { _tag: "Pausing", retryAt: 1 },
  stopping: { _tag: "Stopping", pid: 1, signal: "SIGINT" },
  done: { _tag: "Done" },
  passed: { _tag: "Passed" },
  failed: { _tag: "Failed" }
} as const

type Name = keyof typeof states

describe("what the processes of a level add up to", () => {
  const table: ReadonlyArray<readonly [ReadonlyArray<Name>, "DONE" | "PASSED" | "FAILED"]> = [
    [[], "DONE"],
    [["passed"], "PASSED"],
    [["passed", "passed"], "PASSED"],
    [["failed"], "FAILED"],
    [["passed", "failed"], "FAILED"],
    [["failed", "done"], "FAILED"],
    [["failed", "running"], "FAILED"],
    [["done"], "DONE"],
    [["running"], "DONE"],
    [["pausing"], "DONE"],
    [["starting"], "DONE"],
    [["stopping"], "DONE"],
    [["passed", "done"], "DONE"],
    [["passed", "running"], "DONE"],
    [["passed", "pausing"], "DONE"],
    [["done", "running", "pausing", "starting"], "DONE"]
  ]

  it.each(table)("%j is %s", (names, expected) => {
    assert.strictEqual(GroupState.outcome(names.map((name) => states[name])), expected)
  })
})

const Processes = Schema.Array(ProcessState)

it.prop(
  "any mix whatever has an outcome (D40), FAILED exactly if something failed",
  [Processes],
  ([processes]) => {
    const outcome = GroupState.outcome(processes)
    assert.include(["DONE", "PASSED", "FAILED"], outcome)
    assert.strictEqual(outcome === "FAILED", processes.some(({ _tag }) => _tag === "Failed"))
    assert.strictEqual(
      outcome === "PASSED",
      processes.length > 0 && processes.every(({ _tag }) => _tag === "Passed")
    )
  }
)

it.prop("the order of the processes makes no difference", [Processes], ([processes]) => {
  assert.strictEqual(GroupState.outcome(processes.toReversed()), GroupState.outcome(processes))
})

it("a group comes to rest only by way of CHECKING or HALTING, and what is done may yet fail", () => {
  const before = (state: "DONE" | "PASSED" | "FAILED" | "CONFIGURED") =>
    Object.entries(GroupState.successors).filter(([, next]) => next.includes(state)).map(([from]) => from)
  assert.deepStrictEqual(before("DONE"), ["CHECKING"])
  assert.deepStrictEqual(before("PASSED"), ["CHECKING"])
  assert.deepStrictEqual(before("FAILED"), ["CHECKING", "DONE"])
  assert.deepStrictEqual(before("CONFIGURED"), ["HALTING"])
})

it("a halt is possible from every state but CONFIGURED (D12)", () => {
  const states = Object.entries(GroupState.successors)
  assert.deepStrictEqual(states.filter(([, next]) => !next.includes("HALTING")).map(([from]) => from), [
    "CONFIGURED"
  ])
})
