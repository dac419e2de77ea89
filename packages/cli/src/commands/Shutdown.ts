import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as Effect from "effect/Effect"
import * as Flags from "../Flags.ts"
import * as Identity from "../Identity.ts"
import * as Session from "../Session.ts"
import * as Wait from "../Wait.ts"

/** Has the daemon stop everything and end; silent, as the original. */
export const shutdown = (flags: Flags.Shared) =>
  Session.withClient(
    flags,
    Wait.atMost(
      Effect.asVoid(
        Effect.flatMap(ClinitClient, (client) =>
          client.shutdown({ wait: Flags.waits(flags), ...Identity.self() }))
      ),
      "the shutdown",
      flags
    )
  )
