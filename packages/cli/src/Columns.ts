import { displayWidth } from "effect/cli/CliOutput"

/** The text with blanks behind it, so that a terminal shows it in this many columns. */
export const pad = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - displayWidth(text)))

/** How many columns the widest of the texts takes. */
export const widest = (texts: ReadonlyArray<string>): number =>
  texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0)
