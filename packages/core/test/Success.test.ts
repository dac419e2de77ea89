import * as ProcessState from "@clinit/core/ProcessState"
import type { Mode } from "@clinit/protocol/Names"
import type { RunEnd } from "@clinit/protocol/Status"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withMachine, withNode } from "./support/Node.ts"

const ends = {
  "0": { _tag: "Exited", code: 0 },
  "2": { _tag: "Exited", code: 2 },
  "5": { _tag: "Exited", code: 5 },
  signal: { _tag: "Signaled", signal: "SIGTERM" },
  unknown: { _tag: "Unknown" },
  refused: { _tag: "NotSpawned", reason: "EAGAIN" },
  late: { _tag: "TimedOut", millis: 1 }
} as const satisfies Record<string, RunEnd>

const some = [{ from: 0, to: 0 }, { from: 2, to: 4 }]

describe("what a run makes of an entry that is not run again", () => {
  for (
    const [mode, success, expected] of [
      ["wait", undefined, "0 Done, 2 Done, 5 Done, signal Done, unknown Done, refused Failed, late Failed"],
      ["wait", "any", "0 Done, 2 Done, 5 Done, signal Done, unknown Done, refused Failed, late Failed"],
      ["wait", some, "0 Done, 2 Done, 5 Failed, signal Failed, unknown Failed, refused Failed, late Failed"],
      [
        "test",
        undefined,
        "0 Passed, 2 Failed, 5 Failed, signal Failed, unknown Failed, refused Failed, late Failed"
      ],
      [
        "test",
        "any",
        "0 Passed, 2 Passed, 5 Passed, signal Failed, unknown Failed, refused Failed, late Failed"
      ],
      [
        "test",
        some,
        "0 Passed, 2 Passed, 5 Failed, signal Failed, unknown Failed, refused Failed, late Failed"
      ],
      ["once", some, "0 Done, 2 Done, 5 Done, signal Done, unknown Done, refused Failed, late Failed"]
    ] as ReadonlyArray<[Mode, "any" | typeof some | undefined, string]>
  ) {
    const said = success === undefined ? "" : success === "any" ? " with any" : " with 0,2-4"
    it(`${mode}${said}: ${expected}`, () => {
      const entry = success === undefined ? { mode } : { mode, settings: { success } }
      const table = Object.entries(ends).map(([name, end]) =>
        `${name} ${ProcessState.finished(entry, end)._tag}`
      )
      assert.strictEqual(table.join(", "), expected)
    })
  }
})

describe("a wait with success codes", () => {
  it.effect("that exits with another one fails its level and is the culprit; the next entry starts all the same", () =>
    withNode(
      cltab(":::web/w/success:0,2", "web:w:1:wait:w", "web:a:1:once:a"),
      { w: { runs: "2 seconds", exits: 3 } },
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 1 STARTING",
          "0s w started",
          "2s w exited 3",
          "2s a started",
          "2s web 1 CHECKING",
          "2s web 1 FAILED"
        ])
        assert.deepStrictEqual(outcome() as unknown, {
          state: "FAILED",
          failed: [{ tag: "w", end: { _tag: "Exited", code: 3 } }]
        })
      })
    ))

  it.effect("counts as the codes are when it ends, not as they were when it began", () =>
    withNode(
      cltab(":::web/success:0", "web:w:1:wait:w"),
      { w: { runs: "5 seconds", exits: 3 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 second")
        node.cltab.write(cltab(":::web/success:0,3", "web:w:1:wait:w"))
        yield* node.tell("web", "1")
        yield* node.after("5 seconds")
        assert.strictEqual(node.state("web"), "1 DONE")
      })
    ))

  it.effect("whose end nobody saw has failed, and is not run again by itself", () =>
    withMachine(
      cltab(":::success:0", "web:w:1:wait:w", "web:t:1:test:t"),
      { w: { runs: "5 seconds" }, t: { runs: 0 } },
      Effect.fnUntraced(function*({ boot, crash, trace }) {
        const node = yield* boot()
        yield* node.tell("web", "1")
        yield* node.after("1 second")
        yield* crash
        yield* node.after("10 seconds")
        trace.news()
        const next = yield* boot()
        assert.deepStrictEqual(yield* next.after("1 minute"), [
          "11s web 1 STARTING",
          "11s t started",
          "11s t exited 0",
          "11s web 1 CHECKING",
          "11s web 1 FAILED"
        ])
        assert.deepStrictEqual(next.process("web", "w")?.state as unknown, { _tag: "Failed" })
      })
    ))
})

it.effect("tests pass with the codes that they are told to pass with", () =>
  withNode(
    cltab(":::web/t/success:2-4", "web:t:1:test:t", "web:u:1:test:u"),
    { t: { runs: 0, exits: 3 }, u: { runs: 0 } },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("1 second")
      assert.strictEqual(node.state("web"), "1 PASSED")
    })
  ))
