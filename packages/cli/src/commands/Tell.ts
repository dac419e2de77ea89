import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Flags from "../Flags.ts"
import * as Identity from "../Identity.ts"
import * as Outcomes from "../Outcomes.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Target from "../Target.ts"
import * as Wait from "../Wait.ts"

const commandMeant = (command: string) => `did you mean the command \`clinit ${command}\`?`

/**
 * Tells a group, by default the one named like this host, to go to a level. The words resemble the `command`, if there is
 * one: that is said if they make little sense as a tell.
 */
export const tell = Effect.fnUntraced(function*(
  words: Target.Words,
  flags: Flags.Shared,
  command?: string
) {
  const { group, level } = yield* Target.read(words)
  const order = Effect.gen(function*() {
    const client = yield* ClinitClient
    const answer = yield* client.tell({ group, level, wait: Flags.waits(flags), ...Identity.self() })
    yield* Output.warn(answer.warnings)
    if (command !== undefined && words.length === 1 && answer.unknownLevel === true) {
      yield* Output.warn([commandMeant(command)])
    }
    if (answer.outcome === undefined) return yield* Output.print(answer.message)
    yield* Outcomes.show([{ group, level, outcome: answer.outcome }])
  }).pipe(
    // The original's words, on standard output like its successes.
    Effect.tapErrorTag("UnknownGroup", (error) =>
      Effect.andThen(
        Output.print(error.message),
        command === undefined ? Effect.void : Output.complain(commandMeant(command))
      ))
  )
  yield* Session.withClient(
    flags,
    Wait.atMost(order, `${group} to level ${level}`, flags, Option.some(group))
  )
})
