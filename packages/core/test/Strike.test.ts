import * as Cltab from "@clinit/core/Cltab"
import * as Escalation from "@clinit/core/Escalation"
import * as Group from "@clinit/core/Group"
import { History } from "@clinit/core/History"
import { Ledger } from "@clinit/core/Ledger"
import type { Child } from "@clinit/core/Spawner"
import { Spawner } from "@clinit/core/Spawner"
import { StatusBoard } from "@clinit/core/StatusBoard"
import * as ScriptedSpawner from "@clinit/core/testing/ScriptedSpawner"
import { Trace } from "@clinit/core/testing/Trace"
import { Trouble } from "@clinit/core/Trouble"
import { GroupName, Level } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"

/** What children are sent, ahead and then, when the group of these entries is told level 2 after ten seconds at level 1. */
const sentBy = (lines: ReadonlyArray<string>, scripts: ScriptedSpawner.Scripts) =>
  Effect.gen(function*() {
    const sent: Array<string> = []
    const spawner = Layer.effect(
      Spawner,
      Effect.map(Spawner, (below) => ({
        ...below,
        spawn: (entry, mark) =>
          Effect.map(below.spawn(entry, mark), (child): Child => ({
            ...child,
            strike: (signal) => void sent.push(`${entry.tag} ${signal} ahead`),
            signal: (signal) =>
              Effect.andThen(
                Effect.sync(() => void sent.push(`${entry.tag} ${signal}`)),
                child.signal(signal)
              )
          }))
      }))
    ).pipe(Layer.provide(ScriptedSpawner.layer(scripts)))
    return yield* Effect.scoped(Effect.gen(function*() {
      const { entries } = Cltab.parse(lines.map((line) => `${line}\n`).join(""))
      const group = yield* Group.make(GroupName.make("web"), yield* Effect.scope, () => {})
      yield* group.tell(Level.make("1"), entries)
      yield* TestClock.adjust("10 seconds")
      sent.length = 0
      yield* group.tell(Level.make("2"), entries)
      yield* TestClock.adjust("1 second")
      const then = [...sent]
      yield* group.halt("end")
      yield* TestClock.adjust("10 minutes")
      return then
    })).pipe(Effect.provide(
      Layer.mergeAll(spawner, StatusBoard.layer, Ledger.volatile, Trouble.layer).pipe(
        Layer.provideMerge(History.volatile),
        Layer.provideMerge(Trace.layer)
      )
    ))
  })

describe("what is stopped together", () => {
  it.effect("gets its first signal ahead, all of it before anything else is done for any", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* sentBy(["web:a:1:once:a", "web:b:1:respawn:b", "web:c:2:once:c"], {}), [
        "a SIGINT ahead",
        "b SIGINT ahead",
        "a SIGINT",
        "a SIGCONT",
        "b SIGINT",
        "b SIGCONT"
      ])
    }))

  it.effect("gets nothing ahead that has ended, pauses, or is being stopped already", () =>
    Effect.gen(function*() {
      const lines = [
        "web:ended:1:once:ended",
        "web:pausing:1:respawn:pausing",
        "web:late:1:wait:late",
        "web:c:2:once:c"
      ]
      const settings = [":::respawn.hits:0", ":::respawn.window:1h", ":::timeout:1s", ":::stop:INT 1m, KILL"]
      const sent = yield* sentBy([...settings, ...lines], {
        ended: { runs: "1 second" },
        pausing: { runs: "1 second" },
        late: { ignores: ["SIGINT"], dies: "1 second" }
      })
      assert.deepStrictEqual(sent.filter((line) => line.endsWith("ahead")), [])
    }))

  it("gets a step that is a command in its turn only", () => {
    const [entry] = Cltab.parse(`:::stop:"save" 5s, INT\nweb:a:1:once:a\n`).entries
    const sent: Array<string> = []
    const child = { strike: (signal: string) => void sent.push(signal) } as unknown as Child
    const plan = { steps: [{ signal: "SIGTERM", graceMillis: 0 }], repeatMillis: 0 } as const
    Escalation.strike(child, entry!, plan)
    assert.deepStrictEqual(sent, [])
    Escalation.strike(child, { ...entry!, settings: {} }, plan)
    assert.deepStrictEqual(sent, ["SIGTERM"])
  })
})
