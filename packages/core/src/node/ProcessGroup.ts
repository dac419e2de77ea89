import { readdirSync, readFileSync } from "node:fs"
import type { Signal } from "../Spawner.ts"

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === "ESRCH"

/** Signals every process of the group; a group that has none any more is left alone without an error. */
export const kill = (pgid: number, signal: Signal): void => {
  try {
    process.kill(-pgid, signal)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/**
 * Whether the group has a process that still runs. Zombies do not count where /proc shows them: orphans that their
 * new parent never reaps would otherwise keep the group alive for ever.
 */
export const isAlive = (pgid: number): boolean => {
  try {
    process.kill(-pgid, 0)
  } catch (error) {
    // EPERM: there is a process, but it belongs to somebody else by now.
    if (isMissing(error)) return false
  }
  const now = performance.now()
  if (lastScan !== undefined && now - lastScan.atMillis <= maxAgeMillis && lastScan.groups.has(pgid)) {
    return true
  }
  const groups = scan()
  if (groups === undefined) return true
  lastScan = { atMillis: now, groups }
  return groups.has(pgid)
}

/**
 * Reading all of /proc takes some milliseconds, and during a stop hundreds of groups ask. An answer of this age is
 * good enough for "alive"; that a group has died out is only believed of a fresh one.
 */
const maxAgeMillis = 100

let lastScan: { readonly atMillis: number; readonly groups: ReadonlySet<number> } | undefined

/**
 * The process groups with a process that is not a zombie, or nothing where that cannot be told.
 *
 * Processes come while others are being read: one that forks behind the listing and is gone before its turn would be
 * missed together with its child. So it is listed again until nothing is new. Where that never settles, or there is
 * no /proc, nothing is known.
 */
const scan = (): ReadonlySet<number> | undefined => {
  const groups = new Set<number>()
  const seen = new Set<string>()
  try {
    for (let round = 0; round < maxRounds; round++) {
      const fresh = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && !seen.has(name))
      if (fresh.length === 0) return groups.size === 0 ? undefined : groups
      for (const pid of fresh) {
        seen.add(pid)
        const stat = statOf(pid)
        if (stat !== undefined && stat.state !== "Z" && stat.state !== "X") groups.add(stat.pgid)
      }
    }
  } catch {
    // no /proc
  }
  return undefined
}

const maxRounds = 10

/** Fields 3 and 5 of /proc/PID/stat, see proc_pid_stat(5); the name before them may hold anything. */
const statOf = (pid: string) => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1")
    const [state, , pgid] = text.slice(text.lastIndexOf(")") + 2).split(" ")
    return { state, pgid: Number(pgid) }
  } catch {
    return undefined // it ended while we were looking
  }
}
