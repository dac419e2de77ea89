import { Clinit } from "@clinit/core/Clinit"
import * as Entry from "@clinit/core/Entry"
import type { Machine } from "@clinit/core/Machine"
import * as ClinitTest from "@clinit/core/testing"
import { assert, describe, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

const text = "web:a:run,:respawn:a\n:::respawn.hts:3\n"

/** What is logged while a supervisor is made, as text. */
const logged = (make: Effect.Effect<unknown, unknown, Machine | Scope.Scope>) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push([message].flat().join(" ")))
    yield* Effect.scoped(make).pipe(
      Effect.provide(Logger.layer([logger])),
      Effect.provide(ClinitTest.machine({ cltab: text }))
    )
    return lines
  })

// The compiler refuses it only where it can see it.
const settings = { "respawn.hitz": 3 } as Entry.Settings
const hint = "is ignored (did you mean respawn.hits?)"
const ofSettings = `entries:0:1: warning: unknown setting "respawn.hitz" ${hint}`

describe("what a cltab warns of is logged when a supervisor is made", () => {
  it.effect("of a text, and of settings in code beside it", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* logged(Clinit.make({ text, settings })), [
        ofSettings,
        `cltab:2:4: warning: unknown setting "respawn.hts" ${hint}`
      ])
    }))

  it.effect("of a file, and of settings in code beside it", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* logged(Clinit.make({ cltab: "/etc/cltab", settings })), [
        ofSettings,
        `/etc/cltab:2:4: warning: unknown setting "respawn.hts" ${hint}`
      ])
    }))

  it.effect("of entries in code", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* logged(Clinit.make({ entries: [Entry.group("web", {})], settings })), [
        ofSettings
      ])
    }))
})

it.effect("no events at all are what a history of none is, and before the first there was none to be missed", () =>
  Effect.gen(function*() {
    const clinit = yield* Clinit.make({ text })
    yield* clinit.tell("web", "run")
    for (const limit of [0, -1, 0.5, NaN]) {
      assert.deepStrictEqual((yield* clinit.history("web", limit)).events, [], String(limit))
    }
    const first = yield* Stream.runHead(clinit.events({ since: -1 }))
    assert.deepStrictEqual(Option.map(first, ({ _tag }) => _tag), Option.some("Event"))
    yield* ClinitTest.inTime(clinit.shutdown)
  }).pipe(Effect.scoped, Effect.provide(ClinitTest.machine())))

it.effect("a time between the tries of a stop that is none is refused as a setting would be", () =>
  Effect.gen(function*() {
    for (const stopRepeat of [-5_000, Infinity, "5 secs" as Duration.Input]) {
      const error = yield* Effect.flip(Effect.scoped(Clinit.make({ text, timings: { stopRepeat } })))
      assert.match(
        error.message,
        /^entries:0:1: error: timings\.stopRepeat is a time up to 1000d .*, not .*$/
      )
    }
  }).pipe(Effect.provide(ClinitTest.machine())))
