import * as CliConfig from "effect/cli/CliConfig"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Argv from "./Argv.ts"
import { builtIns } from "./BuiltIns.ts"
import { clinit } from "./Clinit.ts"
import { UsageError } from "./CommandError.ts"
import * as Ending from "./Ending.ts"
import * as Platform from "./Platform.ts"
import * as Presenter from "./Presenter.ts"
import { version } from "./Version.ts"

const argv = process.argv.slice(2)
const digitFlag = Argv.digitFlag(argv)

const refused = digitFlag === undefined
  ? Effect.void
  : Effect.fail(
    new UsageError({ reason: `unknown flag: ${digitFlag} (a name that begins so goes behind --)` })
  )

Ending.endWith(
  Effect.andThen(refused, Command.runWith(clinit, { version })(Argv.normalise(argv))).pipe(
    Effect.provide(Layer.mergeAll(
      Platform.layer,
      Presenter.layer,
      CliConfig.layer({ builtIns })
    ))
  )
)
