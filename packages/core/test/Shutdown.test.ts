import { Daemon } from "@clinit/core/Daemon"
import { StatusBoard } from "@clinit/core/StatusBoard"
import * as EditableCltab from "@clinit/core/testing/EditableCltab"
import * as ScriptedSpawner from "@clinit/core/testing/ScriptedSpawner"
import { Trace } from "@clinit/core/testing/Trace"
import { GroupName, Level } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { cltab, withNode } from "./support/Node.ts"
import type { Node } from "./support/Node.ts"

/** Writes to the trace when the daemon is down. */
const traceDown = (node: Node) =>
  Effect.forkChild(Effect.andThen(node.daemon.down, node.trace.note("down")), { startImmediately: true })

/** What happens from a shutdown on. */
const shutdown = Effect.fnUntraced(function*(node: Node) {
  node.news()
  yield* traceDown(node)
  yield* node.halt
  return yield* node.after("5 minutes")
})

describe("a shutdown", () => {
  it.effect("with nothing told is done at once (D25)", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual(yield* shutdown(node), ["0s down"])
      })
    ))

  it.effect("with nothing left running is done at once (D25)", () =>
    withNode(
      cltab("web:w:1:wait:w"),
      { w: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        assert.deepStrictEqual(yield* shutdown(node), [
          "10s web 1 HALTING",
          "10s web 1 CONFIGURED",
          "10s down"
        ])
      })
    ))

  it.effect("halts all groups together by the full escalation and waits for the last process (D25)", () =>
    withNode(
      cltab("web:a:1:respawn:a", "db:b:1:once:b", "db:c:1:once:c"),
      { a: { ignores: ["SIGINT", "SIGTERM"], survivors: "1 second" }, b: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("db", "1")
        yield* node.after("10 seconds")
        assert.deepStrictEqual(yield* shutdown(node), [
          "10s web 1 HALTING",
          "10s a SIGINT",
          "10s db 1 HALTING",
          "10s b SIGINT",
          "10s c SIGINT",
          "10s c died of SIGINT",
          "12s b died of SIGINT",
          "12s db 1 CONFIGURED",
          "15s a SIGTERM",
          "25s a SIGKILL",
          "25s a died of SIGKILL",
          "26s web 1 CONFIGURED",
          "26s down"
        ])
      })
    ))

  it.effect("shows the groups as HALTING, then CONFIGURED", () =>
    withNode(
      cltab("web:a:1:once:a"),
      { a: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.halt
        assert.strictEqual(node.state("web"), "1 HALTING")
        assert.isTrue((yield* node.daemon.status).shuttingDown)
        yield* node.after("2 seconds")
        assert.strictEqual(node.state("web"), "1 CONFIGURED")
      })
    ))

  it.effect("asked for twice changes nothing", () =>
    withNode(
      cltab("web:a:1:once:a"),
      { a: { ignores: ["SIGINT"] } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        yield* traceDown(node)
        yield* node.halt
        yield* node.after("3 seconds")
        yield* node.halt
        yield* node.after("1 minute")
        yield* node.halt
        assert.deepStrictEqual(node.trace.lines().slice(4), [
          "0s web 1 HALTING",
          "0s a SIGINT",
          "5s a SIGTERM",
          "5s a died of SIGTERM",
          "5s web 1 CONFIGURED",
          "5s down"
        ])
      })
    ))
})

it.effect("a daemon whose groups were all deleted is not down: it takes orders, and waits to be shut down", () =>
  withNode(
    cltab("web:a:1:once:a"),
    {},
    Effect.fnUntraced(function*(node) {
      yield* traceDown(node)
      yield* node.tell("web", "1")
      node.cltab.write("")
      yield* node.reread
      node.cltab.write(cltab("web:a:1:once:a"))
      yield* node.after("1 minute")
      yield* node.tell("web", "1")
      assert.deepStrictEqual(yield* shutdown(node), [
        "60s web 1 HALTING",
        "60s a SIGINT",
        "60s a died of SIGINT",
        "60s web 1 CONFIGURED",
        "60s down",
        "60s down"
      ])
    })
  ))

