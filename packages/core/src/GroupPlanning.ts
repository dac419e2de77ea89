import type { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { GroupPlan, PlannedStop, StopReason } from "@clinit/protocol/Plan"
import type { ProcessState as ProcessStateData } from "@clinit/protocol/Status"
import type { Entry } from "./Cltab.ts"
import * as EntryChange from "./EntryChange.ts"
import * as LevelChange from "./LevelChange.ts"
import * as ProcessState from "./ProcessState.ts"

/** A group as it stands, for a plan that is to be shown. */
export interface Standing {
  readonly group: GroupName
  readonly level: Level | undefined
  /** What was started and may stay, by tag. */
  readonly started: ReadonlyMap<Tag, Entry>
  /** What was told to go and is not yet down. */
  readonly leaving: ReadonlyArray<Entry>
  readonly stateOf: (tag: Tag) => ProcessStateData | undefined
  /** The stages of the stop that an entry gets. */
  readonly scheduleOf: (entry: Entry) => string
}

const stopOf = ({ scheduleOf, stateOf }: Standing, entry: Entry, reason: StopReason): PlannedStop => {
  const { tag } = entry
  const state = stateOf(tag)
  const pid = state !== undefined && "pid" in state ? state.pid : undefined
  const runs = pid !== undefined ||
    (entry.fiber === true && state !== undefined && ProcessState.isLive(state))
  return {
    tag,
    reason,
    ...(pid === undefined ? {} : { pid }),
    ...(runs ? { schedule: scheduleOf(entry) } : {})
  }
}

const head = ({ group, level }: Standing) => ({ group, ...(level === undefined ? {} : { from: level }) })

const leavings = (standing: Standing): ReadonlyArray<PlannedStop> =>
  standing.leaving.map((entry) => stopOf(standing, entry, { _tag: "Leaving" }))

/** What a change to this level is shown as: what is still on its way down has to be waited for as well. */
export const toLevel = (
  standing: Standing,
  to: Level,
  { keep, sequence, stop }: LevelChange.LevelChange
): GroupPlan => {
  const stops = [
    ...leavings(standing),
    ...stop.map(({ as, reason }) => stopOf(standing, as, reason))
  ]
  const stopped = new Set(stops.map(({ tag }) => tag))
  return {
    ...head(standing),
    to,
    stop: stops,
    keep: sequence.filter(({ tag }) => keep.has(tag)).map((entry) => ({
      tag: entry.tag,
      state: standing.stateOf(entry.tag) ?? { _tag: "Starting" },
      settings: EntryChange.adjusting(standing.started.get(entry.tag) ?? entry, entry)
    })),
    start: sequence.filter(({ tag }) => !keep.has(tag)).map(({ command, mode, tag }) => ({
      tag,
      mode,
      command,
      again: stopped.has(tag)
    }))
  }
}

/** A group of which nothing is there. */
export const untold = (group: GroupName): Standing => ({
  group,
  level: undefined,
  started: new Map(),
  leaving: [],
  stateOf: () => undefined,
  scheduleOf: () => ""
})

/** What the first tell of a group is shown as. */
export const ofNew = (group: GroupName, to: Level, entries: ReadonlyArray<Entry>): GroupPlan =>
  toLevel(untold(group), to, LevelChange.plan([], entries, to))

/** What the halt of a group is shown as that the cltab no longer has. */
export const toHalt = (standing: Standing): GroupPlan => ({
  ...head(standing),
  stop: [
    ...leavings(standing),
    ...Array.from(
      standing.started.values(),
      (entry) => stopOf(standing, entry, { _tag: "Deleted" })
    )
  ],
  keep: [],
  start: []
})
