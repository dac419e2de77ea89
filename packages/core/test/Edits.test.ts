import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withNode } from "./support/Node.ts"
import type { Node } from "./support/Node.ts"

/** Tells level 1, edits the cltab 10 s later, and tells level 1 again. Returns what the second tell brought about. */
const edit = Effect.fnUntraced(function*(node: Node, ...lines: ReadonlyArray<string>) {
  yield* node.tell("web", "1")
  yield* node.after("10 seconds")
  node.cltab.write(cltab(...lines))
  yield* node.tell("web", "1")
  return yield* node.after("1 minute")
})

describe("at the group's next tell", () => {
  it.effect("an entry that was added is started in its place in the order", () =>
    withNode(
      cltab("web:a:1:once:a", "web:c:1:once:c"),
      { b: { runs: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        const trace = yield* edit(
          node,
          "web:a:1:once:a",
          "web:b:1:wait:b",
          "web:c:1:once:c",
          "web:d:1:once:d"
        )
        assert.deepStrictEqual(trace, [
          "10s web 1 STARTING",
          "10s b started",
          "12s b exited 0",
          "12s d started",
          "12s web 1 CHECKING",
          "12s web 1 DONE"
        ])
      })
    ))

  it.effect("an entry whose command changed is stopped by INT, TERM, KILL, then its replacement starts (D3)", () =>
    withNode(
      cltab("web:a:1:respawn:old", "web:b:1:once:b"),
      { old: { ignores: ["SIGINT", "SIGTERM"] } },
      Effect.fnUntraced(function*(node) {
        const trace = yield* edit(node, "web:a:1:respawn:new", "web:b:1:once:b")
        assert.deepStrictEqual(trace, [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "15s a SIGTERM",
          "25s a SIGKILL",
          "25s a died of SIGKILL",
          "25s web 1 STARTING",
          "25s a started",
          "25s web 1 CHECKING",
          "25s web 1 DONE"
        ])
      })
    ))

  it.effect("an entry whose mode changed is stopped gracefully and started in the new mode (D3)", () =>
    withNode(
      cltab("web:a:1:once:a"),
      { a: [{}, { runs: "2 seconds" }] },
      Effect.fnUntraced(function*(node) {
        const trace = yield* edit(node, "web:a:1:test:a")
        assert.deepStrictEqual(trace, [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "10s a died of SIGINT",
          "10s web 1 STARTING",
          "10s a started",
          "12s a exited 0",
          "12s web 1 CHECKING",
          "12s web 1 PASSED"
        ])
      })
    ))

  it.effect("a finished entry that changed is run again without a signal to the old pid (D13)", () =>
    withNode(
      cltab("web:w:1:wait:x", "web:v:1:wait:x"),
      { x: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        const trace = yield* edit(node, "web:w:1:wait:x", "web:v:1:wait:new")
        assert.deepStrictEqual(trace, ["10s web 1 STARTING", "10s v started"])
      })
    ))

  it.effect("an entry that was turned off is stopped gracefully and skipped (D3, D5)", () =>
    withNode(
      cltab("web:a:1:once:a", "web:b:1:once:b"),
      { a: { dies: "3 seconds" } },
      Effect.fnUntraced(function*(node) {
        const trace = yield* edit(node, "web:a:1:off:a", "web:b:1:once:b")
        assert.deepStrictEqual(trace, [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "13s a died of SIGINT",
          "13s web 1 STARTING",
          "13s web 1 CHECKING",
          "13s web 1 DONE"
        ])
      })
    ))

  it.effect("an entry that was deleted is stopped gracefully (D3)", () =>
    withNode(
      cltab("web:a:1:once:a", "web:b:1:once:b"),
      { a: { ignores: ["SIGINT"] } },
      Effect.fnUntraced(function*(node) {
        const trace = yield* edit(node, "web:b:1:once:b")
        assert.deepStrictEqual(trace, [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "15s a SIGTERM",
          "15s a died of SIGTERM",
          "15s web 1 STARTING",
          "15s web 1 CHECKING",
          "15s web 1 DONE"
        ])
      })
    ))

  it.effect("an entry whose new level list lacks the level is stopped, running or not (D17)", () =>
    withNode(
      cltab("web:a:1:once:a", "web:w:1:wait:w"),
      { w: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        const trace = yield* edit(node, "web:a:2:once:a", "web:w:2:wait:w")
        assert.deepStrictEqual(trace, [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "10s a died of SIGINT",
          "10s web 1 STARTING",
          "10s web 1 CHECKING",
          "10s web 1 DONE"
        ])
        assert.strictEqual(node.process("web", "w"), undefined)
      })
    ))

  it.effect("an entry whose new level list still has the level is left alone (D17)", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* edit(node, "web:a:1,2:once:a")
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "70s web 2 STARTING",
          "70s web 2 CHECKING",
          "70s web 2 DONE"
        ])
      })
    ))

  it.effect("reordered lines, comments, settings and other groups change nothing", () =>
    withNode(
      cltab("web:a:1:once:a", "web:b:1:respawn:b"),
      {},
      Effect.fnUntraced(function*(node) {
        const trace = yield* edit(
          node,
          "# new",
          "db:x:1:once:x",
          "web:b:1:respawn:b",
          "",
          "web:a:1:once:a",
          ":::socket:/tmp/s"
        )
        assert.deepStrictEqual(trace, ["10s web 1 STARTING", "10s web 1 CHECKING", "10s web 1 DONE"])
      })
    ))

  it.effect("a tag that moved to another group is stopped in the old group and started in the new one (D17)", () =>
    withNode(
      cltab("web:a:1:once:a", "web:b:1:once:b", "db:x:1:once:x"),
      { a: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.news()
        node.cltab.write(cltab("web:b:1:once:b", "db:x:1:once:x", "db:a:1:once:a"))
        yield* node.tell("db", "1")
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s db 1 STARTING",
          "10s x started",
          "10s a started",
          "10s db 1 CHECKING",
          "10s db 1 DONE",
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "12s a died of SIGINT",
          "12s web 1 STARTING",
          "12s web 1 CHECKING",
          "12s web 1 DONE"
        ])
        assert.isDefined(node.pid("db", "a"))
        assert.isUndefined(node.pid("web", "a"))
      })
    ))

  it.effect("an edit takes effect with a tell of another level as well", () =>
    withNode(
      cltab("web:a:12:once:a", "web:b:2:once:b"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.cltab.write(cltab("web:a:12:once:new", "web:c:2:once:c"))
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 1 STOPPING",
          "10s a SIGINT",
          "10s a died of SIGINT",
          "10s web 2 STARTING",
          "10s a started",
          "10s c started",
          "10s web 2 CHECKING",
          "10s web 2 DONE"
        ])
      })
    ))
})

