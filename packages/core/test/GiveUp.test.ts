import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withMachine, withNode } from "./support/Node.ts"

const settings = [":::respawn.hits:1", ":::respawn.pause:10s", ":::respawn.give-up:2"]
const quick = { runs: 0, exits: 1 } as const

/** So many runs of `r` that end at once, each of them at this time. */
const runs = (seconds: number, times: number) =>
  Array.from({ length: times }, () => [`${seconds}s r started`, `${seconds}s r exited 1`]).flat()

const failed = { state: "FAILED", failed: [{ tag: "r", end: { _tag: "Exited", code: 1 } }] }

describe("a respawn entry that is given up", () => {
  it.effect("is not started again, shows how it ended, and makes a level fail that was done", () =>
    withNode(
      cltab(...settings, "web:r:1:respawn:r"),
      { r: quick },
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(yield* node.after("1 hour"), [
          "0s web 1 STARTING",
          ...runs(0, 3),
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          ...runs(10, 2),
          "10s web 1 FAILED"
        ])
        assert.deepStrictEqual(outcome() as unknown, { state: "DONE", failed: [] })
        assert.deepStrictEqual(node.process("web", "r") as unknown, {
          tag: "r",
          mode: "respawn",
          state: { _tag: "Failed" },
          since: 10_000,
          restarts: 4,
          lastEnd: { _tag: "Exited", code: 1 }
        })
        assert.strictEqual(
          node.log().at(-1),
          "Error: web/r is given up, as it exited 1 time and again: clinit retry web/r starts it again"
        )
      })
    ))

  it.effect("before its level is reached makes that fail, and is the culprit", () =>
    withNode(
      cltab(...settings, "web:r:1:respawn:r", "web:w:1:wait:w"),
      { r: quick, w: { runs: "30 seconds" } },
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(
          (yield* node.after("1 hour")).filter((line) => !line.includes(" r ")),
          ["0s web 1 STARTING", "0s w started", "30s w exited 0", "30s web 1 CHECKING", "30s web 1 FAILED"]
        )
        assert.deepStrictEqual(outcome() as unknown, failed)
      })
    ))

  it.effect("stays as it is with a tell of a level that has it, which fails for it", () =>
    withNode(
      cltab(...settings, "web:r:12:respawn:r", "web:a:2:once:a"),
      { r: quick },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        for (const [level, more] of [["1", []], ["2", ["60s a started"]]] as const) {
          node.news()
          const outcome = yield* node.watch(yield* node.tell("web", level))
          assert.deepStrictEqual(yield* node.after(0), [
            `60s web ${level} STARTING`,
            ...more,
            `60s web ${level} CHECKING`,
            `60s web ${level} FAILED`
          ])
          assert.deepStrictEqual(outcome() as unknown, failed)
        }
      })
    ))

  it.effect("is forgotten when its level is left, and starts anew when it is told again", () =>
    withNode(
      cltab(...settings, "web:r:1:respawn:r"),
      { r: quick },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        node.news()
        yield* node.tell("web", "2")
        assert.deepStrictEqual(node.news(), ["60s web 2 STARTING", "60s web 2 CHECKING", "60s web 2 DONE"])
        yield* node.tell("web", "1")
        assert.deepStrictEqual((yield* node.after("1 hour")).filter((line) => line.includes(" r ")), [
          ...runs(60, 3),
          ...runs(70, 2)
        ])
      })
    ))

  it.effect("starts anew when it was changed", () =>
    withNode(
      cltab(...settings, "web:r:1:respawn:quick"),
      { quick },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        node.cltab.write(cltab(...settings, "web:r:1:respawn:steady"))
        node.news()
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 hour"), [
          "60s web 1 STARTING",
          "60s r started",
          "60s web 1 CHECKING",
          "60s web 1 DONE"
        ])
      })
    ))

  it.effect("stays given up when only its settings were changed", () =>
    withNode(
      cltab(...settings, "web:r:1:respawn:r"),
      { r: quick },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        node.cltab.write(cltab("web:r:1:respawn:r"))
        yield* node.tell("web", "1")
        yield* node.after("1 hour")
        assert.strictEqual(node.state("web"), "1 FAILED")
      })
    ))

  it.effect("is halted without a signal", () =>
    withNode(
      cltab(...settings, "web:r:1:respawn:r"),
      { r: quick },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        node.news()
        yield* node.halt
        assert.deepStrictEqual(node.news(), ["60s web 1 HALTING", "60s web 1 CONFIGURED"])
      })
    ))

  it.effect("can be one that was never started at all: refusals count, too", () =>
    withNode(
      cltab(":::respawn.give-up:4", "web:r:1:respawn:r"),
      { r: { refused: "EAGAIN" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 hour"), [
          "0s web 1 STARTING",
          "0s r refused",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          "1s r refused",
          "3s r refused",
          "7s r refused",
          "7s web 1 FAILED"
        ])
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        // Unlike a once entry that was refused, it was tried often enough.
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "3600s web 1 STARTING",
          "3600s web 1 CHECKING",
          "3600s web 1 FAILED"
        ])
        assert.deepStrictEqual(outcome() as unknown, {
          state: "FAILED",
          failed: [{ tag: "r", end: { _tag: "NotSpawned", reason: "EAGAIN" } }]
        })
      })
    ))

  it.effect("does not keep others from being given up: the level fails once", () =>
    withNode(
      cltab(...settings, "web:r:1:respawn:r", "web:s:1:respawn:s"),
      { r: quick, s: { runs: "100 millis", exits: 1 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 hour")
        assert.deepStrictEqual(
          node.trace.lines().filter((line) => line.endsWith("FAILED")),
          ["10s web 1 FAILED"]
        )
        assert.strictEqual(node.process("web", "s")?.state._tag, "Failed")
      })
    ))
})

it.effect("a lower limit counts for an entry that runs, from its next death on", () =>
  withNode(
    cltab(":::respawn.hits:1", ":::respawn.pause:10s", "web:r:1:respawn:r"),
    { r: quick },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("15 seconds")
      node.cltab.write(cltab(...settings, "web:r:1:respawn:r"))
      yield* node.tell("web", "1")
      node.news()
      assert.deepStrictEqual(yield* node.after("1 hour"), [...runs(20, 2), "20s web 1 FAILED"])
    })
  ))

it.effect("a daemon that comes after a killed one starts afresh what that had given up, and gives it up in its turn", () =>
  withMachine(
    cltab(...settings, "web:r:1:respawn:r"),
    { r: quick },
    Effect.fnUntraced(function*({ boot, crash, trace }) {
      const node = yield* boot()
      yield* node.tell("web", "1")
      yield* node.after("1 minute")
      yield* crash
      trace.news()
      const next = yield* boot()
      const lines = trace.news()
      assert.deepStrictEqual([...lines, ...yield* next.after("1 hour")], [
        "60s web 1 STARTING",
        ...runs(60, 3),
        "60s web 1 CHECKING",
        "60s web 1 DONE",
        ...runs(70, 2),
        "70s web 1 FAILED"
      ])
    })
  ))
