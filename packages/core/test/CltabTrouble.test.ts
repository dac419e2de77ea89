import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withNode } from "./support/Node.ts"

const good = cltab("web:a:1:once:a", "web:r:1:respawn:r", "web:b:2:once:b")
const missing = "file not found: /test/cltab (the last cltab stays in force)"

describe("a cltab that cannot be read any more", () => {
  it.effect("leaves the last one in force and adds a warning to each answer (D10)", () =>
    withNode(
      good,
      {},
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual((yield* node.tell("web", "1")).warnings, [])
        yield* node.after("10 seconds")
        node.cltab.makeUnreadable("file not found")
        assert.deepStrictEqual((yield* node.tell("web", "2")).warnings, [missing])
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "10s a died of SIGINT",
          "10s r SIGINT",
          "10s r died of SIGINT",
          "10s web 2 STARTING",
          "10s b started",
          "10s web 2 CHECKING",
          "10s web 2 DONE"
        ])
        assert.deepStrictEqual(yield* node.reread, { warnings: [missing], halting: [] })
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [missing])
      })
    ))

  it.effect("is warned of in the log once, not at every order", () =>
    withNode(
      good,
      {},
      Effect.fnUntraced(function*(node) {
        node.cltab.makeUnreadable("file not found")
        yield* node.tell("web", "1")
        yield* node.tell("web", "1")
        yield* node.reread
        assert.deepStrictEqual(node.log(), [`Warn: ${missing}`])
        node.cltab.makeUnreadable("permission denied")
        yield* node.reread
        assert.deepStrictEqual(node.log().slice(1), [
          "Warn: permission denied: /test/cltab (the last cltab stays in force)"
        ])
      })
    ))

  it.effect("is no trouble any more when it is back; what it says waits for an order", () =>
    withNode(
      good,
      {},
      Effect.fnUntraced(function*(node) {
        node.cltab.makeUnreadable("file not found")
        yield* node.tell("web", "1")
        yield* node.after("1 hour")
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [missing])
        node.cltab.write(cltab("db:c:1:once:c"))
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [
          "/test/cltab was modified since it was loaded: clinit plan --all shows what a reread would change"
        ])
        node.cltab.write(good)
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [])
        node.cltab.write(cltab("db:c:1:once:c"))
        assert.deepStrictEqual((yield* node.daemon.status).groups.map(({ group }) => group), ["web"])
        assert.deepStrictEqual((yield* node.reread).halting, ["web"])
      })
    ))

  it.effect("works again when it is back, the same or another", () =>
    withNode(
      good,
      {},
      Effect.fnUntraced(function*(node) {
        node.cltab.makeUnreadable("permission denied")
        yield* node.tell("web", "1")
        node.cltab.write(good)
        assert.deepStrictEqual((yield* node.tell("web", "1")).warnings, [])
        node.cltab.makeUnreadable("permission denied")
        yield* node.reread
        node.cltab.write(cltab("web:c:1:once:c"))
        assert.deepStrictEqual((yield* node.tell("web", "1")).warnings, [])
        yield* node.after("1 minute")
        assert.isDefined(node.pid("web", "c"))
        assert.isUndefined(node.pid("web", "a"))
      })
    ))
})

