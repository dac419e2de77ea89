import type { Applied } from "@clinit/protocol/ClinitRpcs"
import * as Effect from "effect/Effect"
import { LevelFailed } from "./CommandError.ts"
import * as Output from "./Output.ts"

/** Shows what groups settled at, or that they were told; names each that settled as FAILED, and fails with the last. */
export const show = Effect.fnUntraced(function*(told: ReadonlyArray<Applied>) {
  const failures: Array<LevelFailed> = []
  for (const { group, level, outcome } of told) {
    if (outcome === undefined) yield* Output.print(`${group} ${level}: level transition started`)
    else if (outcome.state === "FAILED") failures.push(new LevelFailed({ group, level, outcome }))
    else yield* Output.print(`${group} ${level} ${outcome.state}`)
  }
  const last = failures.pop()
  yield* Effect.forEach(failures, (failure) => Output.complain(failure.message))
  if (last !== undefined) return yield* last
})
