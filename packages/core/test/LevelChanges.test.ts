import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withNode } from "./support/Node.ts"

describe("a first tell", () => {
  it.effect("shows the group, which had no level before, and starts at once", () =>
    withNode(
      cltab("web:a:1:once:a", "web:w:1:wait:w"),
      {},
      Effect.fnUntraced(function*(node) {
        assert.strictEqual(node.state("web"), undefined)
        yield* node.tell("web", "1")
        assert.deepStrictEqual(node.news(), ["0s web 1 STARTING", "0s a started", "0s w started"])
        assert.strictEqual(node.state("web"), "1 STARTING")
      })
    ))

  it.effect("of one group leaves the others alone", () =>
    withNode(
      cltab("web:a:1:once:a", "db:b:1:once:b"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        assert.strictEqual(node.state("web"), "1 DONE")
        assert.strictEqual(node.state("db"), undefined)
      })
    ))
})

describe("the same level again", () => {
  it.effect("touches nothing that runs and reruns nothing that has finished", () =>
    withNode(
      cltab("web:r:1:respawn:r", "web:o:1:once:o", "web:w:1:wait:w", "web:t:1:test:t", "web:u:1:test:u"),
      { w: { runs: "1 second" }, t: { runs: "1 second" }, u: { runs: "1 second", exits: 1 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        const pids = [node.pid("web", "r"), node.pid("web", "o")]
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "60s web 1 STARTING",
          "60s web 1 CHECKING",
          "60s web 1 FAILED"
        ])
        assert.deepStrictEqual([node.pid("web", "r"), node.pid("web", "o")], pids)
        assert.deepStrictEqual(outcome(), {
          state: "FAILED",
          failed: [{ tag: "u", end: { _tag: "Exited", code: 1 } }]
        })
      })
    ))

  it.effect("is PASSED again without a test being run again", () =>
    withNode(
      cltab("web:t:1:test:t"),
      { t: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "60s web 1 STARTING",
          "60s web 1 CHECKING",
          "60s web 1 PASSED"
        ])
      })
    ))
})

