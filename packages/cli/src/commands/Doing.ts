import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { EndsWith } from "../CommandError.ts"
import type { Recognised } from "../Express.ts"
import { carryOut } from "../orders/CarryOut.ts"
import { answer } from "../status/Answer.ts"

/** What becomes of a question, an order or a daemon's start that effect/cli has read. A test looks at it instead. */
export const Doing = Context.Reference<(found: Recognised) => Effect.Effect<void, EndsWith>>(
  "@clinit/cli/Doing",
  {
    defaultValue: () =>
      Effect.fnUntraced(function*(found) {
        if (found._tag === "Daemon") {
          // From here on it is the other program, which has an Effect of its own and ends the process.
          yield* Effect.promise(async () => (await import("../daemon.ts")).run(found.start))
          return yield* Effect.never
        }
        const code = yield* Effect.promise(() =>
          found._tag === "Question" ? answer(found.question) : carryOut(found.given)
        )
        if (code !== 0) return yield* new EndsWith({ code })
      })
  }
)

/** Does what effect/cli has read, as `bin.ts` does what is recognised without it. */
export const act = (found: Recognised): Effect.Effect<void, EndsWith> =>
  Effect.flatMap(Doing, (does) => does(found))
