import type { Script } from "@clinit/core/testing/ScriptedSpawner"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withNode } from "./support/Node.ts"

/** What happens from the moment when the level of a running entry that behaves like this is left. */
const leaving = (script: Script) =>
  Effect.gen(function*() {
    let trace: ReadonlyArray<string> = []
    yield* withNode(
      cltab("web:a:1:once:a", "web:b:2:once:b"),
      { a: script },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        trace = yield* node.after("5 minutes")
      })
    )
    return trace
  })

describe("an entry that is stopped", () => {
  it.effect("gets INT first, and nothing else if it dies of that", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* leaving({}), [
        "10s web 1 STOPPING",
        "10s a SIGINT",
        "10s a died of SIGINT",
        "10s web 2 STARTING",
        "10s b started",
        "10s web 2 CHECKING",
        "10s web 2 DONE"
      ])
    }))

  it.effect("gets TERM 5 s later if it is still there", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* leaving({ dies: "6 seconds", ignores: ["SIGINT"] }), [
        "10s web 1 STOPPING",
        "10s a SIGINT",
        "15s a SIGTERM",
        "21s a died of SIGTERM",
        "21s web 2 STARTING",
        "21s b started",
        "21s web 2 CHECKING",
        "21s web 2 DONE"
      ])
    }))

  it.effect("gets KILL 10 s after that", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* leaving({ ignores: ["SIGINT", "SIGTERM"] }), [
        "10s web 1 STOPPING",
        "10s a SIGINT",
        "15s a SIGTERM",
        "25s a SIGKILL",
        "25s a died of SIGKILL",
        "25s web 2 STARTING",
        "25s b started",
        "25s web 2 CHECKING",
        "25s web 2 DONE"
      ])
    }))

  it.effect("that hangs in the kernel gets KILL again after 15, 20, 25 s and is never called down before it is", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* leaving({ ignores: ["SIGINT", "SIGTERM", "SIGKILL"], runs: "90 seconds" }),
        [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "15s a SIGTERM",
          "25s a SIGKILL",
          "40s a SIGKILL",
          "60s a SIGKILL",
          "85s a SIGKILL",
          "90s a exited 0",
          "90s web 2 STARTING",
          "90s b started",
          "90s web 2 CHECKING",
          "90s web 2 DONE"
        ]
      )
    }))

  it.effect("may end by itself meanwhile", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* leaving({ ignores: ["SIGINT"], runs: "12 seconds", exits: 3 }), [
        "10s web 1 STOPPING",
        "10s a SIGINT",
        "12s a exited 3",
        "12s web 2 STARTING",
        "12s b started",
        "12s web 2 CHECKING",
        "12s web 2 DONE"
      ])
    }))

  it.effect("is down when its process group is, not when its leader is: the others get the rest (D23)", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* leaving({ survivors: "7 seconds" }), [
        "10s web 1 STOPPING",
        "10s a SIGINT",
        "10s a died of SIGINT",
        "15s a SIGTERM",
        "17s web 2 STARTING",
        "17s b started",
        "17s web 2 CHECKING",
        "17s web 2 DONE"
      ])
    }))

  it.effect("shows which signal it was sent and since when", () =>
    withNode(
      cltab("web:a:1:once:a"),
      { a: { ignores: ["SIGINT", "SIGTERM"] } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        const pid = node.pid("web", "a")
        yield* node.tell("web", "2")
        yield* node.after("7 seconds")
        const status = node.process("web", "a")
        assert.deepStrictEqual(status?.state, {
          _tag: "Stopping",
          pid: pid!,
          signal: "SIGTERM",
          next: "SIGKILL",
          nextAt: 25_000
        })
        assert.strictEqual(status?.since, 15_000)
      })
    ))
})

describe("stops do not hurry one another (D21)", () => {
  const stubborn = { ignores: ["SIGINT", "SIGTERM"] } as const

  it.effect("when siblings die one after another", () =>
    withNode(
      cltab("web:a:1:once:a", "web:b:1:once:b", "web:c:1:once:c"),
      { a: stubborn, b: { dies: "1 second" }, c: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "10s b SIGINT",
          "10s c SIGINT",
          "11s b died of SIGINT",
          "12s c died of SIGINT",
          "15s a SIGTERM",
          "25s a SIGKILL",
          "25s a died of SIGKILL",
          "25s web 2 STARTING",
          "25s web 2 CHECKING",
          "25s web 2 DONE"
        ])
      })
    ))

  it.effect("when they are of two groups and began at different times", () =>
    withNode(
      cltab("web:a:1:once:x", "db:b:1:once:x"),
      { x: stubborn },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("db", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        yield* node.after("3 seconds")
        node.news()
        yield* node.tell("db", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "13s db 1 STOPPING",
          "13s b SIGINT",
          "15s a SIGTERM",
          "18s b SIGTERM",
          "25s a SIGKILL",
          "25s a died of SIGKILL",
          "25s web 2 STARTING",
          "25s web 2 CHECKING",
          "25s web 2 DONE",
          "28s b SIGKILL",
          "28s b died of SIGKILL",
          "28s db 2 STARTING",
          "28s db 2 CHECKING",
          "28s db 2 DONE"
        ])
      })
    ))

  it.effect("when a respawn entry of another group dies all the time", () =>
    withNode(
      cltab("web:a:1:once:a", "db:r:1:respawn:r"),
      { a: stubborn, r: { runs: "1.5 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("db", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        assert.deepStrictEqual((yield* node.after("1 minute")).filter((line) => / (a|web) /.test(line)), [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "15s a SIGTERM",
          "25s a SIGKILL",
          "25s a died of SIGKILL",
          "25s web 2 STARTING",
          "25s web 2 CHECKING",
          "25s web 2 DONE"
        ])
      })
    ))
})

it.effect("a respawn entry that is stopped is not started again", () =>
  withNode(
    cltab("web:r:1:respawn:r"),
    { r: { dies: "1 second" } },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("10 seconds")
      yield* node.tell("web", "2")
      assert.deepStrictEqual(yield* node.after("5 minutes"), [
        "10s web 1 STOPPING",
        "10s r SIGINT",
        "11s r died of SIGINT",
        "11s web 2 STARTING",
        "11s web 2 CHECKING",
        "11s web 2 DONE"
      ])
    })
  ))
