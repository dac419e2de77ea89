import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as Effect from "effect/Effect"
import { LevelFailed } from "../CommandError.ts"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Wait from "../Wait.ts"

/**
 * Has the daemon load its cltab, and with `apply` replace at once what has changed; silent, as the original, if there
 * is nothing to warn of and nothing was told again. Waited for, it fails if a group settles as FAILED.
 */
export const reread = (flags: Flags.Shared, apply: boolean) => {
  const order = Effect.gen(function*() {
    const client = yield* ClinitClient
    const { applied = [], warnings } = yield* client.reread({ apply, wait: Flags.waits(flags) })
    yield* Output.warn(warnings)
    for (const { group, level, outcome } of applied) {
      if (outcome === undefined) yield* Output.print(`${group} ${level}: level transition started`)
      else if (outcome.state !== "FAILED") yield* Output.print(`${group} ${level} ${outcome.state}`)
    }
    const failed = applied.find(({ outcome }) => outcome?.state === "FAILED")
    if (failed?.outcome !== undefined) yield* new LevelFailed({ ...failed, outcome: failed.outcome })
  })
  return Session.withClient(flags, Wait.atMost(order, "what the cltab asks for", flags))
}
