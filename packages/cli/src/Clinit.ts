import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Doing from "./commands/Doing.ts"
import * as Order from "./commands/Order.ts"
import { shells } from "./completion/CompletionScript.ts"
import * as Files from "./definitions/Files.ts"
import * as Orders from "./definitions/Orders.ts"
import * as Questions from "./definitions/Questions.ts"
import type { Failure } from "./Failure.ts"
import type * as Flags from "./Flags.ts"
import * as OriginalWords from "./orders/OriginalWords.ts"
import * as Output from "./Output.ts"
import { lazily, noResume, root } from "./Root.ts"
import * as Target from "./Target.ts"

const runDaemon = Effect.fnUntraced(function*(
  { cltab, socket }: Flags.Shared,
  noResume: boolean,
  tell: ReadonlyArray<string> = [],
  exitWith = Option.none<string>()
) {
  yield* Doing.act({
    _tag: "Daemon",
    start: {
      cltab,
      socket: Option.getOrUndefined(socket),
      resume: !noResume,
      tells: yield* Effect.forEach(tell, Target.pair),
      exitWith: Option.getOrUndefined(exitWith)
    }
  })
})

/** What the original does with its words: of three or more the last two count. */
const originalWords = Effect.fnUntraced(
  function*(words: ReadonlyArray<string>, flags: Flags.Shared) {
    const ignored = words.slice(0, -2)
    if (ignored.length > 0) yield* Output.warn([`ignored: ${ignored.join(" ")}`])
    const last = words.slice(-2)
    const order = OriginalWords.orderOfAll(last)
    if (order !== undefined) return yield* Order.give(order, flags)
    yield* Orders.tellWords(Target.of(last), flags, OriginalWords.commandMeant(words))
  }
)

const daemon = Command.make(
  "daemon",
  {
    noResume,
    tell: Flag.String("tell").pipe(
      Flag.withMetavar("GROUP:LEVEL"),
      Flag.withDescription(
        "At the start tell the group this level, unless it was told one before; may be repeated"
      ),
      Flag.atLeast(0)
    ),
    exitWith: Flag.String("exit-with").pipe(
      Flag.withMetavar("GROUP[/TAG]"),
      Flag.withDescription("Shut down when this has come to its end, and exit as it did"),
      Flag.optional
    )
  },
  ({ exitWith, noResume, tell }) =>
    Effect.flatMap(root, (flags) => runDaemon(flags, noResume, tell, exitWith))
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
    daemon
      ? runDaemon(flags, noResume)
      : kill
      ? Order.give({ verb: "shutdown" }, flags)
      : originalWords(words, flags)
  ),
  Command.withDescription("Supervise groups of applications, each at its own runlevel, by one cltab"),
  Command.withSubcommands([
    {
      group: "Orders",
      commands: [
        Orders.tell,
        Orders.start,
        Orders.stop,
        Orders.restart,
        Orders.retry,
        Orders.signal,
        Orders.reread,
        Orders.shutdown
      ]
    },
    {
      group: "Questions",
      commands: [
        Questions.status,
        Questions.isUp,
        Questions.isFailed,
        Questions.why,
        Questions.watch,
        Questions.plan,
        Questions.env
      ]
    },
    { group: "Files", commands: [Files.init, Files.check, Files.settings] },
    { group: "Daemon", commands: [daemon] },
    { group: "Shell", commands: [completion] }
  ])
)

/** What completion completes: the definitions themselves. */
const tree = (): Command.Command.Any => clinit
