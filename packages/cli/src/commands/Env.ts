import { escape } from "@clinit/core/Quotation"
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as Effect from "effect/Effect"
import type { Shared } from "../Flags.ts"
import * as JsonFormats from "../JsonFormats.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"

export interface Choice {
  readonly name: string
  readonly json: boolean
  readonly secrets: boolean
}

/** Shows the environment that a process of the entry would be started with now, as the daemon would make it. */
export const env = ({ json, name, secrets }: Choice, flags: Shared) =>
  Session.ask(
    flags,
    Effect.gen(function*() {
      const client = yield* ClinitClient
      const { variables, warnings } = yield* client.environment({ name, secrets }).pipe(
        Effect.tapErrorTag("UnknownGroup", (error) => Output.complain(error.message))
      )
      if (json) {
        return yield* Output.print(JSON.stringify({ schema: JsonFormats.ids.env, warnings, variables }))
      }
      yield* Output.warn(warnings)
      yield* Output.print(variables.map(({ name, value }) => `${escape(`${name}=${value}`)}\n`).join(""))
    })
  )
