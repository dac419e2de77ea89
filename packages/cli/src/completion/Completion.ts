import * as LevelList from "@clinit/core/LevelList"
import * as Signal from "@clinit/core/Signal"
import type { CommandDescriptor, FlagDescriptor } from "effect/cli/Completions"
import * as ValueKind from "./ValueKind.ts"

/** A word that may stand at the cursor. */
export interface Candidate {
  readonly word: string
  readonly description?: string | undefined
}

/** An entry that cltab or daemon know of; without a tag a group. `levels` are those that people would type. */
export interface Known {
  readonly group: string
  readonly tag?: string | undefined
  readonly levels: ReadonlyArray<string>
}

/** What the words up to the cursor ask for. */
export interface Question {
  readonly command: CommandDescriptor
  /** Whether subcommands may stand at the cursor. */
  readonly isFirst: boolean
  readonly words: ReadonlyArray<string>
  /** The values of flags by the flags' names, as far as they were given; of flags without a value "". */
  readonly given: ReadonlyMap<string, string>
  /** The flag whose value stands at the cursor, and what stands before it in the same word. */
  readonly flag: { readonly of: FlagDescriptor; readonly attachedTo: string } | undefined
  /** Whether a `--` came before: everything is a word. */
  readonly isLiteral: boolean
  /** The word at the cursor, as far as it is typed. */
  readonly typed: string
}

const takesValue = ({ type }: FlagDescriptor): boolean => type._tag !== "Boolean"

