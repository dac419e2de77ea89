import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withNode } from "./support/Node.ts"

const text = cltab("web:w:1:wait:w", "web:t:2:test:t", "web:x:3:wait:x")
const scripts = { w: { runs: "5 seconds" }, t: { runs: "2 seconds" }, x: { dies: "1 second" } } as const

it.effect("a tell is answered at once, its outcome comes when the group has settled", () =>
  withNode(
    text,
    scripts,
    Effect.fnUntraced(function*(node) {
      const outcome = yield* node.watch(yield* node.tell("web", "1"))
      assert.strictEqual(outcome(), undefined)
      yield* node.after("4 seconds")
      assert.strictEqual(outcome(), undefined)
      yield* node.after("1 second")
      assert.deepStrictEqual(outcome(), { state: "DONE", failed: [] })
    })
  ))

it.effect("another level supersedes the outcome that is awaited", () =>
  withNode(
    text,
    scripts,
    Effect.fnUntraced(function*(node) {
      const first = yield* node.watch(yield* node.tell("web", "1"))
      yield* node.after("1 second")
      const second = yield* node.watch(yield* node.tell("web", "2"))
      assert.strictEqual(first(), "web was told level 2 before it settled at level 1")
      yield* node.after("1 minute")
      assert.deepStrictEqual(second(), { state: "PASSED", failed: [] })
    })
  ))

it.effect("a level in between hears that it was superseded, though it never began", () =>
  withNode(
    text,
    scripts,
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "3")
      const second = yield* node.watch(yield* node.tell("web", "2"))
      const third = yield* node.watch(yield* node.tell("web", "1"))
      assert.strictEqual(second(), "web was told level 1 before it settled at level 2")
      yield* node.after("1 minute")
      assert.deepStrictEqual(third(), { state: "DONE", failed: [] })
    })
  ))

it.effect("the same level while it is awaited shares the outcome", () =>
  withNode(
    text,
    scripts,
    Effect.fnUntraced(function*(node) {
      const first = yield* node.watch(yield* node.tell("web", "1"))
      yield* node.after("1 second")
      const second = yield* node.watch(yield* node.tell("web", "1"))
      assert.deepStrictEqual([first(), second()], [undefined, undefined])
      yield* node.after("4 seconds")
      assert.deepStrictEqual([first(), second()], [{ state: "DONE", failed: [] }, {
        state: "DONE",
        failed: []
      }])
    })
  ))

it.effect("the same level after an edit shares the outcome too, and it is that of the edited level", () =>
  withNode(
    text,
    { ...scripts, u: { exits: 1, runs: "1 second" } },
    Effect.fnUntraced(function*(node) {
      const first = yield* node.watch(yield* node.tell("web", "1"))
      yield* node.after("1 second")
      node.cltab.write(cltab("web:w:1:wait:w", "web:u:1:test:u"))
      const second = yield* node.watch(yield* node.tell("web", "1"))
      yield* node.after("1 minute")
      const failed = { state: "FAILED", failed: [{ tag: "u", end: { _tag: "Exited", code: 1 } }] }
      assert.deepStrictEqual([first(), second()], [failed, failed])
    })
  ))

it.effect("an outcome that has come stays, whatever is told later", () =>
  withNode(
    text,
    scripts,
    Effect.fnUntraced(function*(node) {
      const told = yield* node.tell("web", "1")
      yield* node.after("1 minute")
      yield* node.tell("web", "2")
      assert.deepStrictEqual((yield* node.watch(told))(), { state: "DONE", failed: [] })
    })
  ))

it.effect("a halt ends the waiting of a level that has not settled", () =>
  withNode(
    text,
    scripts,
    Effect.fnUntraced(function*(node) {
      const first = yield* node.watch(yield* node.tell("web", "1"))
      yield* node.halt
      assert.strictEqual(first(), "web was halted before it settled at level 1")
    })
  ))

it.effect("a group that is deleted ends the waiting too", () =>
  withNode(
    text,
    scripts,
    Effect.fnUntraced(function*(node) {
      const first = yield* node.watch(yield* node.tell("web", "1"))
      node.cltab.write("")
      yield* node.reread
      assert.strictEqual(first(), "web was halted before it settled at level 1")
    })
  ))

it.effect("a client that stops waiting changes nothing", () =>
  withNode(
    text,
    scripts,
    Effect.fnUntraced(function*(node) {
      const told = yield* node.tell("web", "1")
      yield* Effect.forkChild(Effect.timeoutOption(told.settling, "1 second"), { startImmediately: true })
      assert.deepStrictEqual(yield* node.after("10 seconds"), [
        "0s web 1 STARTING",
        "0s w started",
        "5s w exited 0",
        "5s web 1 CHECKING",
        "5s web 1 DONE"
      ])
    })
  ))
