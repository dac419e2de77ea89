import type { GroupName } from "@clinit/protocol/Names"
import type { GroupStatus, ProcessState, ProcessStatus, StoppedEntry } from "@clinit/protocol/Status"
import * as ByHand from "./ByHand.ts"
import type { Cltab, Entry } from "./Cltab.ts"
import * as EntryChange from "./EntryChange.ts"
import type { Group } from "./Group.ts"

// What a status says beside the published states: what follows from the cltab and from orders, and no pid that is not alive.

/** What is known of a group that has a fiber. */
type Known = Pick<Group, "byHand" | "started" | "isLed">

/** The cltab in force, and what the file says now; the same if it cannot be told. */
export interface Cltabs {
  readonly loaded: Cltab
  readonly file: Cltab
}

/** Whether the state names a process that has ended, for all that is known: its end has yet to be published. */
const isStale = (known: Known | undefined, { state, tag }: ProcessStatus): boolean =>
  state._tag === "Running" && known?.isLed(tag) !== true

/** Whether any of the states is about to be another. */
export const areStale = (shown: ReadonlyArray<GroupStatus>, known: ReadonlyMap<GroupName, Known>): boolean =>
  shown.some(({ group, processes }) => processes.some((process) => isStale(known.get(group), process)))

/** The state without the pid of a leader that has ended; what is left is on its way down. */
const withoutDead = (state: ProcessState): ProcessState => {
  if (state._tag === "Running") return { _tag: "Stopping" }
  if (state._tag !== "Stopping") return state
  const { pid: _, ...rest } = state
  return rest
}

const isModified = (started: Entry | undefined, now: Entry | undefined): boolean =>
  started !== now && started !== undefined &&
  (now === undefined || EntryChange.restarting(started, now).length > 0)

/** The entries of each group in file order, the groups in the order of their first lines. */
const byGroup = ({ entries }: Cltab): ReadonlyMap<GroupName, ReadonlyArray<Entry>> =>
  Map.groupBy(entries, ({ group }) => group)

/** The group with its entries in the order of the loaded cltab, those that it no longer has behind them. */
const complete = (
  status: GroupStatus,
  known: Known | undefined,
  loaded: ReadonlyArray<Entry>,
  inFile: ReadonlyArray<Entry>
): GroupStatus => {
  const file = new Map(inFile.map((entry) => [entry.tag, entry]))
  const orders = known?.byHand() ?? ByHand.none
  const started = known?.started()
  const place = new Map(loaded.map(({ tag }, index) => [tag, index]))
  const placeOf = ({ tag }: ProcessStatus) => place.get(tag) ?? loaded.length
  const shown = new Set(status.processes.map(({ tag }) => tag))
  const processes = status.processes.toSorted((a, b) => placeOf(a) - placeOf(b)).map((process) => ({
    ...process,
    state: known?.isLed(process.tag) === true ? process.state : withoutDead(process.state),
    ...(orders.get(process.tag) === "start" ? { byHand: true as const } : {}),
    ...(isModified(started?.get(process.tag), file.get(process.tag)) ? { modified: true as const } : {})
  }))
  const stopped = loaded.flatMap(({ levels, mode, tag }): ReadonlyArray<StoppedEntry> =>
    shown.has(tag)
      ? []
      : [{ tag, mode, levels, ...(orders.get(tag) === "stop" ? { byHand: true as const } : {}) }]
  )
  return { ...status, processes, ...(stopped.length === 0 ? {} : { stopped }) }
}

/** Every group that has a state, then those that the loaded cltab has beside them: they were told nothing yet. */
export const all = (
  shown: ReadonlyArray<GroupStatus>,
  known: ReadonlyMap<GroupName, Known>,
  cltabs: Cltabs
): ReadonlyArray<GroupStatus> => {
  const loaded = byGroup(cltabs.loaded)
  const file = cltabs.file === cltabs.loaded ? loaded : byGroup(cltabs.file)
  const names = new Set(shown.map(({ group }) => group))
  const untold = [...loaded.keys()].filter((group) => !names.has(group))
  return [
    ...shown,
    ...untold.map((group) => ({ group, state: "CONFIGURED" as const, processes: [] }))
  ].map((status) => {
    const { group } = status
    return complete(status, known.get(group), loaded.get(group) ?? [], file.get(group) ?? [])
  })
}
