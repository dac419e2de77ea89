import type { Diagnostic } from "@clinit/protocol/Diagnostic"

/** One line of a text, without its line feed. `number` counts from 1. */
export interface SourceLine {
  readonly number: number
  readonly text: string
}

/** The lines of a text. */
export const split = (text: string): ReadonlyArray<SourceLine> =>
  text.split("\n").map((text, index) => ({ number: index + 1, text }))

const diagnostic =
  (severity: Diagnostic["severity"]) =>
  (line: SourceLine, index: number, message: string, hint?: string): Diagnostic => ({
    severity,
    line: line.number,
    // Iterating a string yields code points, its length counts UTF-16 units.
    column: Array.from(line.text.slice(0, index)).length + 1,
    message,
    ...(hint === undefined ? {} : { hint })
  })

/** An error at the character with this index (UTF-16 units from 0) of the line. */
export const error = diagnostic("error")

/** A warning at the character with this index (UTF-16 units from 0) of the line. */
export const warning = diagnostic("warning")
