import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Node } from "./support/Node.ts"
import { cltab, withMachine, withNode } from "./support/Node.ts"

const entries = Effect.fnUntraced(function*(node: Node) {
  const { groups } = yield* node.daemon.status
  return groups.flatMap(({ processes, stopped = [] }) => [
    ...processes.map(({ byHand, modified, restarts, state, tag }) =>
      [tag, state._tag, restarts, byHand === true ? "byHand" : "", modified === true ? "modified" : ""]
        .filter((
          word
        ) => word !== "" && word !== 0).join(" ")
    ),
    ...stopped.map(({ byHand, tag }) => `(${tag}${byHand === true ? " byHand" : ""})`)
  ])
})

describe("a status", () => {
  it.effect("has the entries in file order, also after a retry, and those that are not started", () =>
    withNode(
      cltab("web:t:1:test:t", "web:a:1:once:a", "web:b:2:once:b", "web:o:1:off:o"),
      { t: { runs: 0, exits: 1 } },
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual(yield* entries(node), ["(t)", "(a)", "(b)", "(o)"])
        yield* node.tell("web", "1")
        yield* node.retry("web/t")
        assert.deepStrictEqual(yield* entries(node), ["t Failed", "a Running", "(b)", "(o)"])
        yield* node.order("stop", "web/a")
        yield* node.order("start", "web/b")
        assert.deepStrictEqual(yield* entries(node), ["t Failed", "b Running byHand", "(a byHand)", "(o)"])
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* entries(node), ["t Failed", "a Running", "(b)", "(o)"])
      })
    ))

  it.effect("says of each entry whether the file, read or not, has another line for what was started, or none", () =>
    withNode(
      cltab("web:a:1:once:a", "web:b:1:once:b", "web:c:1:once:c", "web:d:1:once:d"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const now = ["a Running", "b Running modified", "c Running modified", "d Running"]
        node.cltab.write(cltab(":::web/d/stop:KILL", "web:a:2:once:a", "web:b:1:once:b2", "web:d:1:once:d"))
        assert.deepStrictEqual(yield* entries(node), now)
        yield* node.reread
        assert.deepStrictEqual((yield* entries(node)).toSorted(), now)
        node.cltab.write("web:a:1:onec:a\n")
        assert.deepStrictEqual((yield* entries(node)).toSorted(), now)
        node.cltab.write(cltab("web:a:1:once:a", "web:b:1:once:b2"))
        yield* node.daemon.apply
        assert.deepStrictEqual(yield* entries(node), ["a Running", "b Running"])
      })
    ))

  it.effect("counts restarts on when a daemon takes the process over", () =>
    withMachine(
      cltab("web:r:1:respawn:r"),
      { r: [{ runs: "2 seconds" }, { runs: "2 seconds" }, { runs: "10 seconds" }, {}] },
      Effect.fnUntraced(function*({ boot, crash }) {
        const node = yield* Effect.orDie(boot())
        yield* Effect.provideContext(node.tell("web", "1"), node.context)
        yield* node.after("5 seconds")
        assert.strictEqual(node.process("web", "r")?.restarts, 2)
        yield* crash
        const next = yield* Effect.orDie(boot())
        assert.deepStrictEqual(yield* Effect.provideContext(entries(next), next.context), ["r Running 2"])
        yield* next.after("10 seconds")
        assert.deepStrictEqual(yield* Effect.provideContext(entries(next), next.context), ["r Running 3"])
      })
    ))

  it.effect("names the pid of what is being stopped only while that process lives, and what comes next", () =>
    withNode(
      cltab("web:a:1:once:a"),
      { a: { survivors: "8 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.order("stop", "web/a")
        const { groups } = yield* node.daemon.status
        assert.deepStrictEqual(groups[0]?.processes[0]?.state as unknown, {
          _tag: "Stopping",
          signal: "SIGINT",
          next: "SIGTERM",
          nextAt: 5_000
        })
      })
    ))

  it.effect("tells why something pauses", () =>
    withNode(
      cltab("web:q:1:respawn:q", "web:x:1:respawn:x"),
      { q: { runs: 0 }, x: { refused: "EAGAIN" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const why = (tag: string) => {
          const state = node.process("web", tag)?.state
          return state?._tag === "Pausing" ? state.why : undefined
        }
        assert.deepStrictEqual([why("q"), why("x")], [
          "it died 6 times, each within 1 s of the one before",
          "it cannot be started"
        ])
      })
    ))
})
