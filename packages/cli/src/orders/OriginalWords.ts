import * as Suggestion from "@clinit/core/Suggestion"
import type { Order } from "./Order.ts"

/** The names of all subcommands: a first word that is one of them is none of the original's. */
export const commands = [
  "tell",
  "start",
  "stop",
  "restart",
  "retry",
  "signal",
  "reread",
  "shutdown",
  "status",
  "is-up",
  "is-failed",
  "why",
  "watch",
  "plan",
  "env",
  "init",
  "check",
  "settings",
  "daemon",
  "completion"
]

/** The level that the original's documented convention gives a shutdown. */
const shutdownLevel = ":::SHUTDOWN:::"

/** What the original's words, two at most, order of all groups; if they are a tell, nothing. */
export const orderOfAll = (words: ReadonlyArray<string>): Order | undefined =>
  words.length === 0
    ? { verb: "reread", apply: false }
    : words.at(-1) === shutdownLevel
    ? { verb: "shutdown" }
    : undefined

/** The subcommand that the words of a tell resemble, if there is one. */
export const commandMeant = ([first = ""]: ReadonlyArray<string>): string | undefined =>
  Suggestion.nearest(first, commands)
