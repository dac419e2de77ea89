import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withNode } from "./support/Node.ts"
import type { Node } from "./support/Node.ts"

const quick = { runs: 0, exits: 1 } as const
const fails = { runs: "1 second", exits: 1 } as const

/** What a retry answers, without what it waits for. */
const retried = Effect.fnUntraced(function*(node: Node, name?: string) {
  const { retrials, warnings } = yield* node.retry(name)
  assert.deepStrictEqual(warnings, [])
  return retrials.map(({ group, level, tags }) => `${group} ${level}: ${tags.join(" ")}`)
})

const refusal = (node: Node, name: string) =>
  Effect.map(Effect.flip(node.daemon.retry(name)), ({ message }) => message)

describe("a retry starts again", () => {
  it.effect("a test that failed, at its place in the level, and the level has a new outcome", () =>
    withNode(
      cltab("web:a:1:once:a", "web:t:1:test:t", "web:b:1:once:b"),
      { t: [fails, { runs: "2 seconds" }] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.news()
        const { retrials } = yield* node.retry("web/t")
        const outcome = yield* node.watch({ warnings: [], settling: retrials[0]!.settling })
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s web 1 STARTING",
          "10s t started",
          "12s t exited 0",
          "12s web 1 CHECKING",
          "12s web 1 DONE"
        ])
        assert.deepStrictEqual(outcome() as unknown, { state: "DONE", failed: [] })
        assert.deepStrictEqual(yield* retried(node), [])
      })
    ))

  it.effect("waits that failed or timed out, and what was refused", () =>
    withNode(
      cltab(
        ":::web/w/success:0",
        ":::web/v/timeout:2s",
        "web:w:1:wait:w",
        "web:v:1:wait:v",
        "web:o:1:once:o"
      ),
      { w: [fails, { runs: 0 }], v: [{}, { runs: 0 }], o: [{ refused: "EAGAIN" }, {}] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        assert.strictEqual(node.state("web"), "1 FAILED")
        node.news()
        assert.deepStrictEqual(yield* retried(node, "web"), ["web 1: w v o"])
        assert.deepStrictEqual(yield* node.after("1 second"), [
          "10s web 1 STARTING",
          "10s w started",
          "10s w exited 0",
          "10s v started",
          "10s v exited 0",
          "10s o started",
          "10s web 1 CHECKING",
          "10s web 1 DONE"
        ])
      })
    ))

  it.effect("what was given up, with a fresh throttle", () =>
    withNode(
      cltab(":::respawn.hits:1", ":::respawn.pause:10s", ":::respawn.give-up:2", "web:r:1:respawn:r"),
      { r: quick },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        node.news()
        assert.deepStrictEqual(yield* retried(node, "web/r"), ["web 1: r"])
        assert.deepStrictEqual(
          (yield* node.after("1 hour")).filter((line) => !line.includes("exited")),
          [
            "60s web 1 STARTING",
            "60s r started",
            "60s r started",
            "60s r started",
            "60s web 1 CHECKING",
            "60s web 1 DONE",
            "70s r started",
            "70s r started",
            "70s web 1 FAILED"
          ]
        )
      })
    ))

  it.effect("at once what pauses, also with a fresh throttle", () =>
    withNode(
      cltab("web:r:1:respawn:r"),
      { r: quick },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.news()
        assert.deepStrictEqual(yield* retried(node, "web/r"), ["web 1: r"])
        const starts = (yield* node.after("1 minute")).filter((line) => line.includes("r started"))
        assert.deepStrictEqual(starts, [
          ...Array.from({ length: 7 }, () => "10s r started"),
          "70s r started",
          "70s r started"
        ])
      })
    ))

  it.effect("what is there to retry in every group, and leaves the others alone", () =>
    withNode(
      cltab("web:t:1:test:t", "db:u:2:test:t", "log:a:1:once:a", "off:v:1:test:t"),
      { t: fails },
      Effect.fnUntraced(function*(node) {
        for (const [group, level] of [["web", "1"], ["db", "2"], ["log", "1"]] as const) {
          yield* node.tell(group, level)
        }
        yield* node.after("5 seconds")
        node.news()
        assert.deepStrictEqual(yield* retried(node), ["web 1: t", "db 2: u"])
        assert.deepStrictEqual(node.news(), [
          "5s web 1 STARTING",
          "5s t started",
          "5s db 2 STARTING",
          "5s u started"
        ])
      })
    ))

  it.effect("only the entry that is named", () =>
    withNode(
      cltab("web:t:1:test:t", "web:u:1:test:t"),
      { t: fails },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("5 seconds")
        node.news()
        yield* retried(node, "web/u")
        assert.deepStrictEqual(yield* node.after("5 seconds"), [
          "5s web 1 STARTING",
          "5s u started",
          "6s u exited 1",
          "6s web 1 CHECKING",
          "6s web 1 FAILED"
        ])
      })
    ))
})

