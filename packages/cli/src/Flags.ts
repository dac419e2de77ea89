import * as Cltab from "@clinit/core/CltabSettings"
import * as Flag from "effect/cli/Flag"
import type * as Option from "effect/Option"

/** Flags that every command takes. */
export const shared = {
  cltab: Flag.String("cltab").pipe(
    Flag.withAlias("c"),
    Flag.withMetavar("FILE"),
    Flag.withDescription(`The cltab (default ${Cltab.defaults.cltab})`),
    Flag.optional
  ),
  socket: Flag.String("socket").pipe(
    Flag.withAlias("s"),
    Flag.withMetavar("PATH"),
    Flag.withDescription(
      `The daemon's socket (default ${Cltab.defaults.socket}); a socket line in the cltab wins`
    ),
    Flag.optional
  ),
  verbose: Flag.Boolean("verbose").pipe(
    Flag.withAlias("v"),
    Flag.withDescription("Afterwards print the status of every group"),
    Flag.withoutNegation,
    Flag.withDefault(false)
  )
}

export interface Shared {
  readonly cltab: Option.Option<string>
  readonly socket: Option.Option<string>
  readonly verbose: boolean
}

/** Flags of what can be waited for. */
export const waiting = {
  wait: Flag.Boolean("wait").pipe(
    Flag.withAlias("w"),
    Flag.withDescription("Wait for the outcome and show it in the exit code"),
    Flag.withoutNegation,
    Flag.withDefault(false)
  ),
  timeout: Flag.Finite("timeout").pipe(
    Flag.withMetavar("SECONDS"),
    Flag.withDescription("Give up waiting after this time; what was begun goes on"),
    Flag.filter((seconds) => seconds > 0, () => "a number of seconds above 0 is expected"),
    Flag.optional
  )
}

export interface Waiting {
  readonly wait: boolean
  readonly timeout: Option.Option<number>
}
