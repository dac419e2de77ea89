import type { GroupName, Level } from "@clinit/protocol/Names"
import type { Entry } from "./Cltab.ts"
import * as LevelList from "./LevelList.ts"
import * as Suggestion from "./Suggestion.ts"

/** Whether an entry has the level. A group is often told one that none has, so that all of it stops. */
export const isKnown = (level: Level, entries: ReadonlyArray<Entry>): boolean =>
  entries.some(({ levels }) => LevelList.matches(levels, level))

/** Shorter ones resemble anything. */
const isWord = (text: string): boolean => (text.match(/\p{L}/gu)?.length ?? 0) >= 3

/** What is to be said of a level that none of the group's entries has: nothing if it resembles none of theirs. */
export const hints = (
  group: GroupName,
  level: Level,
  entries: ReadonlyArray<Entry>
): ReadonlyArray<string> => {
  const levels = LevelList.named(entries.map(({ levels }) => levels))
  const meant = isWord(level) ? Suggestion.nearest(level, levels.filter(isWord)) : undefined
  return meant === undefined ? [] : [`no entry of ${group} has the level ${level} (did you mean ${meant}?)`]
}