describe("another level", () => {
  for (const level of ["99", "off", ":::SHUTDOWN:::", "."]) {
    it.effect(`that nobody has, ${level}, stops everything and is DONE (D19)`, () =>
      withNode(
        cltab("web:a:1:once:a", "web:b:1:respawn:b"),
        { a: { dies: "1 second" } },
        Effect.fnUntraced(function*(node) {
          yield* node.tell("web", "1")
          yield* node.after("10 seconds")
          yield* node.tell("web", level)
          assert.deepStrictEqual(yield* node.after("1 minute"), [
            "10s web 1 STOPPING",
            "10s a SIGINT",
            "10s b SIGINT",
            "10s b died of SIGINT",
            "11s a died of SIGINT",
            `11s web ${level} STARTING`,
            `11s web ${level} CHECKING`,
            `11s web ${level} DONE`
          ])
        })
      ))
  }

  it.effect("may be 0, which is a level like any other (D1)", () =>
    withNode(
      cltab("web:a:0:once:a", "web:b:1:once:b"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "0")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 1 STOPPING",
          "10s b SIGINT",
          "10s b died of SIGINT",
          "10s web 0 STARTING",
          "10s a started",
          "10s web 0 CHECKING",
          "10s web 0 DONE"
        ])
      })
    ))

  it.effect("keeps shared running entries with their pids", () =>
    withNode(
      cltab("web:o:12:once:o", "web:r:1,2:respawn:r", "web:x:1:once:x"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const pids = [node.pid("web", "o"), node.pid("web", "r")]
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 1 STOPPING",
          "10s x SIGINT",
          "10s x died of SIGINT",
          "10s web 2 STARTING",
          "10s web 2 CHECKING",
          "10s web 2 DONE"
        ])
        assert.deepStrictEqual([node.pid("web", "o"), node.pid("web", "r")], pids)
      })
    ))

  it.effect("does not rerun shared entries that have finished, not even failed tests", () =>
    withNode(
      cltab("web:o:12:once:x", "web:w:12:wait:x", "web:t:12:test:x", "web:u:12:test:bad", "web:n:2:once:n"),
      { x: { runs: "1 second" }, bad: { runs: "1 second", exits: 1 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        const outcome = yield* node.watch(yield* node.tell("web", "2"))
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 2 STARTING",
          "10s n started",
          "10s web 2 CHECKING",
          "10s web 2 FAILED"
        ])
        assert.deepStrictEqual(outcome(), {
          state: "FAILED",
          failed: [{ tag: "u", end: { _tag: "Exited", code: 1 } }]
        })
      })
    ))

  it.effect("forgets entries of the old level only: they start afresh when the level comes back", () =>
    withNode(
      cltab("web:t:1:test:t", "web:w:1:wait:w", "web:o:1:once:o", "web:b:2:once:b"),
      { t: [{ runs: "1 second", exits: 1 }, { runs: "1 second" }], w: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        yield* node.after("10 seconds")
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        assert.deepStrictEqual(node.trace.lines(), [
          "0s web 1 STARTING",
          "0s t started",
          "1s t exited 1",
          "1s w started",
          "2s w exited 0",
          "2s o started",
          "2s web 1 CHECKING",
          "2s web 1 FAILED",
          "10s web 1 STOPPING",
          "10s o SIGINT",
          "10s o died of SIGINT",
          "10s web 2 STARTING",
          "10s b started",
          "10s web 2 CHECKING",
          "10s web 2 DONE",
          "20s web 2 STOPPING",
          "20s b SIGINT",
          "20s b died of SIGINT",
          "20s web 1 STARTING",
          "20s t started",
          "21s t exited 0",
          "21s w started",
          "22s w exited 0",
          "22s o started",
          "22s web 1 CHECKING",
          "22s web 1 DONE"
        ])
      })
    ))

  it.effect("stops what leaves together and starts nothing before the last of it is down", () =>
    withNode(
      cltab(
        "web:slow:1:once:slow",
        "web:fast:1:once:fast",
        "web:late:1:respawn:late",
        "web:b:2:once:b",
        "web:c:2:once:c"
      ),
      { slow: { ignores: ["SIGINT"], dies: "2 seconds" }, late: { dies: "3 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        assert.strictEqual(node.state("web"), "1 STOPPING")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 1 STOPPING",
          "10s slow SIGINT",
          "10s fast SIGINT",
          "10s fast died of SIGINT",
          "10s late SIGINT",
          "13s late died of SIGINT",
          "15s slow SIGTERM",
          "17s slow died of SIGTERM",
          "17s web 2 STARTING",
          "17s b started",
          "17s c started",
          "17s web 2 CHECKING",
          "17s web 2 DONE"
        ])
      })
    ))

  it.effect("takes no time when nothing has to be stopped (D38)", () =>
    withNode(
      cltab("web:a:12:once:a", "web:b:2:once:b"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        assert.deepStrictEqual(node.news(), [
          "10s web 2 STARTING",
          "10s b started",
          "10s web 2 CHECKING",
          "10s web 2 DONE"
        ])
      })
    ))

  it.effect("sends no signal to an entry that has finished (D13)", () =>
    withNode(
      cltab("web:o:1:once:x", "web:w:1:wait:x", "web:t:1:test:x"),
      { x: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 2 STARTING",
          "10s web 2 CHECKING",
          "10s web 2 DONE"
        ])
        assert.strictEqual(node.process("web", "o"), undefined)
      })
    ))

  it.effect("is not left again because a shared entry dies while it starts (D2)", () =>
    withNode(
      cltab("web:r:12:respawn:r", "web:w:2:wait:w", "web:b:2:once:b"),
      { r: [{ runs: "12 seconds" }, {}], w: { runs: "5 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 2 STARTING",
          "10s w started",
          "12s r exited 0",
          "12s r started",
          "15s w exited 0",
          "15s b started",
          "15s web 2 CHECKING",
          "15s web 2 DONE"
        ])
      })
    ))

  it.effect("waits for a shared wait entry that is still running, without starting it again", () =>
    withNode(
      cltab("web:w:12:wait:w", "web:a:1:once:a", "web:b:2:once:b"),
      { w: { runs: "15 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 2 STARTING",
          "15s w exited 0",
          "15s b started",
          "15s web 2 CHECKING",
          "15s web 2 DONE"
        ])
      })
    ))
})

describe("groups", () => {
  it.effect("change their levels independently and at the same time", () =>
    withNode(
      cltab("web:a:1:once:a", "web:b:2:once:b", "db:c:1:wait:c", "db:d:1:once:d"),
      { a: { dies: "4 seconds" }, c: { runs: "3 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        yield* node.tell("db", "1")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "10s db 1 STARTING",
          "10s c started",
          "13s c exited 0",
          "13s d started",
          "13s db 1 CHECKING",
          "13s db 1 DONE",
          "14s a died of SIGINT",
          "14s web 2 STARTING",
          "14s b started",
          "14s web 2 CHECKING",
          "14s web 2 DONE"
        ])
      })
    ))
})
