import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withMachine, withNode } from "./support/Node.ts"

const deaf = { ignores: ["SIGINT", "SIGTERM"] } as const

describe("a wait or test that runs longer than its timeout", () => {
  it.effect("is stopped, has failed, and the next entry starts when it is down", () =>
    withNode(
      cltab(":::web/w/timeout:5s", "web:w:1:wait:w", "web:a:1:once:a"),
      { w: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 STARTING",
          "0s w started",
          "5s w SIGINT",
          "7s w died of SIGINT",
          "7s a started",
          "7s web 1 CHECKING",
          "7s web 1 FAILED"
        ])
        const end = { _tag: "TimedOut", millis: 5_000 }
        assert.deepStrictEqual(outcome() as unknown, { state: "FAILED", failed: [{ tag: "w", end }] })
        assert.deepStrictEqual(node.process("web", "w")?.state as unknown, { _tag: "Failed" })
        assert.deepStrictEqual(node.process("web", "w")?.lastEnd as unknown, end)
        assert.deepStrictEqual(node.log(), ["Warn: web/w timed out after 5 s"])
      })
    ))

  it.effect("is stopped by its own schedule, whatever it ignores, and shows that it is being stopped", () =>
    withNode(
      cltab(":::web/t/timeout:3s", ":::web/t/stop:TERM 1s, KILL", "web:t:1:test:t"),
      { t: deaf },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("3 seconds")
        assert.deepStrictEqual(
          node.process("web", "t")?.state as unknown,
          { _tag: "Stopping", pid: 1001, signal: "SIGTERM", next: "SIGKILL", nextAt: 4_000 }
        )
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "4s t SIGKILL",
          "4s t died of SIGKILL",
          "4s web 1 CHECKING",
          "4s web 1 FAILED"
        ])
      })
    ))

  it.effect("is down when nothing of its tree is left, though a wait that ends by itself may leave something", () =>
    withNode(
      cltab(":::timeout:5s", "web:w:1:wait:w", "web:v:1:wait:v"),
      { w: { survivors: "7 seconds" }, v: { runs: "1 second", survivors: "1 minute" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("30 seconds"), [
          "0s web 1 STARTING",
          "0s w started",
          "5s w SIGINT",
          "5s w died of SIGINT",
          "10s w SIGTERM",
          "12s v started",
          "13s v exited 0",
          "13s web 1 CHECKING",
          "13s web 1 FAILED"
        ])
      })
    ))

  it.effect("has failed though it exits with 0 when it is told to go", () =>
    withNode(
      cltab(":::timeout:5s", "web:t:1:test:t"),
      { t: { ...deaf, runs: "6 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual((yield* node.after("1 minute")).slice(2), [
          "5s t SIGINT",
          "6s t exited 0",
          "6s web 1 CHECKING",
          "6s web 1 FAILED"
        ])
      })
    ))

  it.effect("is not started again by a tell of its level", () =>
    withNode(
      cltab(":::timeout:5s", "web:w:1:wait:w"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.news()
        yield* node.tell("web", "1")
        assert.deepStrictEqual(node.news(), ["10s web 1 STARTING", "10s web 1 CHECKING", "10s web 1 FAILED"])
      })
    ))
})