describe("a cltab with errors", () => {
  const broken = cltab("web:a:2:once:new", "web:c:1:once:c", "web:a:1:once:a", "web:x:1:sometimes:x")

  it.effect("refuses every order with all its errors and changes nothing, while respawn goes on (D20, D37)", () =>
    withNode(
      good,
      { r: { runs: "4 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("3 seconds")
        node.cltab.write(broken)
        for (const level of ["1", "2"]) {
          const error = yield* node.refused("web", level)
          assert.strictEqual(error._tag, "InvalidCltab")
          assert.deepStrictEqual(error.message.split("\n").map((line) => line.split(" (")[0]), [
            "/test/cltab:3:5: error: entry has duplicate tag: a",
            "/test/cltab:4:9: error: unknown mode \"sometimes\""
          ])
        }
        assert.strictEqual((yield* Effect.flip(node.daemon.reread))._tag, "InvalidCltab")
        assert.strictEqual((yield* node.refused("nobody", "1"))._tag, "InvalidCltab")
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "4s r exited 0",
          "4s r started",
          "8s r exited 0",
          "8s r started",
          "12s r exited 0",
          "12s r started"
        ])
        assert.strictEqual(node.state("web"), "1 DONE")
      })
    ))

  it.effect("halts no group that it lacks", () =>
    withNode(
      good,
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.cltab.write(cltab("db:x:1:once:x", "db:x:1:once:x"))
        yield* node.refused("db", "1")
        assert.deepStrictEqual(yield* node.after("1 minute"), [])
      })
    ))

  it.effect("shows in the status until it is mended, then orders work again", () =>
    withNode(
      good,
      {},
      Effect.fnUntraced(function*(node) {
        node.cltab.write(broken)
        yield* node.refused("web", "1")
        const [warning] = (yield* node.daemon.status).warnings
        assert.strictEqual(
          warning?.split("\n")[0],
          "/test/cltab was modified since it was loaded and refused:"
        )
        node.cltab.write(cltab("web:c:1:once:c"))
        assert.deepStrictEqual((yield* node.tell("web", "1")).warnings, [])
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [])
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 STARTING",
          "0s c started",
          "0s web 1 CHECKING",
          "0s web 1 DONE"
        ])
      })
    ))

  it.effect("that goes missing leaves the last good one in force, and orders work", () =>
    withNode(
      good,
      {},
      Effect.fnUntraced(function*(node) {
        node.cltab.write(broken)
        yield* node.refused("web", "1")
        node.cltab.makeUnreadable("file not found")
        assert.deepStrictEqual((yield* node.tell("web", "2")).warnings, [missing])
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 2 STARTING",
          "0s b started",
          "0s web 2 CHECKING",
          "0s web 2 DONE"
        ])
      })
    ))

  it.effect("is restored by the old text, though that is not a newer one (D18)", () =>
    withNode(
      good,
      {},
      Effect.fnUntraced(function*(node) {
        node.cltab.write(broken)
        yield* node.refused("web", "1")
        node.cltab.write(good)
        yield* node.tell("web", "2")
        assert.strictEqual(node.state("web"), "2 DONE")
      })
    ))
})

describe("a cltab with warnings only", () => {
  const warning =
    "/test/cltab:1:15: warning: a carriage return ends the line and becomes part of its last field " +
    "(1 line in this file) (convert the file to LF line ends)"

  it.effect("is used, and the order that loads it hears of them", () =>
    withNode(
      good,
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write("web:a:1:once:a\r\n")
        assert.deepStrictEqual((yield* node.tell("web", "1")).warnings, [warning])
        assert.strictEqual(node.state("web"), "1 DONE")
        assert.deepStrictEqual((yield* node.tell("web", "1")).warnings, [])
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [warning])
        node.cltab.write(good)
        assert.deepStrictEqual((yield* node.tell("web", "1")).warnings, [])
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [])
        assert.deepStrictEqual(node.log(), [`Warn: ${warning}`])
      })
    ))

  it.effect("is good enough to start with", () =>
    withNode(
      "web:a:1:once:a\r\n",
      {},
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [warning])
        yield* node.tell("web", "1")
        assert.strictEqual(node.state("web"), "1 DONE")
      })
    ))
})

describe("a line for the whole daemon that was changed", () => {
  const lines = [["socket", "/tmp/other"], ["clstat", "/tmp/other"], ["containment", "group"]] as const
  for (const [name, value] of lines) {
    it.effect(`is warned of at every order until it is changed back: ${name} needs a restart`, () =>
      withNode(
        good,
        {},
        Effect.fnUntraced(function*(node) {
          const warning = `/test/cltab: a changed ${name} line takes effect when the daemon is started again`
          node.cltab.write(`${good}:::${name}:${value}\n`)
          assert.deepStrictEqual((yield* node.tell("web", "1")).warnings, [warning])
          assert.deepStrictEqual((yield* node.reread).warnings, [warning])
          node.cltab.write(good)
          assert.deepStrictEqual((yield* node.reread).warnings, [])
        })
      ))
  }
})
