import type { Level } from "@clinit/protocol/Names"
import type { Entry } from "./Cltab.ts"
import * as LevelList from "./LevelList.ts"
import * as Suggestion from "./Suggestion.ts"

/** Whether an entry has the level. A group is often told one that none has, so that all of it stops. */
export const isKnown = (level: Level, entries: ReadonlyArray<Entry>): boolean =>
  entries.some(({ levels }) => LevelList.matches(levels, level))

/** Shorter ones resemble anything. */
const isWord = (text: string): boolean => (text.match(/\p{L}/gu)?.length ?? 0) >= 3

/** What a level that none of these entries has was probably meant to be, or undefined if it resembles none of theirs. */
export const of = (level: Level, entries: ReadonlyArray<Entry>): string | undefined =>
  isWord(level)
    ? Suggestion.nearest(level, LevelList.named(entries.map(({ levels }) => levels)).filter(isWord))
    : undefined