describe("a timeout", () => {
  it.effect("does nothing to what ends in time, nor to once and respawn entries", () =>
    withNode(
      cltab(":::timeout:5s", "web:w:1:wait:w", "web:a:1:once:a", "web:r:1:respawn:r"),
      { w: { runs: "5 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 hour"), [
          "0s web 1 STARTING",
          "0s w started",
          "5s w exited 0",
          "5s a started",
          "5s r started",
          "5s web 1 CHECKING",
          "5s web 1 DONE"
        ])
      })
    ))

  it.effect("that is set while the entry runs counts from the entry's start: what hangs can be got rid of", () =>
    withNode(
      cltab("web:w:1:wait:w"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 hour")
        node.cltab.write(cltab(":::timeout:1h", ":::web/w/timeout:2h", "web:w:1:wait:w"))
        yield* node.tell("web", "1")
        node.news()
        assert.deepStrictEqual((yield* node.after("1 hour")).slice(0, 1), ["7200s w SIGINT"])
      })
    ))

  it.effect("that is shortened to less than the entry has run stops it at once, one that is taken away never", () =>
    withNode(
      cltab(":::timeout:1h", "web:w:1:wait:w", "web:v:1:wait:v"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 minutes")
        node.cltab.write(
          cltab(":::web/w/timeout:5min", ":::web/v/timeout:1h", "web:w:1:wait:w", "web:v:1:wait:v")
        )
        yield* node.tell("web", "1")
        assert.deepStrictEqual((yield* node.after("1 minute")).filter((line) => !line.includes("web")), [
          "600s w SIGINT",
          "600s w died of SIGINT",
          "600s v started"
        ])
        node.cltab.write(cltab("web:w:1:wait:w", "web:v:1:wait:v"))
        yield* node.tell("web", "1")
        node.news()
        assert.deepStrictEqual(yield* node.after("1 day"), [])
      })
    ))

  it.effect("does not run out once the entry is being stopped for another reason", () =>
    withNode(
      cltab(":::timeout:5s", "web:w:1:wait:w", "web:a:2:once:a"),
      { w: deaf },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("3 seconds")
        node.news()
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "3s web 1 STOPPING",
          "3s w SIGINT",
          "8s w SIGTERM",
          "18s w SIGKILL",
          "18s w died of SIGKILL",
          "18s web 2 STARTING",
          "18s a started",
          "18s web 2 CHECKING",
          "18s web 2 DONE"
        ])
      })
    ))

  it.effect("that has run out when the level is left lets the stop go on as it is, and nothing is started twice", () =>
    withNode(
      cltab(":::timeout:5s", "web:w:1:wait:w", "web:a:2:once:a"),
      { w: [deaf, { runs: 0 }] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("7 seconds")
        yield* node.tell("web", "2")
        yield* node.after("5 seconds")
        yield* node.tell("web", "1")
        assert.deepStrictEqual((yield* node.after("1 minute")).filter((line) => !line.includes("web")), [
          "20s w SIGKILL",
          "20s w died of SIGKILL",
          "20s w started",
          "20s w exited 0"
        ])
        assert.strictEqual(node.state("web"), "1 DONE")
      })
    ))

  it.effect("of an entry that has left its level leaves nothing in the ledger", () =>
    withMachine(
      cltab(":::timeout:5s", "web:w:1:wait:w"),
      { w: deaf },
      Effect.fnUntraced(function*({ boot, disk }) {
        const node = yield* boot()
        yield* node.tell("web", "1")
        yield* node.after("7 seconds")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.notInclude(disk.text, "\"tag\":\"w\"")
      })
    ))
})

