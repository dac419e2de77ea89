import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as Effect from "effect/Effect"
import * as os from "node:os"
import type { Shared } from "../Flags.ts"
import * as Identity from "../Identity.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"

/** The name of the signal that has this number here, which may be written as for kill(1); any other word is left as it is. */
const named = (word: string): string =>
  Object.entries(os.constants.signals).find(([, number]) => String(number) === word.replace(/^-/, ""))?.[0] ??
    word

/** Sends a signal to the whole process tree of an entry. */
export const signal = (name: string, word: string, flags: Shared) =>
  Session.withClient(
    flags,
    Session.inTime(
      flags,
      Effect.gen(function*() {
        const client = yield* ClinitClient
        const { message, warnings } = yield* client.signal({ name, signal: named(word), ...Identity.self() })
        yield* Output.warn(warnings)
        yield* Output.print(message)
      }).pipe(Effect.tapErrorTag("UnknownGroup", (error) => Output.print(error.message)))
    )
  )
