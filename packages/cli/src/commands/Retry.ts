import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { LevelFailed } from "../CommandError.ts"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Wait from "../Wait.ts"

/** Has the daemon start again what has failed, and at once what pauses: everything, or of this group or entry. */
export const retry = (name: Option.Option<string>, flags: Flags.Shared) => {
  const order = Effect.gen(function*() {
    const client = yield* ClinitClient
    const { message, outcomes, retried, warnings } = yield* client.retry({
      ...Option.match(name, { onNone: () => ({}), onSome: (name) => ({ name }) }),
      wait: Flags.waits(flags)
    })
    yield* Output.warn(warnings)
    if (retried.length === 0) return yield* Output.print(message)
    yield* Output.print(retried.map(({ group, tag }) => `${group}/${tag} is started again\n`).join(""))
    const failures: Array<LevelFailed> = []
    for (const { group, level, outcome } of outcomes ?? []) {
      if (outcome.state === "FAILED") failures.push(new LevelFailed({ group, level, outcome }))
      else yield* Output.print(`${group} ${level} ${outcome.state}`)
    }
    const last = failures.pop()
    yield* Effect.forEach(failures, (failure) => Output.complain(failure.message))
    if (last !== undefined) return yield* last
  }).pipe(Effect.tapErrorTag("UnknownGroup", (error) => Output.print(error.message)))
  return Session.withClient(flags, Wait.atMost(order, "the retry", flags))
}
