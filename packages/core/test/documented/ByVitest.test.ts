import * as ClinitTest from "@clinit/core/testing"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"

it.effect("a worker that ignores INT gets TERM five seconds later, and the database goes on", () =>
  Effect.gen(function*() {
    const clinit = yield* ClinitTest.make({
      text: `
shop:db:run,dev:respawn:postgres
shop:worker:run,:respawn:node worker.js
`,
      scripts: { worker: { ignores: ["SIGINT"], dies: "300 millis" } }
    })
    yield* clinit.tell("shop", "run")
    yield* clinit.after("1 minute")
    yield* clinit.tell("shop", "dev")
    yield* clinit.expect(
      "1 minute",
      ClinitTest.timeline`
        60s    shop run STOPPING
               worker SIGINT
        65s    worker SIGTERM
        65.3s  worker died of SIGTERM
               shop dev STARTING
               shop dev CHECKING
               shop dev DONE
      `
    )
  }))
