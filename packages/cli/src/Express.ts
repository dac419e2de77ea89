import * as DaemonPaths from "@clinit/core/DaemonPaths"
import { forbidden } from "@clinit/protocol/NamePattern"
import * as os from "node:os"
import type { DaemonStart } from "./commands/Daemon.ts"
import type { Given, Order } from "./orders/Order.ts"
import { isByHand } from "./orders/Order.ts"
import * as OriginalWords from "./orders/OriginalWords.ts"
import * as Question from "./status/Question.ts"

// Two thirds of the time that a short command would take go into loading what parses every command line. What scripts
// write all the time is mostly written in a few plain forms, which are recognised here.

/** What a command line in a plain form is for. */
export type Recognised =
  | { readonly _tag: "Question"; readonly question: Question.Question }
  | { readonly _tag: "Order"; readonly given: Given }
  | { readonly _tag: "Daemon"; readonly start: DaemonStart }

type Valued = "cltab" | "socket" | "timeout" | "level" | "color" | "exitWith"

/** The flags that take a value, by all their names. */
const valued = new Map<string, Valued>([
  ["-c", "cltab"],
  ["--cltab", "cltab"],
  ["-s", "socket"],
  ["--socket", "socket"],
  ["--timeout", "timeout"],
  ["--level", "level"],
  ["--color", "color"],
  ["--exit-with", "exitWith"]
])

/** The one that may be repeated. */
const tellFlag = "--tell"

/** Those that take none. */
const toggles = new Map([
  ["-v", "verbose"],
  ["--verbose", "verbose"],
  ["-w", "wait"],
  ["--wait", "wait"],
  ["--no-wait", "noWait"],
  ["-d", "daemon"],
  ["--daemon", "daemon"],
  ["-k", "kill"],
  ["--kill", "kill"],
  ["--no-resume", "noResume"],
  ["--json", "json"],
  ["--all", "all"],
  ["--apply", "apply"]
])

/** Flags that are not the root's, but a command's own. */
const own: ReadonlySet<string> = new Set(["level", "color", "exitWith", "tell", "json", "all", "apply"])

/** A number that is one under any rule. */
const seconds = /^[0-9]{1,6}(\.[0-9]{1,3})?$/

/** A word that is no flag under any rule. */
const isPlain = (word: string | undefined): word is string =>
  word !== undefined && word !== "" && !word.startsWith("-")

const isOneOf = <A extends string>(text: string, choices: ReadonlyArray<A>): text is A =>
  (choices as ReadonlyArray<string>).includes(text)

interface Scanned {
  readonly words: ReadonlyArray<string>
  readonly values: { readonly [Name in Valued]?: string }
  readonly tells: ReadonlyArray<string>
  readonly given: ReadonlySet<string>
  /** Those in front of the first word. */
  readonly front: ReadonlySet<string>
}

/** The words and flags, if each flag is known, stands once, and not in front of the command whose own it is. */
const scan = (argv: ReadonlyArray<string>): Scanned | undefined => {
  const words: Array<string> = []
  const values: { [Name in Valued]?: string } = {}
  const tells: Array<string> = []
  const given = new Set<string>()
  const front = new Set<string>()
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!
    const value = valued.get(word)
    const name = word === tellFlag ? "tell" : value ?? toggles.get(word)
    if (name === undefined) {
      if (!isPlain(word)) return undefined
      words.push(word)
      continue
    }
    if ((given.has(name) && name !== "tell") || (own.has(name) && words.length === 0)) return undefined
    given.add(name)
    if (words.length === 0) front.add(name)
    if (toggles.has(word)) continue
    const text = argv[++at]
    if (!isPlain(text)) return undefined
    if (value === undefined) tells.push(text)
    else values[value] = text
  }
  const { timeout } = values
  return timeout === undefined || (seconds.test(timeout) && Number(timeout) > 0)
    ? { words, values, tells, given, front }
    : undefined
}

const everywhere = ["cltab", "socket", "timeout"]
const ofOrders = [...everywhere, "verbose", "wait", "noWait"]

