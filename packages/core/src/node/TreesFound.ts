import * as Effect from "effect/Effect"
import type { Found, Mark } from "../Spawner.ts"
import * as Adoption from "./Adoption.ts"
import * as ControlGroup from "./ControlGroup.ts"
import * as LaunchSetup from "./LaunchSetup.ts"
import * as Ourselves from "./Ourselves.ts"
import type { Process, ProcessTable, Snapshot } from "./ProcessTable.ts"

const isLeader = ({ pid, session }: Process) => pid === session

/** Leaders of sessions before others, then older before younger ones. */
const firstOf = (processes: ReadonlyArray<Process>): Process | undefined =>
  processes.toSorted((one, other) =>
    Number(isLeader(other)) - Number(isLeader(one)) || Number(one.startTime) - Number(other.startTime) ||
    one.pid - other.pid
  )[0]

/** So often it is tried, at 100 ms each, to see all processes at once before some is believed to be all. */
const patience = 50

/** A snapshot that shows every process: to miss one would be to start it a second time. */
const wholeSnapshot = Effect.fnUntraced(function*(table: ProcessTable) {
  for (let attempt = 1;; attempt++) {
    const snapshot = yield* table.next
    if (snapshot?.isComplete === true) return snapshot
    if (attempt === patience) yield* Effect.logWarning("the processes of this machine cannot all be listed")
    if (attempt >= patience && snapshot !== undefined) return snapshot
    yield* Effect.sleep("100 millis")
  }
})

/** The control group of the tree with this mark, as one of its processes tells. */
const cgroupOf = ({ marks, pid }: Process, mark: Mark, host: Adoption.Host): string | undefined => {
  const directory = Adoption.controlGroupOf(pid, host)
  return directory === undefined
    ? undefined
    : ControlGroup.treeAround(directory, host.name, mark, marks.at(-1) === mark)
}

/** The trees in the snapshot whose marks begin so, each by its leader if that lives, or by the oldest who does. */
const treesIn = (snapshot: Snapshot, prefix: string, host: Adoption.Host): ReadonlyArray<Found> =>
  [...snapshot.byMark].flatMap(([mark, processes]) => {
    if (!mark.startsWith(prefix)) return []
    const first = firstOf(processes.filter(({ pid }) => !Ourselves.pids.has(pid)))
    if (first === undefined) return []
    const cgroup = cgroupOf(first, mark, host)
    return [{
      mark,
      ...(LaunchSetup.isUnderWay(first.pid) ? { unbegun: true as const } : {}),
      identity: {
        pid: first.pid,
        startTime: first.startTime,
        ...(host.boot === undefined ? {} : { boot: host.boot }),
        ...(cgroup === undefined
          ? { containment: "descendants" as const }
          : { containment: "cgroup" as const, cgroup })
      }
    }]
  })

/** A forker of ours, and what it has just forked. Who has lost a forker has 1 for a parent, or us if we take in orphans. */
const isOurs = ({ parent, pid }: Process) =>
  Ourselves.pids.has(pid) || (parent !== 1 && parent !== process.pid && Ourselves.pids.has(parent))

/** So often it is looked, at 20 ms each, whether the forkers before ours have ended. */
const forkersPatience = 250

/**
 * A snapshot in which no forker with this mark is left but ours: one whose supervisor is gone might start what it was
 * last told behind a look, and ends by itself. What it has forked bears its mark until it is executed.
 */
const snapshotBehindForkers = Effect.fnUntraced(function*(table: ProcessTable, mark: Mark) {
  for (let attempt = 1;; attempt++) {
    const snapshot = yield* wholeSnapshot(table)
    const others = snapshot.byMark.get(mark)?.filter((process) => !isOurs(process)) ?? []
    if (others.length === 0) return snapshot
    if (attempt === forkersPatience) {
      yield* Effect.logWarning(`pid ${others[0]!.pid}: the forker of an earlier daemon does not end`)
      return snapshot
    }
    yield* Effect.sleep("20 millis")
  }
})

/** The live trees whose marks begin so, once no forker with that mark is left but ours. */
export const find = (
  table: ProcessTable,
  prefix: string,
  host: Adoption.Host,
  forkerMark: Mark
): Effect.Effect<ReadonlyArray<Found>> =>
  Effect.map(snapshotBehindForkers(table, forkerMark), (snapshot) => treesIn(snapshot, prefix, host))

/** A process of a tree, and the tree's control group. */
export interface Untold {
  readonly process: Process
  readonly cgroup: string | undefined
}

/** The leader of the tree with this mark or control group, or the oldest who lives of it, on the same condition. */
export const findOne = (
  table: ProcessTable,
  mark: Mark,
  cgroup: string | undefined,
  host: Adoption.Host,
  forkerMark: Mark
): Effect.Effect<Untold | undefined> =>
  Effect.map(snapshotBehindForkers(table, forkerMark), (snapshot) => {
    const members = cgroup === undefined ? [] : ControlGroup.members(cgroup)
    const process = firstOf([
      ...snapshot.byMark.get(mark) ?? [],
      ...members.flatMap((pid) => snapshot.byPid.get(pid) ?? [])
    ])
    return process && { process, cgroup: cgroup && (cgroupOf(process, mark, host) ?? cgroup) }
  })
