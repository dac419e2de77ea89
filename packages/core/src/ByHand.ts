import type { Level, Tag } from "@clinit/protocol/Names"
import type { Entry } from "./Cltab.ts"
import * as LevelList from "./LevelList.ts"

// Orders by hand: what single entries were told beside the level of their group. They hold until the group is told a
// level, also the one that it is at: a tell says how everything is to be.

/** What can be ordered of an entry, or of a group. */
export type Verb = "start" | "stop" | "restart"

/** The entries that are to run though the level lacks them, and those that are not though it has them. */
export type Orders = ReadonlyMap<Tag, "start" | "stop">

export const none: Orders = new Map()

const isOfLevel = ({ levels, mode }: Entry, level: Level): boolean =>
  mode !== "off" && LevelList.matches(levels, level)

/** Whether the entry is to run at the level. One that is `off` never is. */
export const belongs = (orders: Orders, entry: Entry, level: Level): boolean => {
  if (entry.mode === "off") return false
  const order = orders.get(entry.tag)
  return order === undefined ? isOfLevel(entry, level) : order === "start"
}

/** The orders with this one, which is none of them if the level asks for the same. */
export const withOrder = (orders: Orders, verb: Verb, entry: Entry, level: Level): Orders => {
  const wish = verb === "stop" ? "stop" : "start"
  const next = new Map(orders)
  if (isOfLevel(entry, level) === (wish === "start")) next.delete(entry.tag)
  else next.set(entry.tag, wish)
  return next
}

/** The orders without those that stop what the level has. */
export const withoutStops = (orders: Orders): Orders =>
  new Map([...orders].filter(([, order]) => order === "start"))

/**
 * The entries that a group was told, with this one as the cltab has it `now`: an order of one entry says nothing of
 * others, whose lines may have changed as well. One that is new stands behind what it follows in the cltab.
 */
export const withEntry = (
  told: ReadonlyArray<Entry>,
  entry: Entry,
  now: ReadonlyArray<Entry>
): ReadonlyArray<Entry> => {
  if (told.some(({ tag }) => tag === entry.tag)) {
    return told.map((each) => each.tag === entry.tag ? entry : each)
  }
  const before = new Set(now.slice(0, now.findIndex(({ tag }) => tag === entry.tag)).map(({ tag }) => tag))
  const at = told.findLastIndex(({ tag }) => before.has(tag)) + 1
  return [...told.slice(0, at), entry, ...told.slice(at)]
}
