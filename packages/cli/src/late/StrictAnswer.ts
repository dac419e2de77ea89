import * as CallText from "@clinit/protocol/CallText"
import { calls } from "@clinit/protocol/ClinitRpcs"
import type { Method } from "@clinit/protocol/ClinitRpcs"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** What is wrong with an answer to a call that could not be read, in words for people. */
export const trouble = (method: Method, answer: object): string => {
  const decoded = Schema.decodeUnknownResult(calls[method].result as Schema.Codec<object, object>)(answer)
  const reason = Result.isFailure(decoded) ? decoded.failure.message : "what came is no answer"
  return CallText.misunderstood(reason)
}