describe("no edit", () => {
  it.effect("takes effect before its group is told again, not even at a tell of another group", () =>
    withNode(
      cltab("web:a:1:once:a", "db:x:1:once:x"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.cltab.write(cltab("web:a:1:once:new", "web:b:1:once:b", "db:x:1:once:x"))
        yield* node.tell("db", "1")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s db 1 STARTING",
          "10s x started",
          "10s db 1 CHECKING",
          "10s db 1 DONE"
        ])
      })
    ))

  it.effect("reaches a respawn entry that is started again: it keeps the command it was told with", () =>
    withNode(
      cltab("web:a:1:respawn:old"),
      { old: { runs: "20 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.cltab.write(cltab("web:a:1:respawn:new"))
        yield* node.reread
        assert.deepStrictEqual(yield* node.after("35 seconds"), [
          "20s a exited 0",
          "20s a started",
          "40s a exited 0",
          "40s a started"
        ])
      })
    ))

  it.effect("reaches a level change that is under way: it sees the cltab as it was told with (D36)", () =>
    withNode(
      cltab("web:w:1:wait:w", "web:b:1:once:b", "db:x:1:once:x"),
      { w: { runs: "5 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("2 seconds")
        node.cltab.write(cltab("web:w:1:wait:w", "web:b:1:once:new", "web:c:1:once:c", "db:x:1:once:x"))
        yield* node.reread
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "5s w exited 0",
          "5s b started",
          "5s web 1 CHECKING",
          "5s web 1 DONE"
        ])
      })
    ))

  it.effect("is missed because it was made in the same moment as the last reading (D18)", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(cltab("web:b:1:once:b"))
        yield* node.tell("web", "1")
        node.cltab.write(cltab("web:a:1:once:a"))
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 second"), [
          "0s web 1 STARTING",
          "0s a started",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          "0s web 1 STOPPING",
          "0s a SIGINT",
          "0s a died of SIGINT",
          "0s web 1 STARTING",
          "0s b started",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          "0s web 1 STOPPING",
          "0s b SIGINT",
          "0s b died of SIGINT",
          "0s web 1 STARTING",
          "0s a started",
          "0s web 1 CHECKING",
          "0s web 1 DONE"
        ])
      })
    ))
})

