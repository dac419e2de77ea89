import * as ClinitTest from "@clinit/core/testing"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"

it.effect("when my worker dies six times in a second it pauses for a minute", () =>
  Effect.gen(function*() {
    const clinit = yield* ClinitTest.make({
      text: "app:worker:run,:respawn:node worker.js",
      scripts: { worker: { runs: "100 millis", exits: 1 } }
    })
    yield* clinit.tell("app", "run")
    const deaths = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7].map((seconds) => `${seconds}s worker exited 1`)
    yield* clinit.expect("1 minute", [...deaths, "0.7s worker pauses for 60s"], { kind: ["Ended", "Paused"] })
    yield* clinit.expect("0.7 seconds", ["60.7s worker started"])
  }))
