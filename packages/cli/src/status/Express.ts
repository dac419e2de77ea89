import * as DaemonPaths from "@clinit/core/DaemonPaths"
import * as Question from "./Question.ts"

// Two thirds of the time that `clinit status` would take go into loading what parses every command line. Questions
// that scripts ask all the time are mostly written in a few plain forms, which are recognised here.

type Found = { -readonly [Key in keyof Question.Question]: Question.Question[Key] }

/** The flags that take a value, by all their names. */
const valued = new Map<string, "cltab" | "socket" | "level" | "color" | "timeout">([
  ["-c", "cltab"],
  ["--cltab", "cltab"],
  ["-s", "socket"],
  ["--socket", "socket"],
  ["--level", "level"],
  ["--color", "color"],
  ["--timeout", "timeout"]
])

/** A number that is one under any rule. */
const seconds = /^[0-9]{1,6}(\.[0-9]{1,3})?$/

const isOneOf = <A extends string>(text: string, choices: ReadonlyArray<A>): text is A =>
  (choices as ReadonlyArray<string>).includes(text)

/** A word that is no flag under any rule. */
const isPlain = (word: string | undefined): word is string =>
  word !== undefined && word !== "" && !word.startsWith("-")

/**
 * The question that these arguments ask, if it is beyond doubt that effect/cli would read the same one from them. Of
 * everything else, mistakes and calls for help included, there is nothing to say here.
 */
export const recognise = (argv: ReadonlyArray<string>): Question.Question | undefined => {
  const found: Partial<Found> = {}
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!
    const name = valued.get(word)
    if (name !== undefined) {
      const value = argv[++at]
      if (!isPlain(value) || found[name] !== undefined) return undefined
      // Flags of the commands, not of the root.
      if ((name === "level" || name === "color") && found.command !== "status") return undefined
      if (name === "timeout") {
        if (!seconds.test(value) || Number(value) === 0) return undefined
        found.timeout = Number(value)
      } else if (name !== "color") found[name] = value
      else if (isOneOf(value, Question.colours)) found.color = value
      else return undefined
    } else if (word === "--json" || word === "--all") {
      const toggle = word === "--json" ? "json" : "all"
      if (found.command !== "status" || found[toggle] === true) return undefined
      found[toggle] = true
    } else if (!isPlain(word)) return undefined
    else if (found.command === undefined) {
      if (!isOneOf(word, Question.commands)) return undefined
      found.command = word
    } else if (found.name === undefined) found.name = word
    else return undefined
  }
  const { command, name } = found
  if (command === undefined || (command !== "status" && name === undefined)) return undefined
  return {
    command,
    cltab: found.cltab ?? DaemonPaths.defaults.cltab,
    socket: found.socket,
    name,
    level: found.level,
    json: found.json ?? false,
    all: found.all ?? false,
    color: found.color ?? "auto",
    timeout: found.timeout
  }
}
