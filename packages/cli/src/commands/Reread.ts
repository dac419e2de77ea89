import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as Effect from "effect/Effect"
import * as Flags from "../Flags.ts"
import * as Identity from "../Identity.ts"
import * as Outcomes from "../Outcomes.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Wait from "../Wait.ts"

/**
 * Has the daemon load its cltab, and with `apply` replace at once what has changed; silent, as the original, if there
 * is nothing to warn of and nothing was told again. Waited for, it fails if groups settle as FAILED, and names them.
 */
export const reread = (flags: Flags.Shared, apply: boolean) => {
  const order = Effect.gen(function*() {
    const client = yield* ClinitClient
    const { applied = [], warnings } = yield* client.reread({
      apply,
      wait: Flags.waits(flags),
      ...Identity.self()
    })
    yield* Output.warn(warnings)
    yield* Outcomes.show(applied)
  })
  return Session.withClient(flags, Wait.atMost(order, "what the cltab asks for", flags))
}
