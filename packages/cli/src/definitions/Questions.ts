import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { UsageError } from "../CommandError.ts"
import * as Doing from "../commands/Doing.ts"
import * as Env from "../commands/Env.ts"
import * as Plan from "../commands/Plan.ts"
import * as Watch from "../commands/Watch.ts"
import * as Why from "../commands/Why.ts"
import type { Failure } from "../Failure.ts"
import * as Flags from "../Flags.ts"
import { root } from "../Root.ts"
import type { Question } from "../status/Question.ts"
import { colours } from "../status/Question.ts"
import * as Target from "../Target.ts"

// Commands that ask the daemon and change nothing.

const json = Flags.toggle("json", "Print JSON")

const named = (description: string) =>
  Argument.String("group[/tag]").pipe(Argument.withDescription(description))

/** Asks the daemon as `Quick.ts` does, by the same code. */
const asks = (command: Question["command"]) => (choice: Partial<Omit<Question, "command">>) =>
  Effect.gen(function*() {
    const { cltab, socket, timeout } = yield* root
    const question: Question = {
      command,
      cltab,
      socket: Option.getOrUndefined(socket),
      name: undefined,
      level: undefined,
      json: false,
      all: false,
      color: "auto",
      timeout: Option.getOrUndefined(timeout),
      ...choice
    }
    yield* Doing.act({ _tag: "Question", question })
  })

export const status = Command.make(
  "status",
  {
    name: named("Only this group, or this entry of it").pipe(Argument.optional),
    level: Flag.String("level").pipe(
      Flag.withDescription("Only groups at this level, in the original's form"),
      Flag.optional
    ),
    json,
    all: Flags.toggle("all", "Also entries of the cltab that are not started"),
    color: Flag.Literals("color", colours).pipe(
      Flag.withDescription("Colour states (default auto: on a terminal, unless NO_COLOR is set)"),
      Flag.withDefault("auto")
    )
  },
  ({ level, name, ...choice }) =>
    asks("status")({ ...choice, name: Option.getOrUndefined(name), level: Option.getOrUndefined(level) })
).pipe(
  Command.withDescription("Show groups, levels, states and processes")
)

export const isUp = Command.make("is-up", { name: named("A group or an entry") }, asks("is-up")).pipe(
  Command.withDescription(
    "Tell by the exit code whether it is up: 0 if so, 1 failed, 3 not running, 4 unknown"
  )
)

export const isFailed = Command.make("is-failed", { name: named("A group or an entry") }, asks("is-failed"))
  .pipe(
    Command.withDescription("Tell by the exit code whether it has failed: 0 if so, 1 if not, 4 unknown")
  )

export const plan = Command.make(
  "plan",
  {
    words: Argument.String("[group] level").pipe(
      Argument.withDescription("The group (default: this host's name) and the level it would go to"),
      Argument.between(0, 2)
    ),
    all: Flags.toggle("all", "What a reread that applies the cltab would change in all groups"),
    json
  },
  ({ all, json, words }) =>
    Effect.flatMap(root, (flags): Effect.Effect<void, Failure> => {
      if (all !== (words.length === 0)) {
        return Effect.fail(new UsageError({ reason: "plan takes a level, a group and a level, or --all" }))
      }
      return Plan.plan(all ? "all" : Target.of(words), { json }, flags)
    })
).pipe(Command.withDescription("Show what would be stopped, kept and started, and why; nothing is changed"))

export const env = Command.make(
  "env",
  {
    name: Argument.String("group/tag").pipe(Argument.withDescription("An entry")),
    json,
    secrets: Flags.secrets
  },
  (choice) => Effect.flatMap(root, (flags) => Env.env(choice, flags))
).pipe(Command.withDescription("Show the environment that a process of an entry would get"))

export const why = Command.make(
  "why",
  {
    name: Argument.String("group[/tag]").pipe(Argument.withDescription("A group, or an entry of it")),
    json,
    lines: Flag.Int("lines").pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("So many events at most (default 40)"),
      Flag.filter((lines) => lines > 0, () => "a number above 0"),
      Flag.withDefault(40)
    )
  },
  (choice) => Effect.flatMap(root, (flags) => Why.why(choice, flags))
).pipe(
  Command.withDescription(
    "Show what happened to a group or an entry of late, and why: orders, decisions, signals, ends"
  )
)

export const watch = Command.make(
  "watch",
  {
    group: Argument.String("group").pipe(Argument.withDescription("Only this group"), Argument.optional),
    json,
    since: Flag.Int("since").pipe(
      Flag.withMetavar("SEQ"),
      Flag.withDescription("First what happened after the event with this number, as far as it is known"),
      Flag.filter((seq) => seq >= 0, () => "a number from 0 on"),
      Flag.optional
    ),
    follow: Flags.toggle(
      "follow",
      "Wait for a daemon that is not there, and go on with the next when it ends"
    )
  },
  (choice) => Effect.flatMap(root, (flags) => Watch.watch(choice, flags))
).pipe(Command.withDescription("Show what happens, a line each, until it is interrupted"))
