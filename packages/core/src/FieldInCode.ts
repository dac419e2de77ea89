import { Level, Mode } from "@clinit/protocol/Names"
import { format } from "effect/Formatter"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as CltabEntry from "./CltabEntry.ts"
import { escape, quote } from "./Quotation.ts"
import * as ShellCommand from "./ShellCommand.ts"
import * as Suggestion from "./Suggestion.ts"

// The fields of an entry that is written in code. Types promise what they are; what they are given is checked all the same.

/** Takes what is wrong, and what to do about it. */
export type Report = (message: string, hint?: string) => void

const longest = 60

/** What was given, as code would write it, cut where a quotation is. */
export const shown = (given: unknown): string => {
  if (typeof given === "string") return quote(given)
  const whole = escape(format(given))
  return whole.length > longest ? `${whole.slice(0, longest)}...` : whole
}

/** The text of a field, if it is what the schema has; else that is reported. */
export const text = <S extends Schema.ConstraintDecoder<unknown>>(
  report: Report,
  name: string,
  schema: S,
  given: unknown
): S["Type"] | undefined => {
  if (typeof given !== "string") {
    report(`the ${name} is no text: ${shown(given)}`)
    return undefined
  }
  const decoded = Schema.decodeUnknownResult(schema)(given)
  if (Result.isSuccess(decoded)) return decoded.success
  const { message } = decoded.failure
  report(given.trim() === "" ? message : `${message}: ${quote(given)}`)
  return undefined
}

/** The mode, if it is one; else that is reported. */
export const mode = (report: Report, given: unknown): Mode | undefined => {
  if (Schema.is(Mode)(given)) return given
  const meant = typeof given === "string" ? Suggestion.nearest(given, Mode.literals) : undefined
  const hint = meant === undefined ? `the modes are ${Mode.literals.join(", ")}` : `did you mean ${meant}?`
  report(`unknown mode ${shown(given)}`, hint)
  return undefined
}

const Word = Level.check(
  Schema.isPattern(/^[^,:]*$/, { message: "the level has a comma or a colon" })
)

/** A list of one word would be taken for its characters, unless a comma shows that it is a list. */
const levelList = (words: ReadonlyArray<string>): string =>
  words.length === 1 && [...words[0]!].length > 1 ? `${words[0]},` : words.join(",")

/** The words as a level list, if each is a level; else that is reported. */
export const levels = (report: Report, given: unknown): CltabEntry.Entry["levels"] | undefined => {
  if (!Array.isArray(given) || given.length === 0) {
    report("there are no levels", "levels are words such as [\"run\"]")
    return undefined
  }
  const words = given.map((each) => text(report, "level", Word, each))
  return words.includes(undefined) ? undefined : levelList(words as ReadonlyArray<string>)
}

/** The command as a line, if that can be one; else that is reported. */
export const command = (report: Report, given: unknown): string | undefined => {
  const isWords = Array.isArray(given) && given.every((word) => typeof word === "string")
  const line = isWords ? ShellCommand.line(given) : given
  if (line === undefined && isWords) {
    report(`the program's name begins with a sign: ${shown(given[0])}`, "write its path")
    return undefined
  }
  return text(report, "command", CltabEntry.Entry.fields.command, line)
}
