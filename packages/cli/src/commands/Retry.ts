import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Flags from "../Flags.ts"
import * as Identity from "../Identity.ts"
import * as Outcomes from "../Outcomes.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Wait from "../Wait.ts"

/** Has the daemon start again what has failed, and at once what pauses: everything, or of this group or entry. */
export const retry = (name: Option.Option<string>, flags: Flags.Shared) => {
  const order = Effect.gen(function*() {
    const client = yield* ClinitClient
    const { message, outcomes = [], retried, warnings } = yield* client.retry({
      ...Option.match(name, { onNone: () => ({}), onSome: (name) => ({ name }) }),
      wait: Flags.waits(flags),
      ...Identity.self()
    })
    yield* Output.warn(warnings)
    if (retried.length === 0) return yield* Output.print(message)
    yield* Output.print(retried.map(({ group, tag }) => `${group}/${tag} is started again\n`).join(""))
    yield* Outcomes.show(outcomes)
  }).pipe(Effect.tapErrorTag("UnknownGroup", (error) => Output.print(error.message)))
  return Session.withClient(flags, Wait.atMost(order, "the retry", flags, name))
}
