import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Flags from "../Flags.ts"
import { lazily, root } from "../Root.ts"

// Commands about files, which need no daemon.

const json = Flags.toggle("json", "Print JSON")

export const check = Command.make(
  "check",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("A cltab (default: that of -c)"),
      Argument.optional
    ),
    strict: Flags.toggle("strict", "Fail for warnings, too"),
    json
  },
  (choice) =>
    Effect.flatMap(
      root,
      lazily(() => import("../commands/Check.ts"), ({ check }, flags) => check(flags, choice))
    )
).pipe(
  Command.withDescription("Report everything that is wrong with a cltab, or looks wrong")
)

export const settings = Command.make(
  "settings",
  {
    scope: Argument.String("group[/tag]").pipe(
      Argument.withDescription("A group or an entry (default: the whole daemon, and all that is set)"),
      Argument.optional
    ),
    json,
    secrets: Flags.secrets
  },
  (choice) =>
    Effect.flatMap(
      root,
      lazily(() => import("../commands/Settings.ts"), ({ settings }, flags) => settings(flags, choice))
    )
).pipe(
  Command.withDescription("Show which settings of the cltab apply, and where they come from")
)

export const init = Command.make(
  "init",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("The new file; - is standard output"),
      Argument.withDefault("cltab")
    )
  },
  ({ file }) => Effect.flatMap(root, lazily(() => import("../commands/Init.ts"), ({ init }) => init(file)))
).pipe(
  Command.withDescription("Write a cltab to begin with")
)
