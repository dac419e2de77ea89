import type { Found } from "../Spawner.ts"
import * as Adoption from "./Adoption.ts"
import * as ControlGroup from "./ControlGroup.ts"
import * as LaunchSetup from "./LaunchSetup.ts"
import type { Process, Snapshot } from "./ProcessTable.ts"

const isLeader = ({ pid, session }: Process) => pid === session

/** Leaders of sessions before others, then older before younger ones. */
const firstOf = (processes: ReadonlyArray<Process>): Process | undefined =>
  processes.toSorted((one, other) =>
    Number(isLeader(other)) - Number(isLeader(one)) || Number(one.startTime) - Number(other.startTime) ||
    one.pid - other.pid
  )[0]

/** The trees in the snapshot whose marks begin so, each by its leader if that lives, or by the oldest who does. */
export const find = (snapshot: Snapshot, prefix: string, host: Adoption.Host): ReadonlyArray<Found> =>
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
