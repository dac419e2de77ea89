import { ClinitClient } from "@clinit/protocol/ClinitClient"
import type { GroupStatus } from "@clinit/protocol/Status"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { NoAnswer, WaitTimedOut } from "./CommandError.ts"
import * as DisplayWidth from "./DisplayWidth.ts"
import type { Shared } from "./Flags.ts"
import * as Output from "./Output.ts"
import * as Progress from "./Progress.ts"
import * as Session from "./Session.ts"
import * as StatusLines from "./status/StatusLines.ts"

/**
 * The group that has the name, or whose entry (`GROUP/TAG`) has it, without a name all groups; `undefined` if the daemon does
 * not answer.
 */
const groupsNow = (only: Option.Option<string>) =>
  Effect.gen(function*() {
    const { status } = yield* ClinitClient
    const { groups } = yield* status({})
    return groups.filter(({ group }) =>
      Option.isNone(only) || only.value === group || only.value.startsWith(`${group}/`)
    )
  }).pipe(
    Effect.orElseSucceed((): ReadonlyArray<GroupStatus> => []),
    Effect.timeoutOption(Session.answerLimit),
    Effect.map(Option.getOrUndefined)
  )

/** Shows, time and again and for as long as nobody interrupts it, what is waited for. */
const showProgress = (only: Option.Option<string>) =>
  Effect.gen(function*() {
    while (true) {
      yield* Effect.sleep(Progress.period)
      const now = yield* Clock.currentTimeMillis
      const [line] = (yield* groupsNow(only))?.flatMap((group) => Progress.of(group, now) ?? []) ?? []
      if (line === undefined) yield* Output.endTransient
      else yield* Output.transient(Progress.cut(line, DisplayWidth.columnsOf(process.stderr)))
    }
  })

const withProgress = <A, E, R>(work: Effect.Effect<A, E, R>, only: Option.Option<string>) =>
  process.stderr.isTTY && process.env["TERM"] !== "dumb"
    ? Effect.ensuring(Effect.raceFirst(work, showProgress(only)), Output.endTransient)
    : work

/**
 * Fails, with what is known of the progress, when the work takes longer than the flags permit. If it takes a while, a
 * terminal shows meanwhile what is waited for, of the group or entry `only`.
 */
export const atMost = <A, E, R>(
  work: Effect.Effect<A, E, R>,
  what: string,
  flags: Shared,
  only: Option.Option<string> = Option.none()
) =>
  Option.match(flags.timeout, {
    onNone: () => withProgress(work, only),
    onSome: (seconds) =>
      Effect.timeoutOrElse(withProgress(work, only), {
        duration: Duration.seconds(seconds),
        orElse: () =>
          Effect.gen(function*() {
            const groups = yield* groupsNow(only)
            if (groups === undefined) {
              return yield* new NoAnswer({ socket: yield* Session.DaemonSocket, seconds })
            }
            const state = groups.flatMap(StatusLines.group(StatusLines.plainly(Date.now()))).join("\n")
            return yield* new WaitTimedOut({ what, seconds, state })
          })
      })
  })
