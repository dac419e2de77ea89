import type { Level, Tag } from "@clinit/protocol/Names"
import type { Entry } from "./Cltab.ts"
import * as LevelList from "./LevelList.ts"

/** What a group has to do to be at a level. */
export interface LevelChange {
  /** Tags to stop, together, before anything starts: not of the level, gone from the cltab, off, or changed. */
  readonly stop: ReadonlyArray<Tag>
  /** The level's entries in file order: those among `keep` stay as they are, the others are started. */
  readonly sequence: ReadonlyArray<Entry>
  /** Tags of the sequence that stay as they are, running or finished. */
  readonly keep: ReadonlySet<Tag>
}

/** Whether a process started from `old` may stay for `entry`: what is run, and how, did not change. */
export const isUnchanged = (old: Entry, entry: Entry) =>
  old.mode === entry.mode && old.command === entry.command

/**
 * The change from what a group has started to a level of `entries`, the group's entries in file order. Entries that
 * are `off` belong to no level.
 */
export const plan = (started: Iterable<Entry>, entries: ReadonlyArray<Entry>, level: Level): LevelChange => {
  const sequence = entries.filter((entry) => entry.mode !== "off" && LevelList.matches(entry.levels, level))
  const wanted = new Map(sequence.map((entry) => [entry.tag, entry]))
  const stop: Array<Tag> = []
  const keep = new Set<Tag>()
  for (const old of started) {
    const entry = wanted.get(old.tag)
    if (entry !== undefined && isUnchanged(old, entry)) keep.add(old.tag)
    else stop.push(old.tag)
  }
  return { stop, sequence, keep }
}
