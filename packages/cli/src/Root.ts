import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Flags from "./Flags.ts"

/** Only who needs it pays for loading what supervises, or what knows all settings. */
export const lazily = <Module, A, E, R>(
  load: () => Promise<Module>,
  use: (module: Module, flags: Flags.Shared) => Effect.Effect<A, E, R>
) =>
(flags: Flags.Shared) => Effect.flatMap(Effect.promise(load), (module) => use(module, flags))

export const noResume = Flags.toggle(
  "no-resume",
  "With a daemon: leave what a daemon that was killed left alone, and begin afresh"
)

/** What stands before a subcommand's name or without one; subcommands ask it for the flags that all of them take. */
export const root = Command.make("clinit", {
  daemon: Flags.toggle("daemon", "Run the daemon in the foreground", "d"),
  noResume,
  kill: Flags.toggle("kill", "Stop everything, then the daemon", "k"),
  words: Argument.String("[group] level").pipe(
    Argument.withDescription(
      "The group (default: this host's name) and the level it shall go to; without words the cltab is reread"
    ),
    Argument.variadic()
  )
}).pipe(Command.withSharedFlags(Flags.shared))
