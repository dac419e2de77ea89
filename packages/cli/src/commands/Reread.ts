import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as Effect from "effect/Effect"
import type { Shared } from "../Flags.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"

/** Has the daemon load its cltab; silent, as the original, if there is nothing to warn of. */
export const reread = (flags: Shared) =>
  Session.withClient(
    flags,
    Effect.gen(function*() {
      const client = yield* ClinitClient
      const { warnings } = yield* client.reread({})
      yield* Output.warn(warnings)
    })
  )
