import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import { cltab, withNode } from "./support/Node.ts"

describe("sequencing", () => {
  it.effect("a wait entry holds up the next until it has exited", () =>
    withNode(
      cltab("web:w:1:wait:w", "web:b:1:once:b"),
      { w: { runs: "3 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 1 STARTING",
          "0s w started",
          "3s w exited 0",
          "3s b started",
          "3s web 1 CHECKING",
          "3s web 1 DONE"
        ])
      })
    ))

  it.effect("a wait entry's exit status is ignored, by code or by signal", () =>
    withNode(
      cltab("web:w:1:wait:w", "web:v:1:wait:v", "web:b:1:once:b"),
      { w: { runs: "3 seconds", exits: 7 }, v: { runs: "1 second", dieOf: "SIGQUIT" } },
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 1 STARTING",
          "0s w started",
          "3s w exited 7",
          "3s v started",
          "4s v died of SIGQUIT",
          "4s b started",
          "4s web 1 CHECKING",
          "4s web 1 DONE"
        ])
        assert.deepStrictEqual(outcome(), { state: "DONE", failed: [] })
      })
    ))

  it.effect("once and respawn entries hold up the next only until they are forked", () =>
    withNode(
      cltab("web:a:1:once:a", "web:b:1:respawn:b", "web:c:1:once:c"),
      { a: { runs: "3 seconds", exits: 1 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 STARTING",
          "0s a started",
          "0s b started",
          "0s c started",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          "3s a exited 1"
        ])
      })
    ))

  it.effect("a test entry holds up the next until it has exited", () =>
    withNode(
      cltab("web:t:1:test:t", "web:b:1:once:b"),
      { t: { runs: "3 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 1 STARTING",
          "0s t started",
          "3s t exited 0",
          "3s b started",
          "3s web 1 CHECKING",
          "3s web 1 DONE"
        ])
      })
    ))

  it.effect("a failing test does not stop the sequence and makes the group FAILED", () =>
    withNode(
      cltab("web:t:1:test:t", "web:w:1:wait:w", "web:b:1:once:b"),
      { t: { runs: "3 seconds", exits: 2 }, w: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 1 STARTING",
          "0s t started",
          "3s t exited 2",
          "3s w started",
          "4s w exited 0",
          "4s b started",
          "4s web 1 CHECKING",
          "4s web 1 FAILED"
        ])
        assert.deepStrictEqual(outcome(), {
          state: "FAILED",
          failed: [{ tag: "t", end: { _tag: "Exited", code: 2 } }]
        })
      })
    ))

  it.effect("entries start in file order, whatever lines of other groups are in between", () =>
    withNode(
      cltab(
        "web:c:1:once:c",
        "db:x:1:once:x",
        "",
        "# web:no:1:once:no",
        "web:a:12:wait:a",
        "db:y:1:once:y",
        "web:b:1:once:b"
      ),
      { a: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 1 STARTING",
          "0s c started",
          "0s a started",
          "1s a exited 0",
          "1s b started",
          "1s web 1 CHECKING",
          "1s web 1 DONE"
        ])
      })
    ))

  it.effect("an entry that is off is skipped and holds up nothing (D5)", () =>
    withNode(
      cltab("web:o:1:off:o", "web:b:1:once:b", "web:p:1:off:p"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 STARTING",
          "0s b started",
          "0s web 1 CHECKING",
          "0s web 1 DONE"
        ])
      })
    ))

  it.effect("200 entries start in file order at once and are stopped together (D39)", () => {
    const tags = Array.from({ length: 200 }, (_, index) => `e${index}`)
    return withNode(
      cltab(...tags.map((tag) => `web:${tag}:1:respawn:x`)),
      { x: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 STARTING",
          ...tags.map((tag) => `0s ${tag} started`),
          "0s web 1 CHECKING",
          "0s web 1 DONE"
        ])
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "60s web 1 STOPPING",
          ...tags.map((tag) => `60s ${tag} SIGINT`),
          ...tags.map((tag) => `62s ${tag} died of SIGINT`),
          "62s web 2 STARTING",
          "62s web 2 CHECKING",
          "62s web 2 DONE"
        ])
      })
    )
  })
})

