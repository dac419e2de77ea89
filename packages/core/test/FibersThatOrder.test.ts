import type { Clinit } from "@clinit/core/Clinit"
import * as Entry from "@clinit/core/Entry"
import * as ClinitTest from "@clinit/core/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

type Service = Clinit["Service"]

/** A group whose entry of the level `run` does this with its own supervisor, at once and for good. */
const ordering = Effect.fnUntraced(function*(act: (clinit: Service) => Effect.Effect<unknown, unknown>) {
  const own = yield* Deferred.make<Service>()
  const test = yield* ClinitTest.make({
    entries: [
      Entry.effect("shop", "chief", {
        levels: ["run"],
        mode: "once",
        effect: Effect.flatMap(Deferred.await(own), act)
      }),
      Entry.process("shop", "night", { levels: ["night"], mode: "respawn", command: "night" })
    ]
  })
  yield* Deferred.succeed(own, test.clinit())
  return test
})

describe("an effect that orders its own supervisor about", () => {
  it.effect("and sends its group elsewhere is stopped by that, though it waits for the outcome", () =>
    Effect.gen(function*() {
      const test = yield* ordering(({ reach }) => reach("shop", "night"))
      yield* test.tell("shop", "run")
      yield* test.after("1 minute")
      assert.deepStrictEqual(test.lines({ kind: ["Ended", "Started"] }), [
        "0s chief started",
        "0s chief died of SIGINT",
        "0s night started"
      ])
      assert.strictEqual((yield* test.clinit().statusOf("shop")).state, "DONE")
    }))

  it.effect("and shuts everything down is stopped by that, and holds nothing up", () =>
    Effect.gen(function*() {
      const test = yield* ordering(({ shutdown }) => shutdown)
      yield* test.tell("shop", "run")
      yield* test.clinit().down
      assert.deepStrictEqual(test.lines({ tag: "chief" }), [
        "0s chief started",
        "0s chief SIGINT",
        "0s chief died of SIGINT"
      ])
    }))

  it.effect("and does so while it is being stopped is refused, if that is a shutdown", () =>
    Effect.gen(function*() {
      const exits: Array<string> = []
      const test = yield* ordering(({ apply, tell }) =>
        Effect.ensuring(
          Effect.never,
          Effect.forEach([Effect.asVoid(tell("shop", "night")), Effect.asVoid(apply)], (order) =>
            Effect.map(Effect.exit(order), (exit) => {
              const [reason] = Exit.isFailure(exit) ? exit.cause.reasons : []
              exits.push(reason?._tag === "Fail" ? reason.error._tag : exit._tag)
            }))
        )
      )
      yield* test.tell("shop", "run")
      yield* test.shutdown
      assert.deepStrictEqual(exits, ["ShuttingDown", "ShuttingDown"])
    }))
})
