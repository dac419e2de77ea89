import type { Mode } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withNode } from "./support/Node.ts"

/** Ends after a second and leaves a process that runs for 20 more and ignores INT. */
const leaver = { runs: "1 second", survivors: "20 seconds" } as const

describe("what an entry leaves that ends by itself", () => {
  const left = ["1s a exited 0"]
  const stopped = ["1s a exited 0", "1s a SIGINT", "6s a SIGTERM", "16s a SIGKILL"]
  const cases: ReadonlyArray<readonly [mode: Mode, setting: string, events: ReadonlyArray<string>]> = [
    ["once", "", left],
    ["once", ":::tree:strict", stopped],
    ["wait", "", left],
    ["wait", ":::web/tree:strict", stopped],
    ["test", "", left],
    ["test", ":::web/a/tree:strict", stopped],
    ["respawn", "", [...stopped, "21s a started", "22s a exited 0", "22s a SIGINT", "27s a SIGTERM"]],
    ["respawn", ":::web/a/tree:loose", ["1s a exited 0", "1s a started", "2s a exited 0", "2s a started"]]
  ]
  for (const [mode, setting, events] of cases) {
    it.effect(`of mode ${mode} ${setting === "" ? "by default" : `with ${setting}`}`, () =>
      withNode(
        cltab(setting, `web:a:1:${mode}:a`),
        { a: leaver },
        Effect.fnUntraced(function*(node) {
          yield* node.tell("web", "1")
          node.news()
          const trace = yield* node.after("30 seconds")
          const ofEntry = trace.filter((line) => line.includes(" a "))
          assert.deepStrictEqual(ofEntry.slice(0, events.length), events)
          if (mode !== "respawn") assert.strictEqual(ofEntry.length, events.length)
        })
      ))
  }

  it.effect("holds up a strict wait entry's successor", () =>
    withNode(
      cltab(":::web/a/tree:strict", "web:a:1:wait:a", "web:b:1:once:b"),
      { a: { runs: "1 second", survivors: "3 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "1s a exited 0",
          "1s a SIGINT",
          "4s b started",
          "4s web 1 CHECKING",
          "4s web 1 DONE"
        ])
      })
    ))

  it.effect("is judged by the cltab as it was at the last tell, also for a process that stayed", () =>
    withNode(
      cltab("web:a:12:once:a"),
      { a: { runs: "10 seconds", survivors: "20 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(cltab(":::web/a/tree:strict", "web:a:12:once:a"))
        yield* node.tell("web", "2")
        node.news()
        assert.deepStrictEqual(yield* node.after("11 seconds"), ["10s a exited 0", "10s a SIGINT"])
      })
    ))
})

describe("a process that outlives KILL", () => {
  it.effect("is a trouble that status shows until it is gone", () =>
    withNode(
      cltab("web:a:1:respawn:a"),
      { a: { ignores: ["SIGINT", "SIGTERM", "SIGKILL"], runs: "1 minute" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const pid = node.pid("web", "a")
        yield* node.tell("web", "0")
        yield* node.after("29 seconds")
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [])
        yield* node.after("1 second")
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [
          `web/a: pid ${pid} or a descendant lives on in spite of SIGKILL`
        ])
        yield* node.after("30 seconds")
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [])
        assert.strictEqual(node.log().length, 1)
      })
    ))
})
