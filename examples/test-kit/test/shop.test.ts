import * as ClinitTest from "@clinit/core/testing"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"

const cltab = `
shop:db:dev,run:respawn:postgres -D /srv/shop/db
shop:migrate:run,:wait:/srv/shop/bin/migrate
shop:app:run,:respawn:/srv/shop/bin/serve
`

it.effect("the application starts when the migration is done", () =>
  Effect.gen(function*() {
    const clinit = yield* ClinitTest.make({ text: cltab, scripts: { migrate: { runs: "3 seconds" } } })
    yield* clinit.tell("shop", "run")
    yield* clinit.expect("2 seconds", ["0s db started", "0s migrate started"], { kind: ["Started"] })
    yield* clinit.expect("1 second", ["3s app started"], { kind: ["Started"] })
  }))

it.effect("an application that ignores INT is stopped by TERM, and the database runs on", () =>
  Effect.gen(function*() {
    const scripts = { migrate: { runs: "3 seconds" }, app: { ignores: ["SIGINT"] } } as const
    const clinit = yield* ClinitTest.make({ text: cltab, scripts })
    yield* clinit.reach("shop", "run")
    yield* clinit.after("0 seconds")
    yield* clinit.tell("shop", "dev")
    yield* clinit.expect("1 minute", [
      "3s shop run STOPPING",
      "3s app SIGINT",
      "8s app SIGTERM",
      "8s app died of SIGTERM",
      "8s shop dev STARTING",
      "8s shop dev CHECKING",
      "8s shop dev DONE"
    ])
  }))
