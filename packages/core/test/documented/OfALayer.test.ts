import { Clinit } from "@clinit/core/Clinit"
import * as ClinitTest from "@clinit/core/testing"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const program = Effect.gen(function*() {
  const clinit = yield* Clinit
  yield* clinit.tell("shop", "run")
})

it.effect("the program starts its worker", () =>
  Effect.gen(function*() {
    yield* program
    yield* ClinitTest.expect("1 second", ["0s worker started"], { kind: "Started" })
  }).pipe(
    Effect.provide(
      Clinit.layer({ text: "shop:worker:run,:respawn:node worker.js" }).pipe(
        Layer.provideMerge(ClinitTest.machine({ scripts: { worker: { runs: "1 hour" } } }))
      )
    )
  ))
