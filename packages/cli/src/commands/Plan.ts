import { ClinitClient } from "@clinit/protocol/ClinitClient"
import { calls } from "@clinit/protocol/ClinitRpcs"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Shared } from "../Flags.ts"
import * as JsonFormats from "../JsonFormats.ts"
import * as Output from "../Output.ts"
import * as PlanTable from "../PlanTable.ts"
import * as Session from "../Session.ts"
import * as Target from "../Target.ts"

/** Which plan: that of a tell with these words, or that of a reread that applies what it reads. */
export type Question = Target.Words | "all"

/** Shows what the daemon would do, by the plan that it would carry out now; nothing is changed. */
export const plan = Effect.fnUntraced(function*(
  question: Question,
  { json }: { readonly json: boolean },
  flags: Shared
) {
  const params = question === "all" ? {} : yield* Target.read(question)
  yield* Session.ask(
    flags,
    Effect.gen(function*() {
      const client = yield* ClinitClient
      const answer = yield* client.plan(params).pipe(
        // The original's words for a tell, on standard output like its successes.
        Effect.tapErrorTag("UnknownGroup", (error) => Output.print(error.message))
      )
      if (json) {
        return yield* Output.print(
          JSON.stringify({ schema: JsonFormats.ids.plan, ...(yield* encode(answer)) })
        )
      }
      yield* Output.warn(answer.warnings)
      yield* Output.print(PlanTable.plans(answer.groups, yield* Clock.currentTimeMillis))
    })
  )
})

// A plan that was decoded a moment ago can be encoded again.
const encode = (answer: typeof calls.plan.result.Type) =>
  Effect.orDie(Schema.encodeEffect(calls.plan.result)(answer))
