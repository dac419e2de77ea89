import { CltabSource } from "@clinit/core/CltabSource"
import * as DaemonPaths from "@clinit/core/DaemonPaths"
import * as NodeCltabSource from "@clinit/core/node/NodeCltabSource"
import * as CallText from "@clinit/protocol/CallText"
import { ClinitClient, NoDaemon } from "@clinit/protocol/ClinitClient"
import { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as Clstat from "@clinit/protocol/Clstat"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { NoAnswer } from "./CommandError.ts"
import type { Shared } from "./Flags.ts"
import * as Output from "./Output.ts"

/**
 * Where the daemon's files are. Like the original's client it reads the settings lines of the cltab, whatever its
 * entries look like, and does without a cltab that is missing.
 */
const paths = Effect.fnUntraced(function*({ cltab, socket }: Shared) {
  const lines = yield* CltabSource.pipe(
    Effect.flatMap((source) => source.read),
    Effect.map(DaemonPaths.read),
    Effect.catchIf(
      (error) => error.isMissing,
      (error) => Effect.as(Output.warn([error.message]), {})
    ),
    Effect.provide(NodeCltabSource.layer(cltab))
  )
  return DaemonPaths.resolve({ cltab, socket: Option.getOrUndefined(socket) }, lines)
})

/** The socket that this command's flags and cltab lead to. */
export class DaemonSocket extends Context.Service<DaemonSocket, string>()("@clinit/cli/DaemonSocket") {}

const answerSeconds = 2

/** What a daemon that works has answered in, however busy it is. */
export const answerLimit = Duration.seconds(answerSeconds)

/** What is wrong with the cltab is told where the command ends; what that means is only known here. */
const explainRefusal = (error: unknown): Effect.Effect<void> =>
  error instanceof InvalidCltab
    ? Output.complain(
      `${error.file} was modified since it was loaded and is refused; what was loaded stays in force`
    )
    : Effect.void

const findsNoDaemon = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) => Cause.isFailReason(reason) && reason.error instanceof NoDaemon)

/** Runs a command with a client of the daemon; with `-v` the status lines follow, as they are then, also behind a refusal. */
export const withClient = Effect.fnUntraced(function*<A, E>(
  flags: Shared,
  use: Effect.Effect<A, E, ClinitClient | DaemonSocket>
) {
  const { socket } = yield* paths(flags)
  const told = Effect.tapError(Effect.raceFirst(use, sayIfSilent), explainRefusal)
  const command = flags.verbose
    ? Effect.onExit(told, (exit) => findsNoDaemon(exit) ? Effect.void : showSummary)
    : told
  return yield* command.pipe(
    Effect.provide(NodeClinitClient.layer(socket)),
    Effect.provideService(DaemonSocket, socket)
  )
})

/** Whether the daemon answers a question now; one that has gone away has not left anybody waiting. */
const answers = Effect.flatMap(ClinitClient, ({ version }) => version({})).pipe(
  Effect.ignore,
  Effect.timeoutOption(answerLimit),
  Effect.map(Option.isSome)
)

/** Says once, when a command has taken a while, that it is because the daemon does not answer; never ends. */
const sayIfSilent = Effect.gen(function*() {
  yield* Effect.sleep(CallText.patienceMillis)
  while (yield* answers) yield* Effect.sleep(CallText.patienceMillis)
  yield* Output.warn([CallText.unanswered(yield* DaemonSocket)])
  return yield* Effect.never
})

/** A question to the daemon, whose answer is waited for no longer than the flags permit. */
export const ask = <A, E>(flags: Shared, use: Effect.Effect<A, E, ClinitClient | DaemonSocket>) =>
  withClient({ ...flags, verbose: false }, inTime(flags, use))

/** What the daemon answers at once if it answers at all, waited for no longer than the flags permit. */
export const inTime = <A, E, R>({ timeout }: Pick<Shared, "timeout">, use: Effect.Effect<A, E, R>) =>
  Option.match(timeout, {
    onNone: (): Effect.Effect<A, E | NoAnswer, R | DaemonSocket> => use,
    onSome: (seconds) =>
      Effect.timeoutOrElse(use, {
        duration: Duration.seconds(seconds),
        orElse: () => Effect.flatMap(DaemonSocket, (socket) => Effect.fail(new NoAnswer({ socket, seconds })))
      })
  })

/** Best effort: whether the command succeeded is not decided by the status lines after it. */
const showSummary = Effect.gen(function*() {
  const { status } = yield* ClinitClient
  const { groups } = yield* status({})
  yield* Output.print(Clstat.summary(groups))
}).pipe(
  (shown) => inTime({ timeout: Option.some(answerSeconds) }, shown),
  Effect.catch((error) => Output.warn([`no status: ${error.message}`]))
)