describe("outcome", () => {
  it.effect("a level of passed tests only is PASSED", () =>
    withNode(
      cltab("web:t:1:test:t", "web:u:1:test:u"),
      { t: { runs: "1 second" }, u: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 1 STARTING",
          "0s t started",
          "1s t exited 0",
          "1s u started",
          "2s u exited 0",
          "2s web 1 CHECKING",
          "2s web 1 PASSED"
        ])
        assert.deepStrictEqual(outcome(), { state: "PASSED", failed: [] })
      })
    ))

  it.effect("a passed test beside anything else is DONE", () =>
    withNode(
      cltab("web:t:123:test:t", "web:a:1:once:a", "web:b:2:respawn:b", "web:w:3:wait:w"),
      { t: { runs: "1 second" }, w: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        for (const level of ["1", "2", "3"]) {
          yield* node.tell("web", level)
          yield* node.after("10 seconds")
          assert.strictEqual(node.state("web"), `${level} DONE`)
        }
      })
    ))

  it.effect("a test that dies of a signal has failed", () =>
    withNode(
      cltab("web:t:1:test:t"),
      { t: { runs: "1 second", dieOf: "SIGTERM" } },
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        yield* node.after("10 seconds")
        assert.deepStrictEqual(outcome(), {
          state: "FAILED",
          failed: [{ tag: "t", end: { _tag: "Signaled", signal: "SIGTERM" } }]
        })
      })
    ))

  it.effect("every failed test is named, in file order", () =>
    withNode(
      cltab("web:t:1:test:bad", "web:u:1:test:good", "web:v:1:test:bad"),
      { bad: { runs: "1 second", exits: 1 }, good: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        yield* node.after("10 seconds")
        assert.deepStrictEqual(outcome(), {
          state: "FAILED",
          failed: [
            { tag: "t", end: { _tag: "Exited", code: 1 } },
            { tag: "v", end: { _tag: "Exited", code: 1 } }
          ]
        })
      })
    ))

  it.effect("a level nobody has is DONE", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "99")
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 99 STARTING",
          "0s web 99 CHECKING",
          "0s web 99 DONE"
        ])
      })
    ))

  it.effect("a level that has nothing but off entries is DONE (D40)", () =>
    withNode(
      cltab("web:a:1:off:a"),
      {},
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(outcome(), { state: "DONE", failed: [] })
      })
    ))
})

describe("after the start", () => {
  it.effect("a respawn entry is started again whenever it ends, others are not", () =>
    withNode(
      cltab("web:a:1:once:x", "web:w:1:wait:x", "web:t:1:test:x", "web:r:1:respawn:x"),
      { x: { runs: "10 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("45 seconds"), [
          "0s web 1 STARTING",
          "0s a started",
          "0s w started",
          "10s a exited 0",
          "10s w exited 0",
          "10s t started",
          "20s t exited 0",
          "20s r started",
          "20s web 1 CHECKING",
          "20s web 1 DONE",
          "30s r exited 0",
          "30s r started",
          "40s r exited 0",
          "40s r started"
        ])
      })
    ))

  it.effect("a respawn entry that ends by itself is never shown as stopping", () =>
    withNode(
      cltab("web:r:1:respawn:r"),
      { r: { runs: "10 seconds" } },
      Effect.fnUntraced(function*(node) {
        const changes = yield* node.changes
        yield* node.tell("web", "1")
        yield* node.after("15 seconds")
        const states = (yield* PubSub.takeAll(changes)).flatMap((change) =>
          change._tag === "Process" ? [change.state?._tag] : []
        )
        assert.deepStrictEqual(states, ["Starting", "Running", "Starting", "Running"])
      })
    ))

  it.effect("a respawn entry's next run waits until nothing of the one before is left, and stops it (D23)", () =>
    withNode(
      cltab("web:r:1:respawn:r"),
      { r: [{ runs: "10 seconds", survivors: "7 seconds" }, {}] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 STARTING",
          "0s r started",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          "10s r exited 0",
          "10s r SIGINT",
          "15s r SIGTERM",
          "17s r started"
        ])
      })
    ))

  it.effect("a respawn entry that is left while it clears up after itself finishes that and is not started again", () =>
    withNode(
      cltab("web:r:1:respawn:r", "web:b:2:once:b"),
      { r: { runs: "10 seconds", survivors: "7 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("12 seconds")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines().slice(4), [
          "10s r exited 0",
          "10s r SIGINT",
          "12s web 1 STOPPING",
          "15s r SIGTERM",
          "17s web 2 STARTING",
          "17s b started",
          "17s web 2 CHECKING",
          "17s web 2 DONE"
        ])
      })
    ))

  for (const mode of ["once", "wait", "test"]) {
    it.effect(`what a ${mode} entry leaves behind when it ends by itself is not touched, now or later`, () =>
      withNode(
        cltab(`web:a:1:${mode}:a`),
        { a: { runs: "1 second", survivors: "1 hour" } },
        Effect.fnUntraced(function*(node) {
          yield* node.tell("web", "1")
          yield* node.after("10 seconds")
          yield* node.tell("web", "2")
          yield* node.after("10 seconds")
          assert.deepStrictEqual(node.trace.lines().filter((line) => line.includes(" a ")), [
            "0s a started",
            "1s a exited 0"
          ])
        })
      ))
  }

  it.effect("the group's state stays whatever becomes of its respawn entries later", () =>
    withNode(
      cltab("web:t:1:test:t", "web:r:1:respawn:r"),
      { t: { runs: "1 second", exits: 1 }, r: [{ runs: "10 seconds" }, { runs: "0.1 seconds", exits: 1 }] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("5 seconds")
        assert.strictEqual(node.state("web"), "1 FAILED")
        const groupLines = (yield* node.after("5 minutes")).filter((line) => line.includes("web"))
        assert.deepStrictEqual(groupLines, [])
        assert.strictEqual(node.state("web"), "1 FAILED")
      })
    ))
})

