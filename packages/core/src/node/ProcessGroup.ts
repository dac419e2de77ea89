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
  return hasRunningMember(pgid)
}

const hasRunningMember = (pgid: number): boolean => {
  let pids: ReadonlyArray<string>
  try {
    pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  } catch {
    return true // no /proc: the kernel's answer has to do
  }
  return pids.length === 0 || pids.some((pid) => {
    const stat = statOf(pid)
    return stat !== undefined && stat.pgid === pgid && stat.state !== "Z" && stat.state !== "X"
  })
}

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
