import * as Entry from "@clinit/core/Entry"
import * as ClinitTest from "@clinit/core/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"

const levels = ["run"]

/** Entries of every mode and temper: at each moment of the story below some of them are in the middle of something. */
const entries = [
  Entry.process("web", "both", { levels: ["run", "dev"], mode: "respawn", command: "both" }),
  Entry.process("web", "prepare", { levels, mode: "wait", command: "prepare" }),
  Entry.process("web", "check", { levels, mode: "test", command: "check" }),
  Entry.process("web", "deaf", {
    levels,
    mode: "respawn",
    command: "deaf",
    settings: { output: { pipe: "logger" } }
  }),
  Entry.process("web", "loop", { levels, mode: "respawn", command: "loop" }),
  Entry.process("web", "mock", { levels: ["dev"], mode: "once", command: "mock" }),
  Entry.effect("web", "fiber", {
    levels,
    mode: "respawn",
    effect: Effect.ensuring(Effect.never, Effect.sleep("3 seconds"))
  })
]

const scripts: ClinitTest.Scripts = {
  both: { ignores: ["SIGINT"], forks: "300 millis" },
  prepare: { runs: "3 seconds" },
  check: { runs: "1 second" },
  deaf: { ignores: ["SIGINT", "SIGTERM"], survivors: "1 second" },
  "deaf/output": { dies: "2 seconds" },
  loop: { runs: "100 millis", exits: 1 },
  mock: { dies: "4 seconds" }
}

/** What is ordered, by the second. */
const story = (test: ClinitTest.Trial): Readonly<Record<number, Effect.Effect<unknown, unknown>>> => ({
  0: test.tell("web", "run"),
  8: test.stop("web/deaf"),
  10: test.tell("web", "dev"),
  18: test.tell("web", "run"),
  22: test.restart("web/both"),
  38: test.retry("web"),
  40: test.stop("web"),
  42: test.start("web"),
  60: Effect.forkDetach(test.clinit().shutdown, { startImmediately: true })
})

const lastSecond = 80

/** Plays the story until this moment. */
const playUntil = Effect.fnUntraced(function*(test: ClinitTest.Trial, seconds: number) {
  const orders = story(test)
  for (let at = 0; at <= seconds; at += 0.5) {
    if (at > 0) yield* TestClock.adjust("500 millis")
    yield* Effect.ignore(orders[at] ?? Effect.void)
  }
})

const moments = Array.from({ length: 2 * lastSecond + 1 }, (_, half) => half / 2)

describe("a supervisor that is closed", () => {
  // The kit itself dies if a process is left, or if a state follows one that it must not.
  it.effect(
    `at any of ${moments.length} moments of a story with every kind of transition leaves nothing, and within its stop schedule`,
    () =>
      Effect.forEach(moments, (seconds) =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const test = yield* Scope.provide(ClinitTest.make({ entries, scripts }), scope)
          yield* playUntil(test, seconds)
          const begun = yield* Clock.currentTimeMillis
          yield* Scope.close(scope, Exit.void)
          assert.deepStrictEqual(test.processes(), [], `${seconds} s`)
          const took = (yield* Clock.currentTimeMillis) - begun
          assert.isAtMost(took, 20_000, `closed at ${seconds} s`)
          assert.deepStrictEqual(test.lines({ kind: ["Illegal"] }), [])
        })),
    { timeout: 120_000 }
  )

  it.effect("tells all who wait for an outcome that there will be none", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const test = yield* Scope.provide(ClinitTest.make({ entries, scripts }), scope)
      const waiting = <A, E>(effect: Effect.Effect<A, E>) =>
        Effect.forkChild(Effect.flip(effect), { startImmediately: true })
      const clinit = test.clinit()
      const reach = yield* waiting(clinit.reach("web", "run"))
      const restart = yield* waiting(Effect.flatMap(clinit.restart("web/both"), ({ settling }) => settling))
      const ending = yield* Effect.forkChild(clinit.ending("web"), { startImmediately: true })
      yield* test.after("1 second")
      yield* Scope.close(scope, Exit.void)
      const said = [yield* Fiber.join(reach), yield* Fiber.join(restart)]
      assert.deepStrictEqual(said.map(({ message }) => message), [
        "web was halted before it settled at level run",
        "web was halted before it settled at level run"
      ])
      assert.strictEqual(ending.pollUnsafe(), undefined)
      yield* Fiber.interrupt(ending)
    }))
})
