import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as Effect from "effect/Effect"
import { LevelFailed } from "../CommandError.ts"
import * as Flags from "../Flags.ts"
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
    const { applied = [], warnings } = yield* client.reread({ apply, wait: Flags.waits(flags) })
    yield* Output.warn(warnings)
    const failures: Array<LevelFailed> = []
    for (const { group, level, outcome } of applied) {
      if (outcome === undefined) yield* Output.print(`${group} ${level}: level transition started`)
      else if (outcome.state === "FAILED") failures.push(new LevelFailed({ group, level, outcome }))
      else yield* Output.print(`${group} ${level} ${outcome.state}`)
    }
    const last = failures.pop()
    yield* Effect.forEach(failures, (failure) => Output.complain(failure.message))
    if (last !== undefined) yield* last
  })
  return Session.withClient(flags, Wait.atMost(order, "what the cltab asks for", flags))
}
