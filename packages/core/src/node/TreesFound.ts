import * as Effect from "effect/Effect"
import type { Found } from "../Spawner.ts"
import * as Adoption from "./Adoption.ts"
import * as ControlGroup from "./ControlGroup.ts"
import * as LaunchSetup from "./LaunchSetup.ts"
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

/** The trees in the snapshot whose marks begin so, each by its leader if that lives, or by the oldest who does. */
const treesIn = (snapshot: Snapshot, prefix: string, host: Adoption.Host): ReadonlyArray<Found> =>
  [...snapshot.byMark].flatMap(([mark, processes]) => {
    if (!mark.startsWith(prefix)) return []
    const first = firstOf(processes.filter(({ pid }) => pid > 1 && pid !== process.pid))
    if (first === undefined) return []
    const directory = Adoption.controlGroupOf(first.pid, host)
    const cgroup = directory === undefined ? undefined : ControlGroup.treeAround(directory, host.name, mark)
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

/** The live trees whose marks begin so. */
export const find = (
  table: ProcessTable,
  prefix: string,
  host: Adoption.Host
): Effect.Effect<ReadonlyArray<Found>> =>
  Effect.map(wholeSnapshot(table), (snapshot) => treesIn(snapshot, prefix, host))
