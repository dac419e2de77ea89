import type { Entry } from "@clinit/core/Cltab"
import * as FiberSpawner from "@clinit/core/FiberSpawner"
import { Spawner } from "@clinit/core/Spawner"
import * as ScriptedSpawner from "@clinit/core/testing/ScriptedSpawner"
import { Trace } from "@clinit/core/testing/Trace"
import { GroupName, Tag } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"

class Answer extends Context.Service<Answer, number>()("test/Answer") {}

const entry: Entry = {
  group: GroupName.make("web"),
  tag: Tag.make("f"),
  levels: "1",
  mode: "once",
  command: "# an effect of the program",
  line: 1,
  fiber: true
}

const over = <R>(effect: Effect.Effect<unknown, unknown, R>) =>
  FiberSpawner.layer(new Map([[entry.tag, effect]])).pipe(
    Layer.provide(ScriptedSpawner.layer().pipe(Layer.provide(Trace.layer)))
  )

/** Runs the effect to its end. */
const run = Effect.gen(function*() {
  const child = yield* (yield* Spawner).spawn(entry, "mark.1")
  return yield* child.exit
})

describe("a spawner with effects", () => {
  it.effect("gives an effect the services that its layer was made with", () => {
    let seen: unknown
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* run, { _tag: "Exited", code: 0 })
      assert.strictEqual(seen, 42)
    }).pipe(
      Effect.provide(over(Effect.map(Answer, (answer) => void (seen = answer)))),
      Effect.provideService(Answer, 42)
    )
  })

  it.effect("logs the cause of a failure once, and with all that an effect logs its group and tag", () => {
    const logged: Array<unknown> = []
    const logger = Logger.make<unknown, void>(({ cause, fiber, logLevel, message }) => {
      logged.push([logLevel, message, Cause.squash(cause), fiber.getRef(References.CurrentLogAnnotations)])
    })
    const luckless = Effect.andThen(Effect.logInfo("on my way"), Effect.fail("no luck"))
    return Effect.gen(function*() {
      yield* run
      assert.deepStrictEqual(logged.map((each) => JSON.stringify(each)), [
        JSON.stringify(["Info", ["on my way"], Cause.squash(Cause.empty), { group: "web", tag: "f" }]),
        JSON.stringify(["Error", ["web/f failed"], "no luck", { group: "web", tag: "f" }])
      ])
    }).pipe(Effect.provide(over(luckless)), Effect.provide(Logger.layer([logger])))
  })

  it.effect("gives an effect the span of whoever runs it, not of whoever made the layer", () => {
    let seen: string | undefined
    const named = Effect.map(
      Effect.currentSpan,
      (span) => void (seen = span.name)
    )
    return run.pipe(
      Effect.withSpan("runner"),
      Effect.provide(over(named)),
      Effect.withSpan("maker"),
      Effect.andThen(Effect.sync(() => assert.strictEqual(seen, "runner")))
    )
  })

  it.effect("refuses to start an effect that it does not have", () =>
    Effect.gen(function*() {
      const spawner = yield* Spawner
      const error = yield* Effect.flip(spawner.spawn({ ...entry, tag: Tag.make("g") }, "mark.1"))
      assert.strictEqual(error.reason, "this program has no effect for web/g")
      const { reason } = yield* Effect.flip(spawner.environment(entry))
      assert.strictEqual(reason, "web/f is an effect of the program: it has the program's environment")
    }).pipe(Effect.provide(over(Effect.void))))

  it.effect("calls an effect alive until it is clean, and hears of nothing but the first deadly signal", () => {
    const clean = Effect.ensuring(Effect.never, Effect.sleep("3 seconds"))
    return Effect.gen(function*() {
      const child = yield* (yield* Spawner).spawn(entry, "mark.1")
      assert.isUndefined(child.identity)
      // The first sleep on a test clock that was never adjusted can be interrupted, whatever region it is in.
      yield* TestClock.adjust(0)
      yield* child.signal("SIGSTOP")
      yield* child.signal("SIGTERM")
      yield* child.signal("SIGKILL")
      yield* TestClock.adjust("2 seconds")
      assert.isFalse(child.hasEnded())
      assert.isFalse(child.isExtinct())
      yield* TestClock.adjust("1 second")
      assert.isTrue(child.hasEnded())
      yield* child.extinct
      assert.deepStrictEqual(yield* child.exit, { _tag: "Signaled", signal: "SIGTERM" })
      yield* child.signal("SIGKILL")
      yield* child.run("true", entry)
      assert.deepStrictEqual(yield* child.exit, { _tag: "Signaled", signal: "SIGTERM" })
    }).pipe(Effect.provide(over(clean)))
  })

  it.effect("interrupts what still runs when its scope is closed, and waits for it", () => {
    let isClean = false
    return Effect.gen(function*() {
      const scope = yield* Scope.make()
      const clean = Effect.ensuring(Effect.never, Effect.sync(() => void (isClean = true)))
      const context = yield* Layer.buildWithScope(over(clean), scope)
      const child = yield* Context.get(context, Spawner).spawn(entry, "mark.1")
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(isClean)
      assert.isTrue(child.isExtinct())
    })
  })
})
