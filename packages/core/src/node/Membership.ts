import type { Mark } from "../Spawner.ts"
import * as ProcessStat from "./ProcessStat.ts"
import type { Process, Snapshot } from "./ProcessTable.ts"

/** What is known of a tree without looking. */
export interface Root {
  readonly pid: number
  readonly startTime?: string | undefined
  readonly mark: Mark
}

/**
 * What the root's pid is good for. `ours`: it is the number of its group and session. `given back`: those are gone, and
 * the pid tells the root only together with its start time. `unproven`: nothing, the root may never have been ours.
 */
export type Standing = "ours" | "given back" | "unproven"

/** The live processes of the group that the root leads. */
export const ofGroup = (snapshot: Snapshot, root: Root): ReadonlyArray<Process> =>
  isReused(snapshot, root) ? [] : snapshot.byGroup.get(root.pid) ?? []

/**
 * The live processes of the tree: the root, its group and session, who bears the mark, who was known to be of it
 * (start times by pid), and all their descendants. `outsiders` are never of it, nor for that reason their descendants.
 */
export const ofTree = (
  snapshot: Snapshot,
  root: Root,
  standing: Standing,
  known: ReadonlyMap<number, string>,
  outsiders: ReadonlySet<number>
): ReadonlyArray<Process> => {
  const members = new Set<Process>()
  const open: Array<Process> = []
  const enter = (processes: ReadonlyArray<Process> | undefined) => {
    for (const process of processes ?? []) {
      if (members.has(process) || outsiders.has(process.pid)) continue
      members.add(process)
      open.push(process)
    }
  }
  const enterOne = (pid: number, startTime: string | undefined) => {
    const process = snapshot.byPid.get(pid)
    if (process?.isAlive === true && process.startTime === startTime) enter([process])
  }
  if (standing === "ours" && !isReused(snapshot, root)) {
    enter(snapshot.byGroup.get(root.pid))
    enter(snapshot.bySession.get(root.pid))
  }
  if (standing !== "unproven") enterOne(root.pid, root.startTime)
  enter(snapshot.byMark.get(root.mark))
  for (const [pid, startTime] of known) enterOne(pid, startTime)
  for (let process = open.pop(); process !== undefined; process = open.pop()) {
    enter(snapshot.byParent.get(process.pid))
  }
  return [...members]
}

/** A pid is not given to somebody else while it is the number of a group or session: if it was, those are gone. */
const isReused = (snapshot: Snapshot, root: Root) => {
  const holder = snapshot.byPid.get(root.pid)
  return holder !== undefined && !ProcessStat.isSame(holder, root)
}
