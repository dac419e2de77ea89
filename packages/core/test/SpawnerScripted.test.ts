import * as Cltab from "@clinit/core/Cltab"
import { Machine } from "@clinit/core/Machine"
import { Spawner } from "@clinit/core/Spawner"
import * as ClinitTest from "@clinit/core/testing"
import * as ScriptedSpawner from "@clinit/core/testing/ScriptedSpawner"
import { Trace } from "@clinit/core/testing/Trace"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as SpawnerContract from "./support/Spawner.contract.ts"

const scripts: ScriptedSpawner.Scripts = {
  exits3: { runs: "1 second", exits: 3 },
  leavesSurvivor: { runs: "1 second", survivors: "5 seconds" },
  stubborn: { ignores: ["SIGINT", "SIGTERM"] },
  refused: { refused: "out of processes" }
}
const layer = ScriptedSpawner.layer(scripts).pipe(Layer.provideMerge(Trace.layer))

/** What the test kit's machine starts processes by. */
const machine = Layer.unwrap(Effect.map(Machine, ({ spawner }) => spawner({ name: "contract" }))).pipe(
  Layer.provide(ClinitTest.machine({ scripts })),
  Layer.orDie
)

for (
  const [name, spawner] of [
    ["scripted processes on the test clock", layer],
    ["processes of the test kit's machine", machine]
  ] as const
) {
  describe(name, () => {
    SpawnerContract.claims({
      it: it.effect,
      provide: (test) => Effect.provide(Effect.scoped(test), spawner),
      completes: Effect.fnUntraced(function*(effect) {
        const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
        yield* TestClock.adjust("1 minute")
        return yield* Fiber.join(fiber)
      }),
      subjects: {
        exits3: { command: "exits3" },
        leavesSurvivor: { command: "leavesSurvivor" },
        runs: { command: "runs" },
        stubborn: { command: "stubborn" }
      }
    })
  })
}

it.effect("the scripts of a command's runs are used in order, the last one for all further runs", () =>
  Effect.gen(function*() {
    const trace = yield* Trace
    for (let run = 0; run < 3; run++) {
      const child = yield* SpawnerContract.spawn({ command: "x" })
      yield* TestClock.adjust("1 second")
      yield* child.exit
    }
    assert.deepStrictEqual(trace.lines(), [
      "0s entry started",
      "1s entry exited 1",
      "1s entry started",
      "2s entry exited 2",
      "2s entry started",
      "3s entry exited 2"
    ])
  }).pipe(Effect.provide(
    ScriptedSpawner.layer({ x: [{ runs: "1 second", exits: 1 }, { runs: "1 second", exits: 2 }] }).pipe(
      Layer.provideMerge(Trace.layer)
    )
  )))

it.effect("a refused start leaves nothing behind", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(SpawnerContract.spawn({ command: "refused" }))
    assert.strictEqual(error.message, "out of processes")
    assert.deepStrictEqual((yield* Trace).lines(), ["0s entry refused"])
  }).pipe(Effect.provide(layer)))

it.effect("the environment of a scripted process is what the cltab says, nothing else", () =>
  Effect.gen(function*() {
    const { environment } = yield* Spawner
    const [entry] = Cltab.parse(":::env.A:1\n:::umask:022\ng:a:1:once:x").entries
    assert.deepStrictEqual(yield* environment(entry!), [{ name: "A", value: "1", origin: "setting" }])
  }).pipe(Effect.provide(layer)))