describe("an entry that cannot be spawned", () => {
  for (const mode of ["once", "wait", "test"]) {
    it.effect(`makes the group FAILED and holds up nothing if it is a ${mode} entry`, () =>
      withNode(
        cltab(`web:x:1:${mode}:x`, "web:b:1:once:b"),
        { x: { refused: "out of processes" } },
        Effect.fnUntraced(function*(node) {
          const outcome = yield* node.watch(yield* node.tell("web", "1"))
          assert.deepStrictEqual(yield* node.after("5 minutes"), [
            "0s web 1 STARTING",
            "0s x refused",
            "0s b started",
            "0s web 1 CHECKING",
            "0s web 1 FAILED"
          ])
          assert.deepStrictEqual(outcome(), {
            state: "FAILED",
            failed: [{ tag: "x", end: { _tag: "NotSpawned", reason: "out of processes" } }]
          })
          assert.deepStrictEqual(node.process("web", "x")?.state, { _tag: "Failed" })
          assert.deepStrictEqual(node.log(), ["Error: web/x could not be started: out of processes"])
        })
      ))
  }

  it.effect("is tried again, with pauses that double, if it is a respawn entry, and holds up nothing (D40)", () =>
    withNode(
      cltab("web:x:1:respawn:x", "web:b:1:once:b"),
      { x: { refused: "out of processes" } },
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(yield* node.after("200 seconds"), [
          "0s web 1 STARTING",
          "0s x refused",
          "0s b started",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          ...[1, 3, 7, 15, 31, 63, 123, 183].map((time) => `${time}s x refused`)
        ])
        assert.include(node.log(), "Warn: x is refused: sleeping 32 seconds")
        assert.deepStrictEqual(outcome(), { state: "DONE", failed: [] })
      })
    ))

  it.effect("runs when the operating system lets it, if it is a respawn entry, and its next refusal is the first", () =>
    withNode(
      cltab("web:x:1:respawn:x"),
      {
        x: [
          { refused: "out of processes" },
          { refused: "out of processes" },
          { runs: "10 seconds" },
          { refused: "out of processes" },
          {}
        ]
      },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual((yield* node.after("5 minutes")).filter((line) => line.includes("x ")), [
          "0s x refused",
          "1s x refused",
          "3s x started",
          "13s x exited 0",
          "13s x refused",
          "14s x started"
        ])
        assert.deepStrictEqual(node.process("web", "x")?.lastEnd, {
          _tag: "NotSpawned",
          reason: "out of processes"
        })
      })
    ))

  it.effect("is tried again by the next tell of a level that it has, unlike an entry that has failed", () =>
    withNode(
      cltab("web:x:12:once:x", "web:t:12:test:t", "web:b:1:once:b"),
      { x: [{ refused: "out of processes" }, {}], t: { runs: "1 second", exits: 1 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.news()
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "10s web 1 STARTING",
          "10s x started",
          "10s web 1 CHECKING",
          "10s web 1 FAILED"
        ])
        assert.deepStrictEqual(outcome(), {
          state: "FAILED",
          failed: [{ tag: "t", end: { _tag: "Exited", code: 1 } }]
        })
      })
    ))

  it.effect("can be left like any other entry", () =>
    withNode(
      cltab("web:x:1:respawn:x", "web:y:1:once:x", "web:b:2:once:b"),
      { x: { refused: "out of processes" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("5 minutes"), [
          "10s web 2 STARTING",
          "10s b started",
          "10s web 2 CHECKING",
          "10s web 2 DONE"
        ])
      })
    ))
})

it.effect("the end of a respawn entry is told when it happens, not when what it left is gone", () =>
  withNode(
    cltab("web:r:1:respawn:r"),
    { r: { runs: "1 second", exits: 7, survivors: "12 seconds" } },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("2 seconds")
      assert.deepStrictEqual(node.log(), ["Warn: web/r exited 7"])
      assert.deepStrictEqual(node.process("web", "r")?.lastEnd, { _tag: "Exited", code: 7 })
      yield* node.tell("web", "2")
      yield* node.after("1 minute")
      assert.deepStrictEqual(node.log(), ["Warn: web/r exited 7"])
    })
  ))

it.effect("every end is warned of in the log, except a success of an entry that is not run again", () =>
  withNode(
    cltab("web:w:1:wait:w", "web:t:1:test:t", "web:o:1:once:o", "web:r:1:respawn:r"),
    { w: { runs: 0 }, t: { runs: 0, exits: 3 }, o: { runs: "1 second" }, r: [{ runs: "2 seconds" }, {}] },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("1 minute")
      assert.deepStrictEqual(node.log(), [
        "Warn: web/t exited 3",
        "Warn: web/r exited 0"
      ])
    })
  ))