const question = (
  command: Question.Question["command"],
  [name, ...more]: ReadonlyArray<string>,
  { color = "auto", level }: Scanned["values"],
  has: (toggle: string) => boolean
) =>
  more.length > 0 || (command !== "status" && name === undefined) || !isOneOf(color, Question.colours)
    ? undefined
    : { command, name, level, color, json: has("json"), all: has("all") }

const isName = (word: string | undefined): word is string =>
  word !== undefined && word !== "" && !forbidden.test(word)

/** A tell of a group or, of one word, of the one named like this host. */
const tell = (words: ReadonlyArray<string>, command?: string): Order | undefined => {
  const ofHost = words.length === 1
  const [group, level, ...more] = ofHost ? [os.hostname(), words[0]] : words
  return isName(group) && isName(level) && more.length === 0
    ? { verb: "tell", group, level, ofHost, command }
    : undefined
}

/** The group and the level of `GROUP:LEVEL`. */
const pair = (text: string) => {
  const [group, level, ...more] = text.split(":")
  return isName(group) && isName(level) && more.length === 0 ? [{ group, level }] : []
}

const original = (words: ReadonlyArray<string>): Order | undefined =>
  words.length > 2 || words.some((word) => isOneOf(word, OriginalWords.commands))
    ? undefined
    : OriginalWords.orderOfAll(words) ?? tell(words, OriginalWords.commandMeant(words))

/** The order of a subcommand with these words behind it. */
const ordered = (
  verb: string,
  words: ReadonlyArray<string>,
  has: (toggle: string) => boolean
): Order | undefined => {
  const [name, signal] = words
  if (verb === "tell") return tell(words)
  if (verb === "signal") {
    return name !== undefined && signal !== undefined && words.length === 2
      ? { verb, name, signal }
      : undefined
  }
  if (words.length > 1) return undefined
  if (verb === "retry") return { verb, name }
  if (name !== undefined) return isByHand(verb) ? { verb, name } : undefined
  return verb === "reread" ? { verb, apply: has("apply") } : verb === "shutdown" ? { verb } : undefined
}

/**
 * What these arguments are for, if it is beyond doubt that effect/cli would read the same from them. Of everything else,
 * mistakes and calls for help included, there is nothing to say here.
 */
export const recognise = (argv: ReadonlyArray<string>): Recognised | undefined => {
  const scanned = scan(argv)
  if (scanned === undefined) return undefined
  const { front, given, values, words } = scanned
  const has = (toggle: string) => given.has(toggle)
  const takes = (...flags: ReadonlyArray<string>) => [...given].every((flag) => flags.includes(flag))
  const [command = "", ...rest] = words
  const { cltab = DaemonPaths.defaults.cltab, socket } = values
  const timeout = values.timeout === undefined ? undefined : Number(values.timeout)

  if (isOneOf(command, Question.commands)) {
    const flags = command === "status" ? ["level", "color", "json", "all"] : []
    const asked = takes(...everywhere, ...flags) ? question(command, rest, values, has) : undefined
    return asked && { _tag: "Question", question: { ...asked, cltab, socket, timeout } }
  }

  const isCommand = isOneOf(command, OriginalWords.commands)
  if (isCommand ? command === "daemon" && rest.length === 0 : has("daemon") && words.length === 0) {
    const flags = isCommand ? ["tell", "exitWith"] : ["daemon"]
    const tells = scanned.tells.flatMap(pair)
    if (isCommand && front.has("noResume")) return undefined
    if (!takes("cltab", "socket", "noResume", ...flags) || tells.length < scanned.tells.length) {
      return undefined
    }
    return {
      _tag: "Daemon",
      start: { cltab, socket, resume: !has("noResume"), tells, exitWith: values.exitWith }
    }
  }

  const isKill = has("kill") && words.length === 0
  const order = isKill
    ? { verb: "shutdown" as const }
    : isCommand
    ? ordered(command, rest, has)
    : original(words)
  const flags = isKill ? ["kill"] : command === "reread" ? ["apply"] : []
  if (order === undefined || !takes(...ofOrders, ...flags)) return undefined
  const [verbose, wait, noWait] = [has("verbose"), has("wait"), has("noWait")]
  return { _tag: "Order", given: { order, manner: { cltab, socket, verbose, wait, noWait, timeout } } }
}
