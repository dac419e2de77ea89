import type { DaemonStatus, ProcessState } from "@clinit/protocol/Status"
import type { Seen } from "./Sight.ts"

/** What was seen of the system around a status, and how to look now. */
export interface Surroundings {
  /** The live processes of entries before the request was sent. */
  readonly before: ReadonlyArray<Seen>
  readonly isAlive: (seen: Seen) => boolean
  readonly hasLife: (pid: number) => boolean
  /** Whether the pid was seen alive before the request, and so shortly before that it cannot be another one's now. */
  readonly wasSeen: (pid: number) => boolean
}

/** States of an entry of which nothing runs. */
const down: ReadonlySet<ProcessState["_tag"]> = new Set(["Pausing", "Done", "Passed", "Failed"])

/** What was found in one sample. */
export interface Finding {
  readonly contradictions: ReadonlyArray<string>
  /** Entries called running whose process was born and died in between: nobody can tell. */
  readonly unseen: number
  readonly running: number
  readonly down: number
}

/**
 * Compares a status with the system, as soon as it has come. An entry called running must name a process that lives
 * now, or lived when the request was sent; no process of an entry called down may have lived from before the request until now.
 */
export const find = (
  { groups }: DaemonStatus,
  { before, hasLife, isAlive, wasSeen }: Surroundings
): Finding => {
  const contradictions: Array<string> = []
  const figures = { unseen: 0, running: 0, down: 0 }
  const livesThroughout = new Map(before.filter(isAlive).map((seen) => [seen.entry, seen]))
  const isDown = (name: string, state: string) => {
    figures.down++
    const seen = livesThroughout.get(name)
    if (seen !== undefined) contradictions.push(`${name} is called ${state}, and pid ${seen.pid} of it lives`)
  }
  for (const { group, processes, stopped = [] } of groups) {
    for (const { state, tag } of processes) {
      const name = `${group}/${tag}`
      const pid = "pid" in state ? state.pid : undefined
      if (down.has(state._tag)) isDown(name, state._tag)
      if (pid === undefined) continue
      if (state._tag === "Running") figures.running++
      if (hasLife(pid) || before.some((seen) => seen.pid === pid)) continue
      if (wasSeen(pid)) contradictions.push(`${name} is called ${state._tag} with pid ${pid}, which is dead`)
      else figures.unseen++
    }
    for (const { tag } of stopped) isDown(`${group}/${tag}`, "stopped")
  }
  return { contradictions, ...figures }
}
