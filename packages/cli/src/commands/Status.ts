import * as Suggestion from "@clinit/core/Suggestion"
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import { UnknownGroup } from "@clinit/protocol/ClinitRpcs"
import * as Clstat from "@clinit/protocol/Clstat"
import { DaemonStatus } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Shared } from "../Flags.ts"
import * as Output from "../Output.ts"
import * as Render from "../Render.ts"
import * as Session from "../Session.ts"

export interface Selection {
  readonly group: Option.Option<string>
  readonly level: Option.Option<string>
  readonly json: boolean
}

/**
 * Prints what the daemon knows. With a level it prints the original's `status()` text; with a group only that group,
 * which has to exist.
 */
export const status = (flags: Shared, selection: Selection) =>
  Session.withClient(
    { ...flags, verbose: false },
    Effect.gen(function*() {
      const client = yield* ClinitClient
      const whole = yield* client.status({})
      const group = Option.getOrUndefined(selection.group)
      const level = Option.getOrUndefined(selection.level)
      if (group !== undefined && !whole.groups.some((each) => each.group === group)) {
        const meant = Suggestion.nearest(group, whole.groups.map((each) => each.group))
        const unknown = new UnknownGroup({ group, ...(meant === undefined ? {} : { meant }) })
        yield* Output.complain(unknown.message)
        return yield* unknown
      }
      if (level !== undefined && !selection.json) {
        return yield* Output.print(Clstat.summary(whole.groups, { group, level }))
      }
      const groups = whole.groups.filter((each) =>
        (group === undefined || each.group === group) && (level === undefined || each.level === level)
      )
      const chosen = { ...whole, groups }
      if (selection.json) return yield* Output.print(JSON.stringify(yield* encode(chosen)))
      yield* Output.print(Render.status(chosen))
    })
  )

// A status that was decoded a moment ago can be encoded again.
const encode = (status: DaemonStatus) => Effect.orDie(Schema.encodeEffect(DaemonStatus)(status))
