import { plain } from "@clinit/protocol/Names"
import * as Schema from "effect/Schema"

/** The third field of an entry: not empty, without white space, control characters and colons. */
export const LevelList = Schema.String.check(
  ...plain("the level list"),
  Schema.isPattern(/^[^:]*$/, { message: "the level list has a colon" })
)
export type LevelList = typeof LevelList.Type

/** The levels that the lists name: their words, or of a list without a comma the whole. */
export const named = (lists: Iterable<string>): ReadonlyArray<string> => [
  ...new Set(Array.from(lists).flatMap((levels) => levels.split(",")).filter((level) => level !== ""))
]

/**
 * True if an entry with this level list belongs to the level: the level is the whole list, or one of its
 * comma-separated words, or, in a list without commas, one of its characters (code points).
 * Names are compared literally; the empty text is no level.
 */
export const matches = (levels: string, level: string): boolean =>
  level !== "" &&
  (levels === level || (levels.includes(",") ? levels.split(",") : [...levels]).includes(level))
