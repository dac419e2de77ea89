import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { EndsWith } from "../CommandError.ts"
import * as Status from "../status/Answer.ts"
import type { Question } from "../status/Question.ts"

/** What becomes of a question that effect/cli has read. A test looks at the question instead. */
export const Answering = Context.Reference<(question: Question) => Effect.Effect<void, EndsWith>>(
  "@clinit/cli/Answering",
  {
    defaultValue: () =>
      Effect.fnUntraced(function*(question) {
        const code = yield* Effect.promise(() => Status.answer(question))
        if (code !== 0) return yield* new EndsWith({ code })
      })
  }
)
