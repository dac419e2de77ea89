import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Applied } from "../CltabSettings.ts"
import * as OutputTarget from "../OutputTarget.ts"
import { SpawnError } from "../Spawner.ts"
import * as OutputFile from "./OutputFile.ts"

/** The descriptors of ours that a child's standard output and standard error are to be. */
export interface OutputStreams {
  readonly output: number
  readonly error: number
}

/** The descriptor of the target; `own` is the daemon's. */
const open = (
  target: OutputTarget.OutputTarget,
  own: number
): Effect.Effect<number, SpawnError, Scope.Scope> => {
  switch (target._tag) {
    case "Inherit":
      return Effect.succeed(own)
    case "Null":
      return OutputFile.openNull
    case "File":
      return OutputFile.open(target.path)
    case "Pipe":
      return Effect.fail(new SpawnError({ reason: "pipe: is not there yet" }))
  }
}

const inherit: OutputTarget.OutputTarget = { _tag: "Inherit" }

const isSame = (one: OutputTarget.OutputTarget, other: OutputTarget.OutputTarget) =>
  OutputTarget.value.print(one) === OutputTarget.value.print(other)

const named = (name: string) => ({ reason }: SpawnError) => new SpawnError({ reason: `${name}: ${reason}` })

/**
 * The streams of an entry's process, which a child inherits while the scope lives. Standard error goes where standard
 * output does if nothing else is said; both share one descriptor then, so that what is written stays in order.
 */
export const make = Effect.fnUntraced(function*(
  settings: Applied
): Effect.fn.Return<OutputStreams, SpawnError, Scope.Scope> {
  const target = settings.output ?? inherit
  const errorTarget = settings["error-output"] ?? target
  const output = yield* Effect.mapError(open(target, 1), named("output"))
  if (target._tag !== "Inherit" && isSame(target, errorTarget)) return { output, error: output }
  const error = yield* Effect.mapError(open(errorTarget, 2), named("error-output"))
  return { output, error }
})