describe("a group is halted", () => {
  it.effect("from STARTING: the entry under way is stopped, those behind it never start", () =>
    withNode(
      cltab("web:w:1:wait:w", "web:b:1:once:b"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.strictEqual(node.state("web"), "1 STARTING")
        assert.deepStrictEqual(yield* shutdown(node), [
          "0s web 1 HALTING",
          "0s w SIGINT",
          "0s w died of SIGINT",
          "0s web 1 CONFIGURED",
          "0s down"
        ])
      })
    ))

  for (
    const [state, test] of [["PASSED", { runs: "1 second" }], ["FAILED", {
      runs: "1 second",
      exits: 1
    }]] as const
  ) {
    it.effect(`from ${state} (D12)`, () =>
      withNode(
        cltab("web:t:12:test:t", "web:r:1:respawn:r"),
        { t: test },
        Effect.fnUntraced(function*(node) {
          yield* node.tell("web", state === "PASSED" ? "2" : "1")
          yield* node.after("10 seconds")
          const level = state === "PASSED" ? "2" : "1"
          assert.strictEqual(node.state("web"), `${level} ${state}`)
          assert.deepStrictEqual(yield* shutdown(node), [
            `10s web ${level} HALTING`,
            ...(state === "FAILED" ? ["10s r SIGINT", "10s r died of SIGINT"] : []),
            `10s web ${level} CONFIGURED`,
            "10s down"
          ])
        })
      ))
  }

  it.effect("from STOPPING: the stops under way keep their times, and the new level never starts", () =>
    withNode(
      cltab("web:a:1:once:a", "web:s:12:once:s", "web:b:2:once:b"),
      { a: { ignores: ["SIGINT"] } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        yield* node.after("2 seconds")
        assert.strictEqual(node.state("web"), "1 STOPPING")
        assert.deepStrictEqual(yield* shutdown(node), [
          "12s web 1 HALTING",
          "12s s SIGINT",
          "12s s died of SIGINT",
          "15s a SIGTERM",
          "15s a died of SIGTERM",
          "15s web 1 CONFIGURED",
          "15s down"
        ])
      })
    ))

  it.effect("from HALTING, because it was deleted: the stops under way keep their times", () =>
    withNode(
      cltab("web:a:1:once:a", "db:x:1:once:x"),
      { a: { ignores: ["SIGINT"] } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.cltab.write(cltab("db:x:1:once:x"))
        yield* node.reread
        yield* node.after("2 seconds")
        assert.strictEqual(node.state("web"), "1 HALTING")
        const trace = yield* shutdown(node)
        assert.deepStrictEqual(trace.filter((line) => !line.includes("web")), [
          "15s a SIGTERM",
          "15s a died of SIGTERM",
          "15s down"
        ])
      })
    ))

  it.effect("with a throttled entry at once", () =>
    withNode(
      cltab("web:r:1:respawn:r"),
      { r: { runs: 0 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        assert.deepStrictEqual(yield* shutdown(node), [
          "10s web 1 HALTING",
          "10s web 1 CONFIGURED",
          "10s down"
        ])
      })
    ))
})

describe("during a shutdown", () => {
  it.effect("tells and rereads are refused at once (D15)", () =>
    withNode(
      cltab("web:a:1:once:a"),
      { a: { dies: "4 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.halt
        assert.strictEqual((yield* node.refused("web", "2"))._tag, "ShuttingDown")
        assert.strictEqual((yield* node.refused("nobody", "2"))._tag, "ShuttingDown")
        assert.strictEqual((yield* Effect.flip(node.daemon.reread))._tag, "ShuttingDown")
        yield* node.after("1 minute")
        assert.strictEqual((yield* node.refused("web", "1")).message, "the daemon is shutting down")
        assert.isDefined(yield* node.daemon.status)
      })
    ))

  it.effect("a tell whose reading of the cltab was under way is refused as well", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        node.cltab.slowDown("3 seconds")
        const tell = yield* Effect.forkChild(node.refused("web", "1"), { startImmediately: true })
        yield* node.after("1 second")
        yield* traceDown(node)
        yield* node.halt
        assert.deepStrictEqual(yield* node.after("1 minute"), ["1s down"])
        assert.strictEqual((yield* Fiber.join(tell)).message, "the daemon is shutting down")
      })
    ))
})

it.effect("closing the daemon's scope shuts it down and waits for the last process (D11)", () =>
  Effect.gen(function*() {
    const trace = yield* Trace
    const scope = yield* Scope.make()
    const daemon = yield* Layer.buildWithScope(Daemon.volatile, scope).pipe(
      Effect.flatMap((context) => Effect.provideContext(Effect.service(Daemon), context))
    )
    yield* daemon.tell(GroupName.make("web"), Level.make("1"))
    yield* TestClock.adjust("10 seconds")
    yield* Effect.forkChild(Effect.andThen(Scope.close(scope, Exit.void), trace.note("closed")), {
      startImmediately: true
    })
    yield* TestClock.adjust("5 minutes")
    assert.deepStrictEqual(trace.lines(), [
      "0s a started",
      "10s a SIGINT",
      "15s a SIGTERM",
      "16s a died of SIGTERM",
      "16s closed"
    ])
  }).pipe(Effect.provide(
    Layer.mergeAll(
      EditableCltab.layer(cltab("web:a:1:once:a")),
      ScriptedSpawner.layer({ a: { ignores: ["SIGINT"], dies: "1 second" } }),
      StatusBoard.layer
    ).pipe(Layer.provideMerge(Trace.layer))
  )))
