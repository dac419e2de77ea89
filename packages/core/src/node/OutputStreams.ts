import type { Stream } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as fs from "node:fs"
import type { Entry } from "../Cltab.ts"
import * as OutputTarget from "../OutputTarget.ts"
import * as SettingDefaults from "../SettingDefaults.ts"
import { SpawnError } from "../Spawner.ts"
import * as OutputFile from "./OutputFile.ts"
import type { OutputPipe } from "./OutputPipes.ts"
import * as Refusal from "./Refusal.ts"

/** The descriptors of ours that a child's standard streams are to be. */
export interface OutputStreams {
  readonly input: number | "inherit"
  readonly output: number
  readonly error: number
}

/** The pipes of loggers that are open, by what they log. */
export type Pipes = (stream: Stream) => OutputPipe | undefined

const pipeEnd = (pipe: OutputPipe | undefined, end: "reader" | "writer") =>
  pipe === undefined
    ? Effect.fail(new SpawnError({ reason: "the pipe of its logger is not open" }))
    : Effect.acquireRelease(
      Effect.try({ try: () => pipe[end](), catch: Refusal.of }),
      (descriptor) => Effect.sync(() => fs.closeSync(descriptor))
    )

/** The descriptor of the target; `own` is the daemon's. */
const open = (
  target: OutputTarget.OutputTarget,
  own: number,
  pipe: OutputPipe | undefined
): Effect.Effect<number, SpawnError, Scope.Scope> => {
  switch (target._tag) {
    case "Inherit":
      return Effect.succeed(own)
    case "Null":
      return OutputFile.openNull
    case "File":
      return OutputFile.open(target.path)
    case "Pipe":
      return pipeEnd(pipe, "writer")
  }
}

/**
 * The streams of an entry's process, which a child inherits while the scope lives. Standard error goes where standard
 * output does if nothing else is said; both share one descriptor then, so that what is written stays in order. A logger
 * reads what it logs, and writes where the daemon does.
 */
export const make = Effect.fnUntraced(function*(
  { logs, settings = {} }: Pick<Entry, "logs" | "settings">,
  pipes: Pipes
): Effect.fn.Return<OutputStreams, SpawnError, Scope.Scope> {
  if (logs !== undefined) return { input: yield* pipeEnd(pipes(logs), "reader"), output: 1, error: 2 }
  const input = "inherit"
  const target: OutputTarget.OutputTarget = settings.output ?? SettingDefaults.values.output
  const errorTarget = settings["error-output"] ?? target
  const output = yield* Refusal.about("output")(open(target, 1, pipes("output")))
  if (target._tag !== "Inherit" && OutputTarget.isSame(target, errorTarget)) {
    return { input, output, error: output }
  }
  const error = yield* Refusal.about("error-output")(open(errorTarget, 2, pipes("error-output")))
  return { input, output, error }
})
