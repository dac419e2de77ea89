import * as ExitWith from "@clinit/core/ExitWith"
import type { StatusBoard } from "@clinit/core/StatusBoard"
import { GroupName, Tag } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { cltab, withMachine, withNode } from "./support/Node.ts"
import type { Node } from "./support/Node.ts"

/** Waits for the end of the group or entry from now on; the function returns it, or nothing yet. */
const waitFor = Effect.fnUntraced(function*({ context }: Node, group: string, tag?: string) {
  const board = context as Context.Context<StatusBoard>
  const fiber = yield* Effect.forkChild(
    Effect.provideContext(
      ExitWith.ending({ group: GroupName.make(group), tag: tag === undefined ? undefined : Tag.make(tag) }),
      board
    ),
    { startImmediately: true }
  )
  return () => {
    const exit = fiber.pollUnsafe()
    return exit?._tag === "Success" ? exit.value : undefined
  }
})

/** When the end came, to the second, and what it was; the node is shut down then, as the daemon does. */
const endOf = Effect.fnUntraced(function*(node: Node, group: string, tag?: string) {
  const ending = yield* waitFor(node, group, tag)
  for (let second = 0; second <= 60; second++) {
    yield* node.after(second === 0 ? 0 : "1 second")
    const end = ending()
    if (end !== undefined) return { second, ...end }
  }
  return undefined
})

const exited = (tag: string, code: number) => ({ tag, end: { _tag: "Exited" as const, code } })

describe("a daemon that ends with a group", () => {
  const rows: ReadonlyArray<
    readonly [
      claim: string,
      lines: ReadonlyArray<string>,
      scripts: Parameters<typeof withNode>[1],
      end: object | undefined
    ]
  > = [
    ["does when the last entry of its level has ended", ["web:a:1:once:a", "web:b:1:wait:b"], {
      a: { runs: "7 seconds", exits: 3 },
      b: { runs: "2 seconds" }
    }, { second: 7, failed: false }],
    ["does not while an entry runs that is run again and again", ["web:a:1:wait:a", "web:b:1:respawn:b"], {
      a: { runs: "1 second" },
      b: [{ runs: "2 seconds" }, {}]
    }, undefined],
    ["does when a test has failed, though others run", ["web:t:1:test:t", "web:r:1:respawn:r"], {
      t: { runs: "2 seconds", exits: 7 },
      r: {}
    }, { second: 2, failed: true, culprit: exited("t", 7) }],
    [
      "does not before the level is settled, and then by the entry that failed first, wherever it stands",
      ["web:r:1:respawn:r", "web:s:1:test:s", "web:t:1:wait:t"],
      { r: { refused: "no memory" }, s: { runs: "1 second", exits: 2 }, t: { runs: "5 seconds" } },
      { second: 6, failed: true, culprit: exited("s", 2) }
    ],
    [
      "does when an entry is given up",
      [":::respawn.hits:1", ":::respawn.pause:10s", ":::respawn.give-up:2", "web:r:1:respawn:r"],
      { r: { runs: 0, exits: 9 } },
      { second: 10, failed: true, culprit: exited("r", 9) }
    ],
    ["does at a level that has nothing to run", ["web:a:2:respawn:a"], {}, { second: 0, failed: false }]
  ]
  for (const [claim, lines, scripts, end] of rows) {
    it.effect(claim, () =>
      withNode(
        cltab(...lines),
        scripts,
        Effect.fnUntraced(function*(node) {
          yield* node.tell("web", "1")
          assert.deepStrictEqual((yield* endOf(node, "web")) as unknown, end)
        })
      ))
  }

  it.effect("does not before it was told a level, nor between two levels", () =>
    withNode(
      cltab("web:a:1:respawn:a", "web:b:2:wait:b"),
      { a: { dies: "5 seconds" }, b: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        const ending = yield* waitFor(node, "web")
        yield* node.after("1 minute")
        yield* node.tell("web", "1")
        yield* node.tell("web", "2")
        yield* node.after("5 seconds")
        assert.isUndefined(ending())
        yield* node.after("1 second")
        assert.deepStrictEqual(ending(), { failed: false })
      })
    ))
})

describe("a daemon that ends with an entry", () => {
  const rows: ReadonlyArray<
    readonly [claim: string, line: string, script: object, end: object | undefined]
  > = [
    ["does when it is done, whatever its exit code", "web:a:1:wait:a", { runs: "3 seconds", exits: 3 }, {
      second: 3,
      failed: false,
      culprit: exited("a", 3)
    }],
    ["does when it has died of a signal", "web:a:1:once:a", { runs: "3 seconds", dieOf: "SIGSEGV" }, {
      second: 3,
      failed: false,
      culprit: { tag: "a", end: { _tag: "Signaled", signal: "SIGSEGV" } }
    }],
    ["does when a test has failed", "web:a:1:test:a", { runs: "3 seconds", exits: 1 }, {
      second: 3,
      failed: true,
      culprit: exited("a", 1)
    }],
    ["does not while it is run again", "web:a:1:respawn:a", { runs: "20 seconds" }, undefined],
    ["does not when its level lacks it", "web:a:2:wait:a", {}, undefined]
  ]
  for (const [claim, line, script, end] of rows) {
    it.effect(claim, () =>
      withNode(
        cltab(line, "web:other:1:respawn:other"),
        { a: script, other: {} },
        Effect.fnUntraced(function*(node) {
          yield* node.tell("web", "1")
          assert.deepStrictEqual((yield* endOf(node, "web", "a")) as unknown, end)
        })
      ))
  }

  it.effect("does at its start when it ended while the one before was killed, with an end that nobody saw", () =>
    withMachine(
      cltab("web:a:1:wait:a", "web:b:1:respawn:b"),
      { a: { runs: "5 seconds" }, b: {} },
      Effect.fnUntraced(function*({ boot, crash }) {
        const node = yield* boot()
        yield* node.tell("web", "1")
        yield* crash
        yield* Effect.asVoid(node.after("1 minute"))
        const next = yield* boot()
        const ending = yield* waitFor(next, "web", "a")
        yield* next.after(0)
        assert.deepStrictEqual(ending(), {
          failed: false,
          culprit: { tag: Tag.make("a"), end: { _tag: "Unknown" } }
        })
      })
    ))
})
