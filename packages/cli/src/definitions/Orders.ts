import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { UsageError } from "../CommandError.ts"
import * as ByHand from "../commands/ByHand.ts"
import * as Plan from "../commands/Plan.ts"
import * as Reread from "../commands/Reread.ts"
import * as Retry from "../commands/Retry.ts"
import * as Shutdown from "../commands/Shutdown.ts"
import * as Signal from "../commands/Signal.ts"
import * as Tell from "../commands/Tell.ts"
import type { Failure } from "../Failure.ts"
import * as Flags from "../Flags.ts"
import { root } from "../Root.ts"
import * as Target from "../Target.ts"

// Commands that change what runs.

export const tell = Command.make(
  "tell",
  {
    words: Argument.String("[group] level").pipe(
      Argument.withDescription("The group (default: this host's name) and the level it shall go to"),
      Argument.between(1, 2)
    ),
    dryRun: Flags.toggle("dry-run", "Only show the plan, as `clinit plan` does"),
    json: Flags.toggle("json", "With --dry-run: print JSON")
  },
  ({ dryRun, json, words }) =>
    Effect.flatMap(root, (flags): Effect.Effect<void, Failure> => {
      if (dryRun) return Plan.plan(Target.of(words), { json }, flags)
      return json
        ? Effect.fail(new UsageError({ reason: "tell prints JSON only with --dry-run" }))
        : Tell.tell(Target.of(words), flags)
    })
).pipe(Command.withDescription("Tell a group to go to a level"))

const byHand = (verb: "start" | "stop" | "restart", description: string) =>
  Command.make(verb, {
    name: Argument.String("group[/tag]").pipe(Argument.withDescription("A group, or an entry of it"))
  }, ({ name }) => Effect.flatMap(root, (flags) => ByHand.order(verb, name, flags))).pipe(
    Command.withDescription(description)
  )

export const start = byHand("start", "Start an entry by hand, or a stopped group at the level where it was")
export const stop = byHand("stop", "Stop an entry by hand until the next tell, or a group until its start")
export const restart = byHand("restart", "Stop and start an entry, or all of a group's level")

export const signal = Command.make("signal", {
  name: Argument.String("group/tag").pipe(Argument.withDescription("An entry")),
  signal: Argument.String("signal").pipe(
    Argument.withDescription("A name such as HUP, with or without SIG, or a number")
  )
}, ({ name, signal }) => Effect.flatMap(root, (flags) => Signal.signal(name, signal, flags))).pipe(
  Command.withDescription("Send a signal to all processes of an entry")
)

export const retry = Command.make("retry", {
  name: Argument.String("group[/tag]").pipe(
    Argument.withDescription("Only this group, or this entry of it"),
    Argument.optional
  )
}, ({ name }) => Effect.flatMap(root, (flags) => Retry.retry(name, flags))).pipe(
  Command.withDescription("Start again what has failed, and at once what pauses")
)

export const reread = Command.make(
  "reread",
  {
    apply: Flags.toggle(
      "apply",
      "Also replace, start and stop at once what the cltab says anew of groups that were told"
    )
  },
  ({ apply }) => Effect.flatMap(root, (flags) => Reread.reread(flags, apply))
).pipe(
  Command.withDescription("Have the daemon load the cltab and halt the groups that it no longer has")
)

export const shutdown = Command.make("shutdown", {}, () => Effect.flatMap(root, Shutdown.shutdown)).pipe(
  Command.withDescription("Stop everything, then the daemon")
)