describe("a timeout after a daemon was killed", () => {
  it.effect("counts from the start that the ledger has", () =>
    withMachine(
      cltab(":::timeout:10s", "web:w:1:wait:w", "web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*({ boot, crash, trace }) {
        const node = yield* boot()
        yield* node.tell("web", "1")
        yield* node.after("1 second")
        yield* crash
        yield* node.after("6 seconds")
        trace.news()
        const next = yield* boot()
        assert.deepStrictEqual(yield* next.after("1 minute"), [
          "7s web 1 STARTING",
          "10s w SIGINT",
          "10s w died of SIGINT",
          "10s a started",
          "10s web 1 CHECKING",
          "10s web 1 FAILED"
        ])
      })
    ))

  it.effect("has run out if that was while there was none", () =>
    withMachine(
      cltab(":::timeout:10s", "web:t:1:test:t"),
      {},
      Effect.fnUntraced(function*({ boot, crash, trace }) {
        const node = yield* boot()
        yield* node.tell("web", "1")
        yield* node.after("1 second")
        yield* crash
        yield* node.after("1 hour")
        trace.news()
        const next = yield* boot()
        assert.deepStrictEqual(yield* next.after("1 minute"), [
          "3601s t SIGINT",
          "3601s t died of SIGINT",
          "3601s web 1 STARTING",
          "3601s web 1 CHECKING",
          "3601s web 1 FAILED"
        ])
        assert.deepStrictEqual(
          next.process("web", "t")?.lastEnd as unknown,
          { _tag: "TimedOut", millis: 10_000 }
        )
      })
    ))

  it.effect("is as the cltab says by then", () =>
    withMachine(
      cltab(":::timeout:10s", "web:w:1:wait:w"),
      {},
      Effect.fnUntraced(function*({ boot, cltab: file, crash, trace }) {
        const node = yield* boot()
        yield* node.tell("web", "1")
        yield* node.after("1 second")
        yield* crash
        yield* node.after("1 hour")
        trace.news()
        file.write(cltab(":::timeout:2h", "web:w:1:wait:w"))
        const next = yield* boot()
        assert.deepStrictEqual(yield* next.after("1 hour"), [
          "3601s web 1 STARTING",
          "7200s w SIGINT",
          "7200s w died of SIGINT",
          "7200s web 1 CHECKING",
          "7200s web 1 FAILED"
        ])
      })
    ))

  it.effect("that had run out before stays so: the stop is begun anew, and the entry has failed and is not run again", () =>
    withMachine(
      cltab(":::timeout:5s", "web:w:1:wait:w", "web:a:1:once:a"),
      { w: deaf },
      Effect.fnUntraced(function*({ boot, crash, trace }) {
        const node = yield* boot()
        yield* node.tell("web", "1")
        yield* node.after("7 seconds")
        yield* crash
        trace.news()
        const next = yield* boot()
        assert.deepStrictEqual(yield* next.after("1 minute"), [
          "7s w SIGINT",
          "7s web 1 STARTING",
          "12s w SIGTERM",
          "22s w SIGKILL",
          "22s w died of SIGKILL",
          "22s a started",
          "22s web 1 CHECKING",
          "22s web 1 FAILED"
        ])
        assert.deepStrictEqual(
          next.process("web", "w")?.lastEnd as unknown,
          { _tag: "TimedOut", millis: 5_000 }
        )
        yield* crash
        trace.news()
        const last = yield* boot()
        assert.deepStrictEqual(yield* last.after("1 minute"), [
          "67s web 1 STARTING",
          "67s web 1 CHECKING",
          "67s web 1 FAILED"
        ])
      })
    ))

  it.effect("that had run out does not count once the level was left: back at it the entry starts anew", () =>
    withMachine(
      cltab(":::timeout:5s", "web:w:1:wait:w"),
      { w: [deaf, { runs: 0 }] },
      Effect.fnUntraced(function*({ boot, crash, trace }) {
        const node = yield* boot()
        yield* node.tell("web", "1")
        yield* node.after("7 seconds")
        yield* node.tell("web", "2")
        yield* node.tell("web", "1")
        yield* node.after("1 second")
        yield* crash
        trace.news()
        const next = yield* boot()
        assert.deepStrictEqual(yield* next.after("1 minute"), [
          "8s w SIGINT",
          "8s web 1 STARTING",
          "13s w SIGTERM",
          "23s w SIGKILL",
          "23s w died of SIGKILL",
          "23s web 1 STARTING",
          "23s w started",
          "23s w exited 0",
          "23s web 1 CHECKING",
          "23s web 1 DONE"
        ])
      })
    ))

  it.effect("that had run out before stays so though nothing of the run is left by then", () =>
    withMachine(
      cltab(":::timeout:5s", "web:w:1:wait:w", "web:a:1:once:a"),
      { w: { ...deaf, runs: "8 seconds" } },
      Effect.fnUntraced(function*({ boot, crash, trace }) {
        const node = yield* boot()
        yield* node.tell("web", "1")
        yield* node.after("7 seconds")
        yield* crash
        yield* node.after("2 seconds")
        trace.news()
        const next = yield* boot()
        assert.deepStrictEqual(yield* next.after("1 minute"), [
          "9s web 1 STARTING",
          "9s a started",
          "9s web 1 CHECKING",
          "9s web 1 FAILED"
        ])
      })
    ))

  it.effect("that ran out a moment before stays so: that is written before the first signal", () =>
    withMachine(
      cltab(":::timeout:5ms", "web:w:1:wait:w"),
      {},
      Effect.fnUntraced(function*({ boot, crash, trace }) {
        const node = yield* boot()
        yield* node.tell("web", "1")
        // The ledger was written for the start, and is not for the next 10 ms.
        assert.deepStrictEqual((yield* node.after("5 millis")).slice(-1), ["0.005s web 1 FAILED"])
        yield* crash
        trace.news()
        const next = yield* boot()
        assert.strictEqual((yield* next.after("1 minute")).at(-1), "0.005s web 1 FAILED")
      })
    ))
})
