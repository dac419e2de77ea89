import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Effect from "effect/Effect"
import * as Output from "./Output.ts"

// Nothing useful resembles a single letter: effect/cli would suggest every short flag that there is.
const reason = (error: CliError.CliError): string =>
  error._tag === "UnrecognizedOption" && /^-.?$/.test(error.option)
    ? `Unrecognized flag: ${error.option}`
    : error.message

/** Help that was asked for goes to standard output; what is wrong with an invocation goes to standard error. */
export const layer = CliOutput.layerPresenter({
  present: Effect.fnUntraced(function*(event) {
    if (event._tag !== "InvalidInvocation") return yield* CliOutput.defaultPresenter.present(event)
    for (const error of event.errors) yield* Output.complain(reason(error))
    yield* Output.complain(`try: ${event.commandPath.join(" ")} --help`)
  })
})