/** Reads one word of flags: `--name`, `--name=value`, `-n`, `-nVALUE`, `-abn`. The flag that still lacks its value is returned. */
const readFlags = (
  { flags }: CommandDescriptor,
  word: string,
  given: Map<string, string>
): FlagDescriptor | undefined => {
  const [, long, value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? []
  if (long !== undefined) {
    const flag = flags.find(({ name }) => name === long)
    given.set(long, value ?? "")
    return flag !== undefined && value === undefined && takesValue(flag) ? flag : undefined
  }
  for (let at = 1; at < word.length; at++) {
    const flag = flags.find(({ aliases }) => aliases.includes(word[at]!))
    if (flag === undefined) return undefined
    const attached = word.slice(at + 1)
    given.set(flag.name, takesValue(flag) ? attached : "")
    if (takesValue(flag)) return attached === "" ? flag : undefined
  }
  return undefined
}

/** What is asked by the words of a command line behind the program's name, the last of which is the one at the cursor. */
export const read = (tree: CommandDescriptor, line: ReadonlyArray<string>): Question => {
  let command = tree
  let lacking: FlagDescriptor | undefined
  let isLiteral = false
  const words: Array<string> = []
  const given = new Map<string, string>()
  for (const word of line.slice(0, -1)) {
    if (lacking !== undefined) {
      given.set(lacking.name, word)
      lacking = undefined
    } else if (isLiteral) words.push(word)
    else if (word === "--") isLiteral = true
    else if (/^-./.test(word)) lacking = readFlags(command, word, given)
    else {
      const subcommand = words.length > 0 || command !== tree
        ? undefined
        : command.subcommands.find(({ name }) => name === word)
      if (subcommand === undefined) words.push(word)
      else command = subcommand
    }
  }
  const typed = line.at(-1) ?? ""
  const [attachedTo, name] = isLiteral ? [] : /^--([^=]*)=/.exec(typed) ?? []
  const attached = lacking === undefined && command.flags.find((flag) => flag.name === name)
  return {
    command,
    isFirst: command === tree && words.length === 0 && !isLiteral,
    words,
    given,
    flag: lacking
      ? { of: lacking, attachedTo: "" }
      : attached && attachedTo !== undefined
      ? { of: attached, attachedTo }
      : undefined,
    isLiteral,
    typed
  }
}

/** What may stand at the cursor, by kind: nothing that has to be looked up if it is a flag or a choice. */
export const kindsOf = ({ command, flag, words }: Question): ReadonlyArray<ValueKind.Kind> => {
  if (flag !== undefined) return ValueKind.ofFlag(flag.of)
  const last = command.arguments.at(-1)
  const argument = command.arguments[words.length] ?? (last?.variadic === true ? last : undefined)
  return argument === undefined
    ? []
    : ValueKind.ofArgument(argument, words.length - command.arguments.indexOf(argument))
}

const unique = (words: Iterable<string>): ReadonlyArray<string> => [...new Set(words)]

/** The levels of the group that the first word names; without one of the host's, as for a tell, or as a flag's value of all. */
const levels = (
  { flag, words: [first] }: Question,
  known: ReadonlyArray<Known>,
  hostname: string
): ReadonlyArray<Candidate> => {
  const only = first?.split("/")[0] ?? (flag === undefined ? hostname : undefined)
  const chosen = known.filter(({ group }) => only === undefined || group === only)
  return unique(chosen.flatMap(({ levels }) => levels)).map((word) => ({ word, description: "level" }))
}

const named = (
  kind: ValueKind.Kind,
  question: Question,
  known: ReadonlyArray<Known>,
  hostname: string
): ReadonlyArray<Candidate> => {
  switch (kind) {
    case "group":
      return unique(known.map(({ group }) => group)).map((word) => ({ word, description: "group" }))
    case "entry":
      return unique(known.flatMap(({ group, tag }) => tag === undefined ? [] : [`${group}/${tag}`]))
        .map((word) => ({ word, description: "entry" }))
    case "level":
      return levels(question, known, hostname)
    case "signal":
      return Signal.words.map((word) => ({ word, description: "signal" }))
    case "file":
      return []
  }
}

const flags = ({ command, given }: Question): ReadonlyArray<Candidate> =>
  command.flags.filter(({ name }) => !given.has(name)).flatMap(({ aliases, description, name }) => [
    { word: `--${name}`, description },
    ...aliases.map((alias) => ({ word: alias.length === 1 ? `-${alias}` : `--${alias}`, description }))
  ])

const ofValue = (type: FlagDescriptor["type"]): ReadonlyArray<Candidate> =>
  type._tag === "Choice" ? type.values.map((word) => ({ word })) : []

/**
 * Everything that may stand at the cursor and begins as the word there does. A name that would be read as something else
 * is left out: one that begins like a flag, or that is a subcommand's, unless `--` came before.
 */
export const answer = (
  question: Question,
  known: ReadonlyArray<Known>,
  hostname: string
): ReadonlyArray<Candidate> => {
  const { command, flag, isFirst, isLiteral, typed, words } = question
  const begins = ({ word }: Candidate) => word.startsWith(typed)
  const names = kindsOf(question).flatMap((kind) => named(kind, question, known, hostname))
  if (flag !== undefined) {
    return [...ofValue(flag.of.type), ...names].map(({ description, word }) => ({
      word: flag.attachedTo + word,
      description
    })).filter(begins)
  }
  if (!isLiteral && typed.startsWith("-")) return flags(question).filter(begins)
  const subcommands = isFirst ? command.subcommands : []
  const argument = command.arguments[words.length]
  const isWord = ({ word }: Candidate) =>
    isLiteral || !(word.startsWith("-") || subcommands.some(({ name }) => name === word))
  return [
    ...subcommands.map(({ description, name }) => ({ word: name, description })),
    ...(argument === undefined ? [] : ofValue(argument.type)),
    ...names.filter(isWord)
  ].filter(begins)
}

/** The levels of a level list that people would type: the words between its commas, the digits of a number, or all of it. */
export const levelsOf = (list: string): ReadonlyArray<string> =>
  (list.includes(",") ? list.split(",") : /^\d+$/.test(list) ? [...list] : [list])
    .filter((level) => LevelList.matches(list, level))
