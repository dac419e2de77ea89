import { Trouble } from "@clinit/core/Trouble"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"

it.effect("is logged when it comes, changes and goes, and shown for as long as it lasts", () => {
  const log: Array<string> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) =>
    void log.push(`${logLevel}: ${String(message)}`)
  )
  return Effect.gen(function*() {
    const trouble = yield* Trouble
    yield* trouble.clear("disk")
    for (let count = 0; count < 3; count++) yield* trouble.set("disk", "full")
    yield* trouble.set("socket", "gone")
    assert.deepStrictEqual(trouble.all(), ["disk: full", "socket: gone"])
    yield* trouble.set("disk", "read-only")
    assert.deepStrictEqual(trouble.all(), ["disk: read-only", "socket: gone"])
    for (let count = 0; count < 3; count++) yield* trouble.clear("disk")
    assert.deepStrictEqual(trouble.all(), ["socket: gone"])
    yield* trouble.set("disk", "full")
    assert.deepStrictEqual(log, [
      "Warn: disk: full",
      "Warn: socket: gone",
      "Warn: disk: read-only",
      "Info: disk: well again",
      "Warn: disk: full"
    ])
  }).pipe(Effect.provide(Trouble.layer), Effect.provide(Logger.layer([logger])))
})
