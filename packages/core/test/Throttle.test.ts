import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withNode } from "./support/Node.ts"
import type { Node } from "./support/Node.ts"

/** The trace of so many runs of `r` that end at once, each of them at this time. */
const runs = (seconds: number, times: number) =>
  Array.from({ length: times }, () => [`${seconds}s r started`, `${seconds}s r exited 1`]).flat()

const throttled = (node: Node) => node.log().filter((line) => line.includes("too rapidly"))

const quick = { runs: 0, exits: 1 } as const

it.effect("an entry that ends at once runs 7 times, then twice a minute, and says so", () =>
  withNode(
    cltab("web:r:1:respawn:r"),
    { r: quick },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      const trace = yield* node.after("3 minutes")
      assert.deepStrictEqual(trace.filter((line) => line.includes(" r ")), [
        ...runs(0, 7),
        ...runs(60, 2),
        ...runs(120, 2),
        ...runs(180, 2)
      ])
      assert.deepStrictEqual(trace.filter((line) => line.includes("web")), [
        "0s web 1 STARTING",
        "0s web 1 CHECKING",
        "0s web 1 DONE"
      ])
      assert.deepStrictEqual(
        throttled(node),
        Array.from({ length: 4 }, () => "Warn: r respawning too rapidly: sleeping 60 seconds")
      )
    })
  ))

it.effect("an entry that lives half a second is throttled after its seventh run", () =>
  withNode(
    cltab("web:r:1:respawn:r"),
    { r: { runs: "0.5 seconds" } },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      const starts = (yield* node.after("3 minutes")).filter((line) => line.endsWith("r started"))
      assert.deepStrictEqual(starts.map((line) => line.split(" ")[0]), [
        "0s",
        "0.5s",
        "1s",
        "1.5s",
        "2s",
        "2.5s",
        "3s",
        "63.5s",
        "64s",
        "124.5s",
        "125s"
      ])
    })
  ))

it.effect("an entry that lives longer than a second is never throttled", () =>
  withNode(
    cltab("web:r:1:respawn:r"),
    { r: { runs: "1.1 seconds", exits: 1 } },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      const starts = (yield* node.after("11 minutes")).filter((line) => line.endsWith("r started"))
      assert.strictEqual(starts.length, 601)
      assert.deepStrictEqual(throttled(node), [])
    })
  ))

it.effect("the status of a throttled entry tells when it will be tried again and how it ended", () =>
  withNode(
    cltab("web:r:1:respawn:r"),
    { r: quick },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("20 seconds")
      assert.deepStrictEqual(node.process("web", "r"), {
        tag: "r",
        mode: "respawn",
        state: {
          _tag: "Pausing",
          retryAt: 60_000,
          why: "it died 6 times, each within 1 s of the one before"
        },
        since: 0,
        restarts: 6,
        lastEnd: { _tag: "Exited", code: 1 }
      } as unknown)
    })
  ))

it.effect("a throttled entry holds up neither later entries nor a tell of the same level (D16)", () =>
  withNode(
    cltab("web:r:1:respawn:r", "web:w:1:wait:w", "web:b:1:once:b"),
    { r: quick, w: { runs: "5 seconds" } },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      assert.deepStrictEqual((yield* node.after("20 seconds")).filter((line) => !line.includes(" r ")), [
        "0s web 1 STARTING",
        "0s w started",
        "5s w exited 0",
        "5s b started",
        "5s web 1 CHECKING",
        "5s web 1 DONE"
      ])
      yield* node.tell("web", "1")
      assert.deepStrictEqual(node.news(), ["20s web 1 STARTING", "20s web 1 CHECKING", "20s web 1 DONE"])
    })
  ))

it.effect("a tell of the same level does not shorten the pause and does not reset the throttle", () =>
  withNode(
    cltab("web:r:1:respawn:r"),
    { r: quick },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("20 seconds")
      yield* node.tell("web", "1")
      assert.deepStrictEqual(yield* node.after("110 seconds"), [
        "20s web 1 STARTING",
        "20s web 1 CHECKING",
        "20s web 1 DONE",
        ...runs(60, 2),
        ...runs(120, 2)
      ])
    })
  ))

it.effect("a level change that keeps the entry does not shorten the pause either", () =>
  withNode(
    cltab("web:r:12:respawn:r"),
    { r: quick },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("20 seconds")
      yield* node.tell("web", "2")
      assert.deepStrictEqual(yield* node.after("50 seconds"), [
        "20s web 2 STARTING",
        "20s web 2 CHECKING",
        "20s web 2 DONE",
        ...runs(60, 2)
      ])
    })
  ))

it.effect("a throttled entry is stopped at once and without a signal, and its pause with it", () =>
  withNode(
    cltab("web:r:1:respawn:r", "web:b:2:once:b"),
    { r: quick },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("20 seconds")
      yield* node.tell("web", "2")
      assert.deepStrictEqual(yield* node.after("5 minutes"), [
        "20s web 2 STARTING",
        "20s b started",
        "20s web 2 CHECKING",
        "20s web 2 DONE"
      ])
    })
  ))

it.effect("a level change away and back resets the throttle", () =>
  withNode(
    cltab("web:r:1:respawn:r"),
    { r: quick },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("20 seconds")
      yield* node.tell("web", "2")
      node.news()
      yield* node.tell("web", "1")
      const trace = yield* node.after("70 seconds")
      assert.deepStrictEqual(trace.filter((line) => line.includes(" r ")), [...runs(20, 7), ...runs(80, 2)])
    })
  ))

it.effect("a changed entry starts with a fresh throttle", () =>
  withNode(
    cltab("web:r:1:respawn:r"),
    { r: quick, s: quick },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("20 seconds")
      node.cltab.write(cltab("web:r:1:respawn:s"))
      yield* node.tell("web", "1")
      const trace = yield* node.after("70 seconds")
      assert.deepStrictEqual(trace.filter((line) => line.includes(" r ")), [...runs(20, 7), ...runs(80, 2)])
    })
  ))

it.effect("a throttled entry of a shared level does not hold up the stop of the others", () =>
  withNode(
    cltab("web:r:12:respawn:r", "web:a:1:once:a", "web:b:2:once:b"),
    { r: quick },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("20 seconds")
      yield* node.tell("web", "2")
      assert.deepStrictEqual(yield* node.after("30 seconds"), [
        "20s web 1 STOPPING",
        "20s a SIGINT",
        "20s a died of SIGINT",
        "20s web 2 STARTING",
        "20s b started",
        "20s web 2 CHECKING",
        "20s web 2 DONE"
      ])
    })
  ))
