import { ClinitClient } from "@clinit/protocol/ClinitClient"
import type { GroupName } from "@clinit/protocol/Names"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { WaitTimedOut } from "./CommandError.ts"
import type { Shared } from "./Flags.ts"
import * as Render from "./Render.ts"
import * as Session from "./Session.ts"

/** How far it is, asked on a connection of its own: the first one is still waiting. */
const progress = (only: Option.Option<GroupName>) =>
  Effect.gen(function*() {
    const { status } = yield* ClinitClient
    const { groups } = yield* status({})
    const lines = groups.filter(({ group }) => Option.isNone(only) || only.value === group).flatMap(
      Render.group(Render.plainly(Date.now()))
    )
    return lines.join("\n")
  }).pipe(
    Effect.provide(Session.connection),
    Effect.orElseSucceed(() => "")
  )

/** Fails, with what is known of the progress, when the work takes longer than the flags permit. */
export const atMost = <A, E, R>(
  work: Effect.Effect<A, E, R>,
  what: string,
  flags: Shared,
  only: Option.Option<GroupName> = Option.none()
) =>
  Option.match(flags.timeout, {
    onNone: () => work,
    onSome: (seconds) =>
      Effect.timeoutOrElse(work, {
        duration: Duration.seconds(seconds),
        orElse: () =>
          Effect.flatMap(progress(only), (state) => Effect.fail(new WaitTimedOut({ what, seconds, state })))
      })
  })
