import { escape } from "@clinit/core/Quotation"
import { displayWidth } from "effect/cli/CliOutput"

/** So many characters of a line are shown, those around the caret. */
const longest = 72

const tabStop = 8

/** The characters as a terminal is to show them: tabs as blanks, what it would act on or hide as `\u001b`. */
const printable = (characters: ReadonlyArray<string>): string =>
  characters.reduce(
    (shown, character) =>
      shown + (character === "\t" ? " ".repeat(tabStop - displayWidth(shown) % tabStop) : escape(character)),
    ""
  )

/** A line of text, or a part of it if it is long, and below it a caret under the character of this column (from 1). */
export const of = (text: string, column: number): readonly [line: string, caret: string] => {
  const characters = Array.from(text)
  const from = Math.max(0, Math.min(column - 1 - longest / 2, characters.length - longest))
  const before = `${from > 0 ? "..." : ""}${printable(characters.slice(from, column - 1))}`
  const shown = printable(characters.slice(from, from + longest))
  const after = from + longest < characters.length ? "..." : ""
  return [`${from > 0 ? "..." : ""}${shown}${after}`, `${" ".repeat(displayWidth(before))}^`]
}
