import type { Mode } from "@clinit/protocol/Names"
import type { Command } from "./ModelCommands.ts"
import { scriptOf } from "./ModelCommands.ts"

/** An entry as its line has it. */
export interface Entry {
  readonly group: string
  readonly tag: string
  readonly levels: string
  readonly mode: Mode
  readonly command: string
}

/** What tells an entry from the others of all versions of the file. */
export const key = ({ group, tag }: Pick<Entry, "group" | "tag">): string => `${group}/${tag}`

/** A process of the one may stay for the other. */
export const isSame = (one: Entry, other: Entry): boolean =>
  key(one) === key(other) && one.mode === other.mode && one.command === other.command

/** What entries were told by hand beside their group's level. */
export type Orders = ReadonlyMap<string, "start" | "stop">

const noOrders: Orders = new Map()

const isOfLevel = ({ levels }: Entry, level: string): boolean =>
  (levels.includes(",") ? levels.split(",") : [...levels, levels]).includes(level)

/** The entries that are to be at a level of a group, in file order. */
export const sequence = (
  entries: ReadonlyArray<Entry>,
  group: string,
  level: string,
  orders: Orders = noOrders
): ReadonlyArray<Entry> =>
  entries.filter((entry) =>
    entry.group === group && entry.mode !== "off" &&
    (orders.has(entry.tag) ? orders.get(entry.tag) === "start" : isOfLevel(entry, level))
  )

/** Such entries have ended when they have started. */
export const isJob = ({ mode }: Entry): boolean => mode === "wait" || mode === "test"

/** What stays when it has ended by itself: once is enough. */
export const runsOnce = ({ mode }: Entry): boolean => mode !== "respawn"

/** The system never starts it. */
export const isRefused = ({ command }: Entry): boolean => scriptOf(command).refused !== undefined

const groups = ["web", "db", "log"]
const givenUp = ["b", "d", "f"]
const stoppedInHaste = ["c", "d"]

/** Where the output of entries with these tags goes. */
const loggers: Readonly<Record<string, ReadonlyArray<Logger>>> = {
  b: [{ reads: "output", command: "reader" }],
  e: [{ reads: "output", command: "slowReader" }, { reads: "error-output", command: "reader" }],
  f: [{ reads: "output", command: "deafReader" }],
  g: [{ reads: "output", command: "mortalReader" }]
}

/** What reads an output of an entry. */
export interface Logger {
  readonly reads: "output" | "error-output"
  readonly command: Command
}

/** The loggers of an entry with this tag. */
export const loggersOf = (tag: string): ReadonlyArray<Logger> => loggers[tag] ?? []

/** Lines of every version of the file: what some of its entries are supervised by, in whatever group they are. */
export const settings: ReadonlyArray<string> = groups.flatMap((group) => [
  ...givenUp.map((tag) => `:::${group}/${tag}/respawn.give-up:2`),
  ...stoppedInHaste.map((tag) => `:::${group}/${tag}/stop:TERM 3s, KILL 4s`),
  ...Object.entries(loggers).flatMap(([tag, all]) =>
    all.map(({ command, reads }) => `:::${group}/${tag}/${reads}:pipe:${command}`)
  )
])

/** A respawn entry with this tag may be given up. */
export const mayBeGivenUp = (tag: string): boolean => givenUp.includes(tag)

/** It is given up, sooner or later. */
const isGivenUp = ({ command, mode, tag }: Entry): boolean =>
  mode === "respawn" && mayBeGivenUp(tag) && ["instant", "brief", "refused"].includes(command)

const fails = (entry: Entry): boolean => {
  const { dieOf, exits, refused } = scriptOf(entry.command)
  if (refused !== undefined) return runsOnce(entry)
  return entry.mode === "test" && (dieOf !== undefined || (exits ?? 0) !== 0)
}

/** What a level comes out as in the end. */
export const outcome = (level: ReadonlyArray<Entry>): "DONE" | "PASSED" | "FAILED" =>
  level.some(isGivenUp) ? "FAILED" : outcomeBefore(level)

/** What a level comes out as before anything is given up. */
export const outcomeBefore = (level: ReadonlyArray<Entry>): "DONE" | "PASSED" | "FAILED" =>
  level.some(fails)
    ? "FAILED"
    : level.length > 0 && level.every(({ mode }) => mode === "test")
    ? "PASSED"
    : "DONE"

/**
 * The n-th signal of a stop, and how long after the stop's begin it is due. `isStray` is one of which nobody knows any
 * more how it is supervised.
 */
export const signalAt = (
  { tag }: Entry,
  index: number,
  isStray: boolean
): { readonly signal: string; readonly afterMillis: number } => {
  if (stoppedInHaste.includes(tag) && !isStray) {
    if (index === 0) return { signal: "SIGTERM", afterMillis: 0 }
    const again = index - 1
    return { signal: "SIGKILL", afterMillis: 3_000 + 4_000 * again + 2_500 * again * (again - 1) }
  }
  if (index === 0) return { signal: "SIGINT", afterMillis: 0 }
  if (index === 1) return { signal: "SIGTERM", afterMillis: 5_000 }
  const again = index - 2
  return { signal: "SIGKILL", afterMillis: 15_000 + 10_000 * again + 2_500 * again * (again + 1) }
}

/** What a group was told: a level with its entries as the file had them, or to stand still. */
export interface Wish {
  readonly level: string | null
  readonly sequence: ReadonlyArray<Entry>
  /** The group's entries, of the level or not. */
  readonly entries?: ReadonlyArray<Entry>
  readonly orders?: Orders
  /** Stopped by hand: the level that a start takes it to. */
  readonly stoppedAt?: string
  /** What goes although it belongs to the level, to be started again. */
  readonly anew?: ReadonlyArray<Entry>
  /** When it was told, in numbers of events. */
  readonly told: number
  /** When whoever told it got the answer; until then, and if the daemon is killed before, it may hold or not. */
  readonly answered?: number
}

/** Which of a group's wishes may hold: the last that was answered for sure, unless one told after it. */
export const holding = (wishes: ReadonlyArray<Wish>): ReadonlyArray<Wish> =>
  wishes.slice(Math.max(0, wishes.findLastIndex(({ answered }) => answered !== undefined)))

/** A group is told this level, as the file has it now. */
export const told = (
  file: ReadonlyArray<Entry>,
  group: string,
  level: string,
  orders: Orders = noOrders
) => ({
  group,
  level,
  entries: file.filter((entry) => entry.group === group),
  orders,
  sequence: sequence(file, group, level, orders)
})

/** Two wishes that the ledger cannot tell from each other. */
export const isSameWish = (one: Wish, other: Wish): boolean =>
  one.level === other.level && one.stoppedAt === other.stoppedAt &&
  JSON.stringify([...one.orders ?? []].toSorted()) === JSON.stringify([...other.orders ?? []].toSorted())

/** Whether a process of the entry may stay under the wish. */
export const keeps = (wish: Wish, entry: Entry): boolean => wish.sequence.some((each) => isSame(each, entry))
