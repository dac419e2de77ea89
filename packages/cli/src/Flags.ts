import * as DaemonPaths from "@clinit/core/DaemonPaths"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"

/** What `Argv.ts` has to know to read the original's short flags: names by letter, and which flags take no value. */
export const letters = {
  plain: new Map([["h", "help"]]),
  valued: new Map<string, string>(),
  toggles: new Set(["help"])
}

/** A flag without a value, off unless it is given; with a letter it has a short form. */
export const toggle = (name: string, description: string, letter?: string): Flag.Flag<boolean> => {
  letters.toggles.add(name)
  if (letter !== undefined) letters.plain.set(letter, name)
  const flag = Flag.Boolean(name).pipe(
    Flag.withDescription(description),
    Flag.withoutNegation,
    Flag.withDefault(false)
  )
  return letter === undefined ? flag : Flag.withAlias(flag, letter)
}

const lettered = (name: string, letter: string): Flag.Flag<string> => {
  letters.valued.set(letter, name)
  return Flag.withAlias(Flag.String(name), letter)
}

export const secrets = toggle("secrets", "Show values that look like passwords, too")

/** Flags that every command takes, before its name or behind it. */
export const shared = {
  cltab: lettered("cltab", "c").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription(`The cltab (default ${DaemonPaths.defaults.cltab})`),
    Flag.withDefault(DaemonPaths.defaults.cltab)
  ),
  socket: lettered("socket", "s").pipe(
    Flag.withMetavar("PATH"),
    Flag.withDescription(
      `The daemon's socket (default ${DaemonPaths.defaults.socket}); a socket line in the cltab wins`
    ),
    Flag.optional
  ),
  verbose: toggle("verbose", "Afterwards print the status of every group", "v"),
  wait: toggle(
    "wait",
    "Wait for the outcome of an order and show it in the exit code, as start, stop and restart do anyway",
    "w"
  ),
  noWait: toggle("no-wait", "Do not wait for the outcome; wins over --wait and --timeout"),
  timeout: Flag.Finite("timeout").pipe(
    Flag.withMetavar("SECONDS"),
    Flag.withDescription(
      "Wait, but give up after this time; what was begun goes on. Of a question: wait no longer for the answer"
    ),
    Flag.filter((seconds) => seconds > 0, () => "a number of seconds above 0"),
    Flag.optional
  )
}

export interface Shared {
  readonly cltab: string
  readonly socket: Option.Option<string>
  readonly verbose: boolean
  readonly wait: boolean
  readonly noWait: boolean
  readonly timeout: Option.Option<number>
}
