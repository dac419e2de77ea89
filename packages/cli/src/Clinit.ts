import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Reread from "./commands/Reread.ts"
import * as Shutdown from "./commands/Shutdown.ts"
import * as Tell from "./commands/Tell.ts"
import { shells } from "./CompletionScript.ts"
import * as Files from "./definitions/Files.ts"
import * as Orders from "./definitions/Orders.ts"
import * as Questions from "./definitions/Questions.ts"
import type { Failure } from "./ExitCode.ts"
import type * as Flags from "./Flags.ts"
import * as Output from "./Output.ts"
import { lazily, noResume, root } from "./Root.ts"
import * as Target from "./Target.ts"

const runDaemon = (noResume: boolean) =>
  lazily(() => import("./commands/Daemon.ts"), ({ daemon }, flags) => daemon(flags, { resume: !noResume }))

/** The level that the original's documented convention gives a shutdown. */
const shutdownLevel = ":::SHUTDOWN:::"

/** What the original does with its words: of three or more the last two count. */
const originalWords = Effect.fnUntraced(
  function*(words: ReadonlyArray<string>, flags: Flags.Shared) {
    const ignored = words.slice(0, -2)
    if (ignored.length > 0) yield* Output.warn([`ignored: ${ignored.join(" ")}`])
    const [first, second] = words.slice(-2)
    if (first === undefined) return yield* Reread.reread(flags, false)
    if ((second ?? first) === shutdownLevel) return yield* Shutdown.shutdown(flags)
    yield* Tell.tell(Target.of(words.slice(-2)), flags)
  }
)

const daemon = Command.make(
  "daemon",
  { noResume },
  ({ noResume }) => Effect.flatMap(root, runDaemon(noResume))
).pipe(
  Command.withDescription("Run the daemon in the foreground, logging to standard error")
)

const completion = Command.make(
  "completion",
  {
    shell: Argument.Literals("shell", shells).pipe(Argument.withDescription("The shell to complete in")),
    words: Argument.String("line").pipe(
      Argument.withDescription("Behind --: what the script asks to have completed"),
      Argument.variadic()
    )
  },
  (choice) =>
    Effect.flatMap(
      root,
      lazily(() => import("./commands/Completion.ts"), ({ completion }) => completion(tree(), choice))
    )
).pipe(
  Command.withDescription("Print a script that completes clinit's arguments in a shell")
)

/** The whole command line: the original's syntax, and subcommands beside it. */
export const clinit = root.pipe(
  Command.withHandler(({ daemon, kill, noResume, words, ...flags }): Effect.Effect<void, Failure> =>
    daemon ? runDaemon(noResume)(flags) : kill ? Shutdown.shutdown(flags) : originalWords(words, flags)
  ),
  Command.withDescription("Supervise groups of applications, each at its own runlevel, by one cltab"),
  Command.withSubcommands([
    { group: "Orders", commands: [Orders.tell, Orders.retry, Orders.reread, Orders.shutdown] },
    { group: "Questions", commands: [Questions.status, Questions.plan, Questions.env] },
    { group: "Files", commands: [Files.check, Files.settings] },
    { group: "Daemon", commands: [daemon] },
    { group: "Shell", commands: [completion] }
  ])
)

/** What completion completes: the definitions themselves. */
const tree = (): Command.Command.Any => clinit