describe("a retry", () => {
  it.effect("of what runs, is done or was never told does nothing", () =>
    withNode(
      cltab("web:a:1:once:a", "web:w:1:wait:w", "db:t:1:test:t"),
      { w: { runs: 0 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 second")
        node.news()
        for (const name of [undefined, "web", "web/a", "web/w", "db", "db/t"]) {
          assert.deepStrictEqual(yield* retried(node, name), [])
        }
        assert.deepStrictEqual(node.news(), [])
      })
    ))

  it.effect("of what the cltab does not have is refused, and says which", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        assert.strictEqual(yield* refusal(node, "wbe"), "no such group: wbe (did you mean web?)")
        assert.strictEqual(
          yield* refusal(node, "web/b"),
          "no such group or entry: web/b (did you mean web/a?)"
        )
        assert.strictEqual(yield* refusal(node, "a"), "no such group: a (did you mean web/a?)")
        assert.strictEqual(yield* refusal(node, "web/"), "no such group or entry: web/ (did you mean web?)")
      })
    ))

  it.effect("takes names with a slash for what the cltab has, and refuses what has two meanings", () =>
    withNode(
      cltab("a:b/c:1:test:t", "a/b:d:1:test:t", "a:b:1:test:t", "a/b:c:2:test:t"),
      { t: fails },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("a", "1")
        yield* node.tell("a/b", "1")
        yield* node.after("5 seconds")
        assert.strictEqual(
          yield* refusal(node, "a/b"),
          "a/b is ambiguous: it is the group of line 2 and the entry of line 3; give one of them another name"
        )
        assert.strictEqual(
          yield* refusal(node, "a/b/c"),
          "a/b/c is ambiguous: it is the entry of line 1 and the entry of line 4; give one of them another name"
        )
        assert.deepStrictEqual(yield* retried(node, "a/b/d"), ["a/b 1: d"])
        assert.deepStrictEqual(yield* retried(node, "a"), ["a 1: b/c b"])
      })
    ))

  it.effect("reads the cltab first: edits count, errors refuse it, groups that are gone are halted", () =>
    withNode(
      cltab(":::web/t/success:0", "web:t:1:test:t", "db:a:1:once:a"),
      { t: fails },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("db", "1")
        yield* node.after("5 seconds")
        node.cltab.write("web:t:1:tset:t\n")
        assert.include(yield* refusal(node, "web/t"), "did you mean test?")
        node.cltab.write(cltab(":::web/t/success:1", "web:t:1:test:t"))
        node.news()
        yield* retried(node, "web/t")
        assert.deepStrictEqual(yield* node.after("5 seconds"), [
          "5s db 1 HALTING",
          "5s a SIGINT",
          "5s a died of SIGINT",
          "5s db 1 CONFIGURED",
          "5s db forgotten",
          "5s web 1 STARTING",
          "5s t started",
          "6s t exited 1",
          "6s web 1 CHECKING",
          "6s web 1 PASSED"
        ])
      })
    ))

  it.effect("of an entry that the cltab took from the level starts nothing", () =>
    withNode(
      cltab("web:t:1:test:t"),
      { t: fails },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("5 seconds")
        node.cltab.write(cltab("web:t:2:test:t"))
        assert.deepStrictEqual(yield* retried(node, "web/t"), [])
      })
    ))

  it.effect("while the level is on its way does not lose what is under way, nor the wait for it", () =>
    withNode(
      cltab("web:t:1:test:t", "web:w:1:wait:w"),
      { t: [fails, { runs: "1 second" }], w: { runs: "10 seconds" } },
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        yield* node.after("5 seconds")
        assert.deepStrictEqual(yield* retried(node), ["web 1: t"])
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "5s web 1 STARTING",
          "5s t started",
          "6s t exited 0",
          "11s w exited 0",
          "11s web 1 CHECKING",
          "11s web 1 DONE"
        ])
        assert.deepStrictEqual(outcome() as unknown, { state: "DONE", failed: [] })
      })
    ))

  it.effect("is not lost when a tell of the same level comes at once", () =>
    withNode(
      cltab("web:t:1:test:t"),
      { t: [fails, { runs: 0 }] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("5 seconds")
        node.news()
        yield* node.daemon.retry()
        yield* node.tell("web", "1")
        yield* node.after("1 second")
        assert.strictEqual(node.state("web"), "1 PASSED")
        assert.strictEqual(node.trace.lines().filter((line) => line.endsWith("t started")).length, 2)
      })
    ))

  it.effect("that another level overtakes is superseded like a tell", () =>
    withNode(
      cltab("web:t:1:test:t"),
      { t: fails },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("5 seconds")
        const { retrials } = yield* node.retry()
        const outcome = yield* node.watch({ warnings: [], settling: retrials[0]!.settling })
        yield* node.tell("web", "2")
        assert.strictEqual(outcome(), "web was told level 2 before it settled at level 1")
      })
    ))

  it.effect("is refused by a daemon that shuts down", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.halt
        assert.strictEqual(yield* refusal(node, "web"), "the daemon is shutting down")
      })
    ))
})
