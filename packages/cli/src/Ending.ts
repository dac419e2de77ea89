import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Failure from "./Failure.ts"
import * as Output from "./Output.ts"
import * as Print from "./Print.ts"

const explain = (failure: Failure.Failure) => {
  switch (failure._tag) {
    case "ShowHelp":
    case "CheckFailed":
    case "EndsWith":
    case "UnknownGroup": // a command prints these itself: `plan` on standard output, as the original a tell's
      return Effect.void
    case "InvalidCltab":
      return Output.note(failure.message)
    default:
      return Output.complain(failure.message)
  }
}

/** Runs the command and ends the process as it ends; what has not been said of its failure is said. */
export const endWith = (command: Effect.Effect<void, Failure.Failure>): void => {
  Print.openBoth()
  const told = command.pipe(
    Effect.tapError(explain),
    Effect.tapDefect((defect) => Output.complain(`internal error: ${Cause.pretty(Cause.die(defect))}`))
  )
  // Waiting for the end by itself would first give up the signal handlers: a signal at that moment would make a daemon
  // that ended well look killed.
  Effect.runFork(told).addObserver((exit: Exit.Exit<void, Failure.Failure>) =>
    Print.end(Failure.exitCode(exit))
  )
}
