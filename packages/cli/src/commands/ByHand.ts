import type { Verb } from "@clinit/core/ByHand"
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import type { Ordered, Result } from "@clinit/protocol/ClinitRpcs"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { OrderFailed } from "../CommandError.ts"
import * as Flags from "../Flags.ts"
import * as Identity from "../Identity.ts"
import * as Outcomes from "../Outcomes.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"
import * as StatusLines from "../status/StatusLines.ts"
import * as Wait from "../Wait.ts"

const nameOf = ({ group, tag }: Ordered): string => `${group}/${tag}`

/** What is true now, for each entry a line; of a whole group one is enough. */
const show = Effect.fnUntraced(function*(
  verb: Verb,
  name: string,
  { entries, level, message, outcome }: Result<"start">
) {
  const now = yield* Clock.currentTimeMillis
  const [only] = entries
  const isEntry = only !== undefined && nameOf(only) === name
  const failures = entries.filter(({ failed }) => failed === true)
  if (failures.length === 0) {
    const already = message.startsWith("already")
    if (verb === "stop") yield* Output.print(already ? `${name} already stopped` : `${name} stopped`)
    else if (isEntry && only.state !== undefined) {
      yield* Output.print(
        `${name} ${StatusLines.describeState(only.state, now)}${already ? ` (${message})` : ""}`
      )
    }
  }
  if (!isEntry && level !== undefined && outcome !== undefined) {
    const [{ group } = { group: undefined }] = entries
    // A level that failed for what is told below need not be told twice.
    if (group !== undefined && (failures.length === 0 || outcome.state !== "FAILED")) {
      yield* Outcomes.show([{ group, level, outcome }])
    }
  }
  if (failures.length > 0) return yield* new OrderFailed({ verb, entries: failures, now })
})

/** Starts, stops or restarts a group or an entry by hand. Unless told otherwise it waits, and says what is true then. */
export const order = (verb: Verb, name: string, flags: Flags.Shared) => {
  const order = Effect.gen(function*() {
    const client = yield* ClinitClient
    const wait = Flags.waits(flags, true)
    const answer = yield* client[verb]({ name, wait, ...Identity.self() })
    yield* Output.warn(answer.warnings)
    if (wait) yield* show(verb, name, answer)
    else yield* Output.print(`${name}: ${answer.message}`)
  }).pipe(Effect.tapErrorTag("UnknownGroup", (error) => Output.print(error.message)))
  return Session.withClient(flags, Wait.atMost(order, `the ${verb} of ${name}`, flags, Option.some(name)))
}