describe("a group that was deleted", () => {
  const both = cltab("web:a:1:once:a", "web:b:1:once:b", "db:x:1:once:x")
  const db = cltab("db:x:1:once:x")

  it.effect("is halted gracefully at any order, others are answered meanwhile, and forgotten when down (D4)", () =>
    withNode(
      both,
      { a: { ignores: ["SIGINT"], dies: "1 second" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.cltab.write(db)
        assert.deepStrictEqual((yield* node.reread).halting, ["web"])
        assert.strictEqual(node.state("web"), "1 HALTING")
        yield* node.tell("db", "1")
        assert.strictEqual(node.state("db"), "1 DONE")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 1 HALTING",
          "10s a SIGINT",
          "10s b SIGINT",
          "10s b died of SIGINT",
          // Each order halts it anew, which changes nothing.
          "10s web 1 HALTING",
          "10s db 1 STARTING",
          "10s x started",
          "10s db 1 CHECKING",
          "10s db 1 DONE",
          "15s a SIGTERM",
          "16s a died of SIGTERM",
          "16s web 1 CONFIGURED",
          "16s web forgotten"
        ])
        assert.strictEqual(node.state("web"), undefined)
        assert.deepStrictEqual((yield* node.reread).halting, [])
      })
    ))

  it.effect("is unknown to tells from then on, also while it is still halting", () =>
    withNode(
      both,
      { a: { dies: "3 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(db)
        assert.strictEqual((yield* node.refused("web", "1")).message, "no such group: web")
        assert.strictEqual(node.state("web"), "1 HALTING")
        yield* node.after("1 minute")
        assert.strictEqual((yield* node.refused("web", "1")).message, "no such group: web")
        assert.strictEqual(node.state("web"), undefined)
      })
    ))

  it.effect("and brought back starts like new", () =>
    withNode(
      both,
      { b: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.cltab.write(db)
        yield* node.reread
        yield* node.after("10 seconds")
        node.cltab.write(both)
        yield* node.reread
        assert.deepStrictEqual(yield* node.after("10 seconds"), [])
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "30s web 1 STARTING",
          "30s a started",
          "30s b started",
          "30s web 1 CHECKING",
          "30s web 1 DONE",
          "31s b exited 0"
        ])
      })
    ))

  it.effect("and brought back while it is still halting finishes the stops, then starts like new", () =>
    withNode(
      both,
      { a: [{ ignores: ["SIGINT"] }, {}], b: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.news()
        node.cltab.write(db)
        yield* node.reread
        yield* node.after("3 seconds")
        node.cltab.write(both)
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines().slice(6), [
          "10s web 1 HALTING",
          "10s a SIGINT",
          "13s web 1 STARTING",
          "15s a SIGTERM",
          "15s a died of SIGTERM",
          "15s web 1 STARTING",
          "15s a started",
          "15s b started",
          "15s web 1 CHECKING",
          "15s web 1 DONE",
          "16s b exited 0"
        ])
        // It is a group like any other again.
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "73s web 1 STOPPING",
          "73s a SIGINT",
          "73s a died of SIGINT",
          "73s web 2 STARTING",
          "73s web 2 CHECKING",
          "73s web 2 DONE"
        ])
      })
    ))

  it.effect("that was never told is simply gone", () =>
    withNode(
      both,
      {},
      Effect.fnUntraced(function*(node) {
        node.cltab.write(db)
        assert.deepStrictEqual(yield* node.reread, { warnings: [], halting: [] })
        assert.deepStrictEqual(yield* node.after("1 minute"), [])
      })
    ))

  it.effect("with all others, in an emptied cltab, is halted with them", () =>
    withNode(
      both,
      { a: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("db", "1")
        yield* node.after("10 seconds")
        node.cltab.write("")
        assert.deepStrictEqual((yield* node.reread).halting, ["web", "db"])
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 1 HALTING",
          "10s a SIGINT",
          "10s b SIGINT",
          "10s b died of SIGINT",
          "10s db 1 HALTING",
          "10s x SIGINT",
          "10s x died of SIGINT",
          "10s db 1 CONFIGURED",
          "10s db forgotten",
          "12s a died of SIGINT",
          "12s web 1 CONFIGURED",
          "12s web forgotten"
        ])
      })
    ))
})

describe("a bare reread", () => {
  it.effect("touches nothing but deleted groups: additions and changes wait for the group's tell", () =>
    withNode(
      cltab("web:a:1:once:a", "db:x:1:once:x"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.cltab.write(cltab("web:a:1:once:new", "web:b:1:once:b"))
        assert.deepStrictEqual(yield* node.reread, { warnings: [], halting: [] })
        assert.deepStrictEqual(yield* node.after("1 minute"), [])
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "70s web 1 STOPPING",
          "70s a SIGINT",
          "70s a died of SIGINT",
          "70s web 1 STARTING",
          "70s a started",
          "70s b started",
          "70s web 1 CHECKING",
          "70s web 1 DONE"
        ])
      })
    ))
})
