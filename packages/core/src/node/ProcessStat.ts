import * as fs from "node:fs"

/** What /proc/PID/stat tells of a process, see proc_pid_stat(5). */
export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** In clock ticks since boot. With the pid it tells the process from every other of this boot. */
  readonly startTime: string
  /** Whether any of its threads still runs: what is left of a process that is only waited for does not. */
  readonly isAlive: boolean
  readonly isKernelThread: boolean
}

/** PF_KTHREAD of the kernel's include/linux/sched.h */
const kernelThread = 0x0020_0000

/** Reads the line; nothing if it is none. The name in its second field may hold anything, also parentheses. */
export const parse = (line: string): ProcessStat | undefined => {
  const [state, parent, group, session, , , flags, ...more] = line.slice(line.lastIndexOf(")") + 2).split(" ")
  const [threads, startTime] = [more[10], more[12]]
  if (startTime === undefined || !/^\d+$/.test(startTime)) return undefined
  return {
    pid: Number.parseInt(line, 10),
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTime,
    // The main thread may have ended before others: it then looks like a zombie, and the process runs.
    isAlive: state === "Z" ? Number(threads) > 1 : state !== "X",
    isKernelThread: (Number(flags) & kernelThread) !== 0
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

/**
 * Reads a file of /proc/PID: nothing if the process is gone, or hidden from us. Throws if that cannot be told, for
 * want of descriptors or memory.
 */
export const readOf = (pid: number | string, name: string): string | undefined => {
  try {
    // Invalid UTF-8 does not matter, and other encodings take several times as long.
    return fs.readFileSync(`/proc/${pid}/${name}`, "utf8")
  } catch (error) {
    const code = codeOf(error)
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return undefined
    throw error
  }
}

/** The process with this pid, also one that is only waited for; nothing if there is none. Throws as `readOf`. */
export const read = (pid: number | string): ProcessStat | undefined => {
  const line = readOf(pid, "stat")
  if (line === undefined) return undefined
  const stat = parse(line)
  if (stat === undefined) throw new Error(`/proc/${pid}/stat cannot be understood`)
  return stat
}

/** Whether two are the same process; one without a start time is taken for any with its pid. */
export const isSame = (
  one: Pick<ProcessStat, "pid" | "startTime">,
  other: { readonly pid: number; readonly startTime?: string | undefined }
): boolean => one.pid === other.pid && (other.startTime === undefined || one.startTime === other.startTime)
