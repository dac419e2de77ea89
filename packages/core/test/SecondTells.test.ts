import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withNode } from "./support/Node.ts"

describe("while STARTING", () => {
  const text = cltab("web:a:12:once:a", "web:w:1:wait:w", "web:n:1:once:n", "web:b:2:once:b")

  it.effect("another level stops the entry under way; those not started yet never are", () =>
    withNode(
      text,
      { w: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("3 seconds")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines(), [
          "0s web 1 STARTING",
          "0s a started",
          "0s w started",
          "3s web 1 STOPPING",
          "3s w SIGINT",
          "5s w died of SIGINT",
          "5s web 2 STARTING",
          "5s b started",
          "5s web 2 CHECKING",
          "5s web 2 DONE"
        ])
      })
    ))

  it.effect("the same level lets the entry under way go on and the sequence continue behind it", () =>
    withNode(
      text,
      { w: { runs: "5 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("3 seconds")
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines(), [
          "0s web 1 STARTING",
          "0s a started",
          "0s w started",
          "3s web 1 STARTING",
          "5s w exited 0",
          "5s n started",
          "5s web 1 CHECKING",
          "5s web 1 DONE"
        ])
      })
    ))

  it.effect("another level that shares the entry under way waits for it", () =>
    withNode(
      cltab("web:w:12:wait:w", "web:n:1:once:n", "web:b:2:once:b"),
      { w: { runs: "5 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("3 seconds")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines(), [
          "0s web 1 STARTING",
          "0s w started",
          "3s web 2 STARTING",
          "5s w exited 0",
          "5s b started",
          "5s web 2 CHECKING",
          "5s web 2 DONE"
        ])
      })
    ))

  it.effect("a test that is stopped half-way is not taken for a failed one", () =>
    withNode(
      cltab("web:t:1:test:t", "web:u:2:test:u"),
      { u: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("3 seconds")
        const outcome = yield* node.watch(yield* node.tell("web", "2"))
        yield* node.after("1 minute")
        assert.deepStrictEqual(outcome(), { state: "PASSED", failed: [] })
      })
    ))
})

describe("while STOPPING", () => {
  const text = cltab(
    "web:a:1:once:a",
    "web:s:12:once:s",
    "web:b:2:once:b",
    "web:c:3:once:c"
  )
  const stubborn = { a: { ignores: ["SIGINT", "SIGTERM"] }, s: { dies: "3 seconds" } } as const

  it.effect("a third level replaces the target, and the one in between is never started (D41)", () =>
    withNode(
      text,
      { a: { dies: "4 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.news()
        yield* node.tell("web", "2")
        yield* node.after("1 second")
        yield* node.tell("web", "3")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines(), [
          "0s web 1 STARTING",
          "0s a started",
          "0s s started",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "11s web 1 STOPPING",
          "11s s SIGINT",
          "11s s died of SIGINT",
          "14s a died of SIGINT",
          "14s web 3 STARTING",
          "14s c started",
          "14s web 3 CHECKING",
          "14s web 3 DONE"
        ])
      })
    ))

  it.effect("a third level begins the stop of what it lacks too at once, and leaves the stops under way their times", () =>
    withNode(
      text,
      stubborn,
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        yield* node.after("3 seconds")
        yield* node.tell("web", "3")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines().slice(5), [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "13s web 1 STOPPING",
          "13s s SIGINT",
          "15s a SIGTERM",
          "16s s died of SIGINT",
          "25s a SIGKILL",
          "25s a died of SIGKILL",
          "25s web 3 STARTING",
          "25s c started",
          "25s web 3 CHECKING",
          "25s web 3 DONE"
        ])
      })
    ))

  it.effect("an entry whose stop began for the second level is stopped to the end and started again for the third", () =>
    withNode(
      cltab("web:a:1:once:a", "web:s:13:once:s", "web:b:2:once:b"),
      { a: { dies: "4 seconds" }, s: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "3")
        yield* node.after("1 second")
        yield* node.tell("web", "2")
        yield* node.after("1 second")
        yield* node.tell("web", "3")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines().slice(5), [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "11s web 1 STOPPING",
          "11s s SIGINT",
          "12s web 1 STOPPING",
          "13s s died of SIGINT",
          "14s a died of SIGINT",
          "14s web 3 STARTING",
          "14s s started",
          "14s web 3 CHECKING",
          "14s web 3 DONE"
        ])
      })
    ))

  it.effect("the same target again changes nothing", () =>
    withNode(
      text,
      stubborn,
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        yield* node.after("3 seconds")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines().slice(5), [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "13s web 1 STOPPING",
          "15s a SIGTERM",
          "25s a SIGKILL",
          "25s a died of SIGKILL",
          "25s web 2 STARTING",
          "25s b started",
          "25s web 2 CHECKING",
          "25s web 2 DONE"
        ])
      })
    ))

  it.effect("back to the old level finishes the stop, STARTING meanwhile, and then starts the entry again", () =>
    withNode(
      text,
      { a: [{ ignores: ["SIGINT"], dies: "1 second" }, {}] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        yield* node.after("2 seconds")
        yield* node.tell("web", "1")
        assert.strictEqual(node.state("web"), "1 STARTING")
        yield* node.after("5 minutes")
        assert.deepStrictEqual(node.trace.lines().slice(5), [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "12s web 1 STARTING",
          "15s a SIGTERM",
          "16s a died of SIGTERM",
          "16s web 1 STARTING",
          "16s a started",
          "16s web 1 CHECKING",
          "16s web 1 DONE"
        ])
      })
    ))

  it.effect("a stop that was finished for the old level leaves nothing behind that would hit the new run (D34)", () =>
    withNode(
      text,
      { a: [{ dies: "3 seconds" }, {}] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        yield* node.tell("web", "1")
        yield* node.after("4 seconds")
        node.news()
        assert.deepStrictEqual(yield* node.after("5 minutes"), [])
      })
    ))

  it.effect("of many tells at one moment the last wins, and nothing of the others is started (D41)", () =>
    withNode(
      cltab(...["1", "2", "3", "4", "5"].map((level) => `web:e${level}:${level}:once:x`)),
      { x: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        for (const level of ["2", "3", "1", "4", "5"]) yield* node.tell("web", level)
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines().filter((line) => / e\d /.test(line)), [
          "0s e1 started",
          "10s e1 SIGINT",
          "12s e1 died of SIGINT",
          "12s e5 started"
        ])
        assert.strictEqual(node.state("web"), "5 DONE")
      })
    ))
})
