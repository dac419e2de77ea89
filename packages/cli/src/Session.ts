import * as CallText from "@clinit/protocol/CallText"
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { EndsWith, NoAnswer } from "./CommandError.ts"
import * as Complaint from "./Complaint.ts"
import * as DaemonSocket from "./DaemonSocket.ts"
import * as ExitCode from "./ExitCode.ts"
import type { Shared } from "./Flags.ts"
import * as Patience from "./orders/Patience.ts"
import * as Output from "./Output.ts"

/** What is wrong with the cltab is told where the command ends; what that means is only known here. */
const explainRefusal = (error: unknown): Effect.Effect<void> =>
  error instanceof InvalidCltab ? Output.complain(Complaint.refusedCltab(error.file)) : Effect.void

/** Whether the daemon answers a question now; one that has gone away has not left anybody waiting. */
const answers = Effect.flatMap(ClinitClient, ({ version }) => version({})).pipe(
  Effect.ignore,
  Effect.timeoutOption(Patience.answerMillis),
  Effect.map(Option.isSome)
)

/** Says once, when a command has taken a while, that it is because the daemon does not answer; never ends. */
const sayIfSilent = Effect.fnUntraced(function*(socket: string) {
  do yield* Effect.sleep(CallText.patienceMillis)
  while (yield* answers)
  yield* Output.warn([CallText.unanswered(socket)])
  return yield* Effect.never
})

const withSocket = Effect.fnUntraced(function*<A, E>(
  { cltab, socket: given }: Pick<Shared, "cltab" | "socket">,
  use: (socket: string) => Effect.Effect<A, E, ClinitClient>
) {
  const flags = { cltab, socket: Option.getOrUndefined(given) }
  const socket = yield* Effect.promise(() => DaemonSocket.find(flags))
  if (socket === undefined) return yield* new EndsWith({ code: ExitCode.invalidCltab })
  return yield* Effect.tapError(Effect.raceFirst(use(socket), sayIfSilent(socket)), explainRefusal).pipe(
    Effect.provide(NodeClinitClient.layer(socket))
  )
})

/** Runs a question with a client of the daemon. */
export const withClient = <A, E>(flags: Shared, use: Effect.Effect<A, E, ClinitClient>) =>
  withSocket(flags, () => use)

/** A question to the daemon, whose answer is waited for no longer than the flags permit. */
export const ask = <A, E>(flags: Shared, use: Effect.Effect<A, E, ClinitClient>) =>
  withSocket(flags, (socket) =>
    Option.match(flags.timeout, {
      onNone: (): Effect.Effect<A, E | NoAnswer, ClinitClient> => use,
      onSome: (seconds) =>
        Effect.timeoutOrElse(use, {
          duration: seconds * 1_000,
          orElse: () => Effect.fail(new NoAnswer({ socket, seconds }))
        })
    }))
