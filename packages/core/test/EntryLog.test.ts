import { Daemon } from "@clinit/core/Daemon"
import { StatusBoard } from "@clinit/core/StatusBoard"
import * as EditableCltab from "@clinit/core/testing/EditableCltab"
import * as ScriptedSpawner from "@clinit/core/testing/ScriptedSpawner"
import { Trace } from "@clinit/core/testing/Trace"
import { GroupName, Level } from "@clinit/protocol/Names"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as TestClock from "effect/testing/TestClock"
import { cltab } from "./support/Node.ts"

it.effect("what is logged for a group or an entry says which, whoever it is done for", () => {
  const logged: Array<string> = []
  const logger = Logger.make<unknown, void>(({ fiber, message }) => {
    const annotations = fiber.getRef(References.CurrentLogAnnotations)
    logged.push([String(message), JSON.stringify(annotations)].join(" "))
  })
  return Effect.scoped(Effect.gen(function*() {
    const daemon = yield* Daemon
    yield* daemon.tell(GroupName.make("web"), Level.make("1"))
    yield* TestClock.adjust("1 second")
    yield* daemon.signal("web/app", "HUP")
    yield* TestClock.adjust("5 seconds")
    yield* daemon.order("restart", "web/app")
    yield* TestClock.adjust("30 seconds")
    assert.deepStrictEqual(logged, [
      "web told level 1 {\"group\":\"web\"}",
      "web/job exited 1 {\"group\":\"web\",\"tag\":\"job\"}",
      "web 1 DONE {\"group\":\"web\"}",
      "web/app died of SIGHUP {\"group\":\"web\",\"tag\":\"app\"}",
      "web/app could not be started: no such file {\"group\":\"web\",\"tag\":\"app\"}",
      "app is refused: sleeping 1 seconds {\"group\":\"web\",\"tag\":\"app\"}",
      "web/app was sent SIGHUP: pid 1002 {\"group\":\"web\",\"tag\":\"app\"}",
      "web 1 DONE {\"group\":\"web\"}",
      "web/app: restart by hand {\"group\":\"web\",\"tag\":\"app\"}"
    ])
    yield* daemon.shutdown
    yield* TestClock.adjust("1 minute")
  })).pipe(Effect.provide(
    Daemon.volatile.pipe(
      Layer.provide(Layer.mergeAll(
        StatusBoard.layer,
        EditableCltab.layer(cltab("web:job:1:wait:job", "web:app:1:respawn:app")),
        ScriptedSpawner.layer({
          job: { runs: "1 second", exits: 1 },
          app: [{}, { refused: "no such file" }, {}]
        })
      )),
      Layer.provideMerge(Layer.mergeAll(Trace.layer, Logger.layer([logger])))
    )
  ))
})
