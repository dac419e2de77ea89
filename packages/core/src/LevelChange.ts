import type { Level, Tag } from "@clinit/protocol/Names"
import type { StopReason } from "@clinit/protocol/Plan"
import * as ByHand from "./ByHand.ts"
import type { Entry } from "./Cltab.ts"
import * as EntryChange from "./EntryChange.ts"

/** An entry that has to go. */
export interface Stop {
  readonly tag: Tag
  readonly reason: StopReason
  /** The entry by whose settings it is stopped: as the cltab has it now, unless that is another one to start. */
  readonly as: Entry
}

/** What a group has to do to be at a level. */
export interface LevelChange {
  /** Entries to stop, together, before anything starts. */
  readonly stop: ReadonlyArray<Stop>
  /** The level's entries in file order: those among `keep` stay as they are, the others are started. */
  readonly sequence: ReadonlyArray<Entry>
  /** Tags of the sequence that stay as they are, running or finished. */
  readonly keep: ReadonlySet<Tag>
}

/** Why what was started as `old` has to go for a level that its entry, as the cltab has it `now`, does not belong to. */
const reasonToGo = (old: Entry, now: Entry | undefined, orders: ByHand.Orders): StopReason => {
  if (now === undefined) return { _tag: "Deleted" }
  if (now.mode === "off" && old.mode !== "off") return { _tag: "Off" }
  return orders.get(old.tag) === "stop" ? { _tag: "ByHand" } : { _tag: "OtherLevel" }
}

/**
 * The change from what a group has started to a level of `entries`, the group's entries in file order. Entries that
 * are `off` belong to no level; orders by hand add entries to the level and take others from it. What the system refused
 * to start is tried again.
 */
export const plan = (
  started: Iterable<Entry>,
  entries: ReadonlyArray<Entry>,
  level: Level,
  refused: ReadonlySet<Tag> = new Set(),
  orders: ByHand.Orders = ByHand.none
): LevelChange => {
  const sequence = entries.filter((entry) => ByHand.belongs(orders, entry, level))
  const wanted = new Set(sequence.map(({ tag }) => tag))
  const present = new Map(entries.map((entry) => [entry.tag, entry]))
  const stop: Array<Stop> = []
  const keep = new Set<Tag>()
  for (const old of started) {
    const now = present.get(old.tag)
    const what = now === undefined ? [] : EntryChange.restarting(old, now)
    const { tag } = old
    if (!wanted.has(tag)) {
      const as = now === undefined || what.length > 0 ? old : now
      stop.push({ tag, reason: reasonToGo(old, now, orders), as })
    } else if (what.length > 0) stop.push({ tag, reason: { _tag: "Changed", what }, as: old })
    else if (refused.has(tag)) stop.push({ tag, reason: { _tag: "Refused" }, as: old })
    else keep.add(tag)
  }
  return { stop, sequence, keep }
}
