import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { UsageError } from "../CommandError.ts"
import * as Order from "../commands/Order.ts"
import * as Plan from "../commands/Plan.ts"
import type { Failure } from "../Failure.ts"
import * as Flags from "../Flags.ts"
import type { ByHand } from "../orders/Order.ts"
import { root } from "../Root.ts"
import * as Target from "../Target.ts"

// Commands that change what runs.

/** Tells the group of these words to go to their level; they resemble the `command`, if there is one. */
export const tellWords = Effect.fnUntraced(
  function*(words: Target.Words, flags: Flags.Shared, command?: string) {
    const target = yield* Target.read(words)
    yield* Order.give({ verb: "tell", ...target, ofHost: words.length === 1, command }, flags)
  }
)

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
        : tellWords(Target.of(words), flags)
    })
).pipe(Command.withDescription("Tell a group to go to a level"))

const byHand = (verb: ByHand, description: string) =>
  Command.make(verb, {
    name: Argument.String("group[/tag]").pipe(Argument.withDescription("A group, or an entry of it"))
  }, ({ name }) => Effect.flatMap(root, (flags) => Order.give({ verb, name }, flags))).pipe(
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
}, ({ name, signal }) => Effect.flatMap(root, (flags) => Order.give({ verb: "signal", name, signal }, flags)))
  .pipe(
    Command.withDescription("Send a signal to all processes of an entry")
  )

export const retry = Command.make(
  "retry",
  {
    name: Argument.String("group[/tag]").pipe(
      Argument.withDescription("Only this group, or this entry of it"),
      Argument.optional
    )
  },
  ({ name }) =>
    Effect.flatMap(root, (flags) => Order.give({ verb: "retry", name: Option.getOrUndefined(name) }, flags))
).pipe(
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
  ({ apply }) => Effect.flatMap(root, (flags) => Order.give({ verb: "reread", apply }, flags))
).pipe(
  Command.withDescription("Have the daemon load the cltab and halt the groups that it no longer has")
)

export const shutdown = Command.make(
  "shutdown",
  {},
  () => Effect.flatMap(root, (flags) => Order.give({ verb: "shutdown" }, flags))
).pipe(
  Command.withDescription("Stop everything, then the daemon")
)
