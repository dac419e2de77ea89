import * as Beat from "@clinit/core/node/Beat"
import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

it.live("who waits for the same beat is woken in the same moment, though they did not come in the same", () =>
  Effect.gen(function*() {
    const beat = Beat.every(Duration.millis(200))
    const woken: Array<number> = []
    const waits = Effect.andThen(beat, Effect.sync(() => void woken.push(performance.now())))
    const first = yield* Effect.forkChild(waits, { startImmediately: true })
    yield* Beat.every(Duration.millis(50))
    const second = yield* Effect.forkChild(waits, { startImmediately: true })
    yield* Fiber.joinAll([first, second])
    assert.isBelow(woken[1]! - woken[0]!, 20)
  }))

it.live("who is interrupted while it waits takes the beat from nobody else", () =>
  Effect.gen(function*() {
    const beat = Beat.every(Duration.millis(100))
    const gone = yield* Effect.forkChild(beat, { startImmediately: true })
    const other = yield* Effect.forkChild(beat, { startImmediately: true })
    yield* Fiber.interrupt(gone)
    yield* Fiber.join(other)
    yield* Fiber.interrupt(yield* Effect.forkChild(beat, { startImmediately: true }))
    yield* beat
  }))
