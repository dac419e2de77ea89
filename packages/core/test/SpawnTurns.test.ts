import * as SpawnTurns from "@clinit/core/node/SpawnTurns"
import type { Urgency } from "@clinit/core/SpawnQueue"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/** Turns whose starts are over when the test says so, and the names of those that have begun. */
const scripted = () => {
  const underWay: Array<() => void> = []
  const begun: Array<string> = []
  const turns = SpawnTurns.make((over) => void underWay.push(over))
  const start = (name: string, urgency: Urgency) =>
    Effect.forkChild(turns.take(urgency, Effect.sync(() => void begun.push(name))), {
      startImmediately: true
    })
  return { begun, start, underWay }
}

describe("SpawnTurns", () => {
  it.effect("a start waits until one of its kind is over, and those of a kind go in the order in which they came", () =>
    Effect.gen(function*() {
      const { begun, start, underWay } = scripted()
      for (const name of ["a", "b", "c", "d"]) yield* start(name, "looping")
      assert.deepStrictEqual(begun, ["a", "b"])
      underWay.shift()!()
      assert.deepStrictEqual(begun, ["a", "b", "c"])
      underWay.shift()!()
      assert.deepStrictEqual(begun, ["a", "b", "c", "d"])
    }))

  it.effect("an entry that has lived long is started at once, however many crash loops and first starts wait", () =>
    Effect.gen(function*() {
      const { begun, start } = scripted()
      for (let n = 0; n < 20; n++) yield* start("looping", "looping")
      for (let n = 0; n < 5; n++) yield* start("first", "first")
      yield* start("healthy", "again")
      assert.deepStrictEqual(begun, [
        "looping",
        "looping",
        ...Array.from({ length: 5 }, () => "first"),
        "healthy"
      ])
    }))

  it.effect("one that is interrupted while it waits has no turn, and one that fails gives its own back", () =>
    Effect.gen(function*() {
      const { begun, start, underWay } = scripted()
      for (const name of ["a", "b"]) yield* start(name, "looping")
      yield* Fiber.interrupt(yield* start("c", "looping"))
      yield* start("d", "looping")
      underWay.shift()!()
      assert.deepStrictEqual(begun, ["a", "b", "d"])
      const turns = SpawnTurns.make((over) => over())
      for (let n = 0; n < 20; n++) yield* Effect.flip(turns.take("looping", Effect.fail("refused")))
    }))

  it.live("without anybody who says so, a start is over when the event loop has come round", () =>
    Effect.gen(function*() {
      const turns = SpawnTurns.make()
      let begun = 0
      const level = Effect.forEach(
        Array.from({ length: 20 }),
        () => turns.take("first", Effect.sync(() => void begun++)),
        { concurrency: "unbounded", discard: true }
      )
      const fiber = yield* Effect.forkChild(level, { startImmediately: true })
      assert.strictEqual(begun, 6)
      yield* Fiber.join(fiber)
      assert.strictEqual(begun, 20)
    }))
})
