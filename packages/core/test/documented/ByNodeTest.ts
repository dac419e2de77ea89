import * as ClinitTest from "@clinit/core/testing"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { test } from "node:test"

const onTestClock = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) =>
  Effect.runPromise(Effect.provide(Effect.scoped(effect), TestClock.layer()))

test("a worker is started", () =>
  onTestClock(Effect.gen(function*() {
    const clinit = yield* ClinitTest.make({ text: "shop:worker:run,:respawn:node worker.js" })
    yield* clinit.tell("shop", "run")
    yield* clinit.expect("1 second", ["0s worker started"], { kind: "Started" })
  })))
