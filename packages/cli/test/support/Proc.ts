import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** The environment variable that marks a test's processes: everything that the test starts inherits it. */
export const markName = "CLINIT_TEST"

const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1")
  } catch {
    return "" // it ended while we were looking
  }
}

/** The processes with this mark. Zombies have no environment any more and do not count. */
export const marked = (mark: string): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => read(pid, "environ").split("\0").includes(`${markName}=${mark}`))

/** What runs there, for messages. */
export const describe = (pid: number): string => `${pid} ${read(pid, "cmdline").split("\0").join(" ").trim()}`

/** Whether the process runs; a zombie does not. */
export const isRunning = (pid: number): boolean => {
  const stat = read(pid, "stat")
  return stat !== "" && !["Z", "X"].includes(stat.slice(stat.lastIndexOf(")") + 2)[0]!)
}

/** The process that forks for this daemon, if there is one by now. */
export const forkerOf = (daemon: number): number | undefined =>
  readdirSync("/proc").map(Number).find((pid) => pid > 1 && parentOf(pid) === daemon && isForker(pid))

const isForker = (pid: number) => /[/]forker\.cjs\0$/.test(read(pid, "cmdline"))

/** The pid of its parent; 0 if it has ended. */
export const parentOf = (pid: number): number => Number(/^PPid:\s*(\d+)$/m.exec(read(pid, "status"))?.[1])

/**
 * Whether it is there to fork for one of these daemons, or waits to be an entry of one: such bear the forker's mark for
 * their own, innermost.
 */
export const forksFor = (pid: number, daemons: ReadonlySet<number>): boolean => {
  const marks = /(?:^|\0)CLINIT_TREE=([^\0]*)/.exec(read(pid, "environ"))?.[1]
  if (marks?.split(" ").at(-1)?.startsWith("clinit-forker.") !== true) return false
  const parent = parentOf(pid)
  return daemons.has(parent) || (isForker(parent) && daemons.has(parentOf(parent)))
}

/** The numbers of its open descriptors. */
export const descriptors = (pid: number): ReadonlyArray<number> =>
  readdirSync(`/proc/${pid}/fd`).map(Number).sort((a, b) => a - b)

/** What the descriptor refers to. */
export const descriptor = (pid: number, fd: number): string => readlinkSync(`/proc/${pid}/fd/${fd}`)

/** Whether the process ignores the signal with this number. */
export const ignores = (pid: number, signal: number): boolean => {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(read(pid, "status"))?.[1]
  if (mask === undefined) throw new Error(`process ${pid} is gone`)
  return (BigInt(`0x${mask}`) >> BigInt(signal - 1)) % 2n === 1n
}

/** The process group that the process is in. */
export const processGroup = (pid: number): number => {
  const stat = read(pid, "stat")
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2])
}

/** Sends the signal; a process that is gone by now is no error. */
export const kill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
  }
}
