import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { UsageError } from "./CommandError.ts"
import * as Env from "./commands/Env.ts"
import * as Plan from "./commands/Plan.ts"
import * as Reread from "./commands/Reread.ts"
import * as Retry from "./commands/Retry.ts"
import * as Shutdown from "./commands/Shutdown.ts"
import * as Status from "./commands/Status.ts"
import * as Tell from "./commands/Tell.ts"
import type { Failure } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as Output from "./Output.ts"
import type * as Target from "./Target.ts"

/** Only who needs it pays for loading what supervises, or what knows all settings. */
const lazily = <Module, A, E, R>(
  load: () => Promise<Module>,
  use: (module: Module, flags: Flags.Shared) => Effect.Effect<A, E, R>
) =>
(flags: Flags.Shared) => Effect.flatMap(Effect.promise(load), (module) => use(module, flags))

const runDaemon = (noResume: boolean) =>
  lazily(() => import("./commands/Daemon.ts"), ({ daemon }, flags) => daemon(flags, { resume: !noResume }))

const noResume = Flags.toggle(
  "no-resume",
  "With a daemon: leave what a daemon that was killed left alone, and begin afresh"
)

/** The level that the original's documented convention gives a shutdown. */
const shutdownLevel = ":::SHUTDOWN:::"

/** The words of a tell, of which there is at least one. */
const target = ([first = "", second]: ReadonlyArray<string>): Target.Words =>
  second === undefined ? [first] : [first, second]

/** What the original does with its words: of three or more the last two count. */
const originalWords = Effect.fnUntraced(
  function*(words: ReadonlyArray<string>, flags: Flags.Shared) {
    const ignored = words.slice(0, -2)
    if (ignored.length > 0) yield* Output.warn([`ignored: ${ignored.join(" ")}`])
    const [first, second] = words.slice(-2)
    if (first === undefined) return yield* Reread.reread(flags, false)
    if ((second ?? first) === shutdownLevel) return yield* Shutdown.shutdown(flags)
    yield* Tell.tell(target(words.slice(-2)), flags)
  }
)

const root = Command.make("clinit", {
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

const json = Flags.toggle("json", "Print JSON")
const secrets = Flags.toggle("secrets", "Show values that look like passwords, too")

const tell = Command.make(
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
      if (dryRun) return Plan.plan(target(words), { json }, flags)
      return json
        ? Effect.fail(new UsageError({ reason: "tell prints JSON only with --dry-run" }))
        : Tell.tell(target(words), flags)
    })
).pipe(Command.withDescription("Tell a group to go to a level"))

const status = Command.make("status", {
  group: Argument.String("group").pipe(Argument.withDescription("Only this group"), Argument.optional),
  level: Flag.String("level").pipe(Flag.withDescription("Only groups at this level"), Flag.optional),
  json
}, (selection) => Effect.flatMap(root, (shared) => Status.status(shared, selection))).pipe(
  Command.withDescription("Show groups, levels, states and processes")
)

const retry = Command.make("retry", {
  name: Argument.String("group[/tag]").pipe(
    Argument.withDescription("Only this group, or this entry of it"),
    Argument.optional
  )
}, ({ name }) => Effect.flatMap(root, (flags) => Retry.retry(name, flags))).pipe(
  Command.withDescription("Start again what has failed, and at once what pauses")
)

const daemon = Command.make(
  "daemon",
  { noResume },
  ({ noResume }) => Effect.flatMap(root, runDaemon(noResume))
).pipe(
  Command.withDescription("Run the daemon in the foreground, logging to standard error")
)

const reread = Command.make(
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

const plan = Command.make(
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
      return Plan.plan(all ? "all" : target(words), { json }, flags)
    })
).pipe(Command.withDescription("Show what would be stopped, kept and started, and why; nothing is changed"))

const shutdown = Command.make("shutdown", {}, () => Effect.flatMap(root, Shutdown.shutdown)).pipe(
  Command.withDescription("Stop everything, then the daemon")
)

const check = Command.make(
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
      lazily(() => import("./commands/Check.ts"), ({ check }, flags) => check(flags, choice))
    )
).pipe(
  Command.withDescription("Report everything that is wrong with a cltab, or looks wrong")
)

const settings = Command.make(
  "settings",
  {
    scope: Argument.String("group[/tag]").pipe(
      Argument.withDescription("A group or an entry (default: the whole daemon, and all that is set)"),
      Argument.optional
    ),
    json,
    secrets
  },
  (choice) =>
    Effect.flatMap(
      root,
      lazily(() => import("./commands/Settings.ts"), ({ settings }, flags) => settings(flags, choice))
    )
).pipe(
  Command.withDescription("Show which settings of the cltab apply, and where they come from")
)

const env = Command.make(
  "env",
  {
    name: Argument.String("group/tag").pipe(Argument.withDescription("An entry")),
    json,
    secrets
  },
  (choice) => Effect.flatMap(root, (flags) => Env.env(choice, flags))
).pipe(Command.withDescription("Show the environment that a process of an entry would get"))

/** The whole command line: the original's syntax, and subcommands beside it. */
export const clinit = root.pipe(
  Command.withHandler(({ daemon, kill, noResume, words, ...flags }): Effect.Effect<void, Failure> =>
    daemon ? runDaemon(noResume)(flags) : kill ? Shutdown.shutdown(flags) : originalWords(words, flags)
  ),
  Command.withDescription("Supervise groups of applications, each at its own runlevel, by one cltab"),
  Command.withSubcommands([daemon, tell, plan, status, retry, reread, shutdown, check, settings, env])
)
