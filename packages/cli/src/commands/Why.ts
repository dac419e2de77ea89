import { ClinitClient } from "@clinit/protocol/ClinitClient"
import { calls } from "@clinit/protocol/ClinitRpcs"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as EventLine from "../EventLine.ts"
import type { Shared } from "../Flags.ts"
import * as JsonFormats from "../JsonFormats.ts"
import * as NowLine from "../NowLine.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"

export interface Choice {
  readonly name: string
  readonly lines: number
  readonly json: boolean
}

/** Shows the recent history of a group or an entry, and what is so now. */
export const why = ({ json, lines, name }: Choice, flags: Shared) =>
  Session.ask(
    flags,
    Effect.gen(function*() {
      const client = yield* ClinitClient
      const answer = yield* client.history({ name, limit: lines }).pipe(
        Effect.tapErrorTag("UnknownGroup", (error) => Output.complain(error.message))
      )
      if (json) {
        return yield* Output.print(
          JSON.stringify({ schema: JsonFormats.ids.why, ...(yield* encode(answer)) })
        )
      }
      const { groups } = yield* client.status({})
      const { events, group, omitted, tag } = answer
      const nowMillis = yield* Clock.currentTimeMillis
      const omission = omitted === 0 ? [] : [`(${omitted} more events are known: see --lines)`]
      const now = NowLine.line(groups.find((each) => each.group === group), tag, nowMillis)
      yield* Output.print(
        [...omission, ...events.map((event) => EventLine.line(event, { nowMillis, tag })), now].join("\n")
      )
    })
  )

// An answer that was decoded a moment ago can be encoded again.
const encode = (answer: typeof calls.history.result.Type) =>
  Effect.orDie(Schema.encodeEffect(calls.history.result)(answer))
