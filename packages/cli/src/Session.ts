import { CltabSource } from "@clinit/core/CltabSource"
import * as DaemonPaths from "@clinit/core/DaemonPaths"
import * as NodeCltabSource from "@clinit/core/node/NodeCltabSource"
import * as CallText from "@clinit/protocol/CallText"
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { NoAnswer } from "./CommandError.ts"
import type { Shared } from "./Flags.ts"
import * as Output from "./Output.ts"

/**
 * Where the daemon's files are. Like the original's client it reads the settings lines of the cltab, whatever its
 * entries look like, and does without a cltab that is missing.
 */
const paths = Effect.fnUntraced(function*({ cltab, socket }: Pick<Shared, "cltab" | "socket">) {
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

/** What a daemon that works has answered in, however busy it is. */
const answerLimit = Duration.seconds(2)

/** What is wrong with the cltab is told where the command ends; what that means is only known here. */
const explainRefusal = (error: unknown): Effect.Effect<void> =>
  error instanceof InvalidCltab
    ? Output.complain(
      `${error.file} was modified since it was loaded and is refused; what was loaded stays in force`
    )
    : Effect.void

/** Runs a question with a client of the daemon. */
export const withClient = Effect.fnUntraced(function*<A, E>(
  flags: Pick<Shared, "cltab" | "socket">,
  use: Effect.Effect<A, E, ClinitClient | DaemonSocket>
) {
  const { socket } = yield* paths(flags)
  return yield* Effect.tapError(Effect.raceFirst(use, sayIfSilent), explainRefusal).pipe(
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
  withClient(flags, inTime(flags, use))

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
