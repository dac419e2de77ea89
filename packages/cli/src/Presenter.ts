import * as CliOutput from "effect/cli/CliOutput"
import * as Effect from "effect/Effect"
import * as Output from "./Output.ts"

/** Help that was asked for goes to standard output; what is wrong with an invocation goes to standard error. */
export const layer = CliOutput.layerPresenter({
  present: Effect.fnUntraced(function*(event) {
    if (event._tag !== "InvalidInvocation") return yield* CliOutput.defaultPresenter.present(event)
    for (const error of event.errors) yield* Output.complain(error.message)
    yield* Output.complain(`try: ${event.commandPath.join(" ")} --help`)
  })
})
