import { ClinitClient } from "@clinit/protocol/ClinitClient"
import { GroupName, Level } from "@clinit/protocol/Names"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as os from "node:os"
import { LevelFailed, UsageError } from "../CommandError.ts"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as Wait from "../Wait.ts"

const named = <A>(schema: Schema.Codec<A, string>, text: string) =>
  Effect.mapError(Schema.decodeEffect(schema)(text), (error) => new UsageError({ reason: error.message }))

/** Tells a group, by default the one named like this host, to go to a level. */
export const tell = Effect.fnUntraced(function*(
  words: readonly [level: string] | readonly [group: string, level: string],
  flags: Flags.Shared
) {
  const [groupText, levelText] = words.length === 1 ? [os.hostname(), words[0]] : words
  const group = yield* named(GroupName, groupText)
  const level = yield* named(Level, levelText)
  const order = Effect.gen(function*() {
    const client = yield* ClinitClient
    const answer = yield* client.tell({ group, level, wait: Flags.waits(flags) })
    yield* Output.warn(answer.warnings)
    if (answer.outcome === undefined) return yield* Output.print(answer.message)
    if (answer.outcome.state === "FAILED") {
      return yield* new LevelFailed({ group, level, outcome: answer.outcome })
    }
    yield* Output.print(`${group} ${level} ${answer.outcome.state}`)
  }).pipe(
    // The original's words, on standard output like its successes.
    Effect.tapErrorTag("UnknownGroup", (error) => Output.print(error.message))
  )
  yield* Session.withClient(
    flags,
    Wait.atMost(order, `${group} to level ${level}`, flags, Option.some(group))
  )
})
