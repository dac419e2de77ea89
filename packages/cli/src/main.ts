import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Argv from "./Argv.ts"
import { builtIns } from "./BuiltIns.ts"
import { clinit } from "./Clinit.ts"
import { UsageError } from "./CommandError.ts"
import * as Complaint from "./Complaint.ts"
import * as ExitCode from "./ExitCode.ts"
import * as Failure from "./Failure.ts"
import * as Output from "./Output.ts"
import * as Platform from "./Platform.ts"
import * as Presenter from "./Presenter.ts"
import { version } from "./Version.ts"

/** What is left when a result could not be printed, on a full disk for instance. */
let unprinted: Error | undefined

// A reader that went away, or a terminal that was closed, is no reason to die: least of all for the daemon.
process.stderr.on("error", () => {})
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (!Complaint.isUnread(error)) unprinted = error
})

const explain = (failure: Failure.Failure) => {
  switch (failure._tag) {
    case "ShowHelp":
    case "CheckFailed":
    case "EndsWith":
    case "UnknownGroup": // a command prints these itself: `tell` on standard output, like the original
      return Effect.void
    case "InvalidCltab":
      return Output.note(failure.message)
    default:
      return Output.complain(failure.message)
  }
}

const argv = process.argv.slice(2)
const digitFlag = Argv.digitFlag(argv)

const refused = digitFlag === undefined
  ? Effect.void
  : Effect.fail(
    new UsageError({ reason: `unknown flag: ${digitFlag} (a name that begins so goes behind --)` })
  )

const main = Effect.andThen(refused, Command.runWith(clinit, { version })(Argv.normalise(argv))).pipe(
  Effect.tapError(explain),
  Effect.tapDefect((defect) => Output.complain(`internal error: ${Cause.pretty(Cause.die(defect))}`)),
  Effect.provide(Layer.mergeAll(
    Platform.layer,
    Presenter.layer,
    CliConfig.layer({ builtIns })
  ))
)

// A write of nothing is done when everything before it has been written; what went wrong with it is told a little later.
const written = (stream: NodeJS.WriteStream, then: () => void) =>
  void stream.write("", () => setImmediate(then))

Effect.runFork(main).addObserver((exit: Exit.Exit<void, Failure.Failure>) => {
  // Waiting for the end by itself would first give up the signal handlers: a signal at that moment would make a daemon
  // that ended well look killed.
  written(process.stdout, () => {
    const code = Failure.exitCode(exit)
    if (unprinted !== undefined) process.stderr.write(Complaint.unprinted(unprinted))
    written(
      process.stderr,
      () => process.exit(code === 0 && unprinted !== undefined ? ExitCode.refused : code)
    )
  })
})
