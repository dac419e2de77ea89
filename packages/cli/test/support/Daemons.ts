import { execFileSync, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import * as Program from "./Program.ts"
import type { Scratch } from "./Scratch.ts"

/** Starts a daemon on these lines through a shell command that ends in `exec "$@"`. */
export const daemonBehind = (scratch: Scratch, command: string, ...lines: ReadonlyArray<string>) => {
  scratch.configure(...lines)
  return scratch.restart("/bin/sh", [
    "-c",
    command,
    "sh",
    process.execPath,
    Program.bundle,
    "-c",
    scratch.cltab,
    "-d"
  ])
}

const hourMillis = 60 * 60 * 1_000

/** Starts a daemon on these lines whose time of day steps by so many hours each time that it looks. */
export const daemonWithClock = (scratch: Scratch, hours: number, ...lines: ReadonlyArray<string>) => {
  const preload = new URL("ShiftedClock.ts", import.meta.url).pathname
  const environment = `CLINIT_CLOCK_STEP=${hours * hourMillis} NODE_OPTIONS="--import=${preload}"`
  return daemonBehind(scratch, `${environment} exec "$@"`, ...lines)
}

/** The seconds of processor time that the process has used, as far as /proc tells: to a hundredth. */
export const processorSeconds = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** The mebibytes of memory that the process occupies. */
export const residentMebibytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024

/** The lines of the daemon's log with the text. */
export const logLines = (scratch: Scratch, text: string): ReadonlyArray<string> =>
  scratch.lines("daemon.log").filter((line) => line.includes(text))

/** Why limits of processes cannot be changed here while they run, if they cannot. */
export const obstacleToLimits = spawnSync("prlimit", ["--version"]).error === undefined
  ? undefined
  : "no prlimit(1)"

/** Sets a soft limit of a process of ours. */
export const limit = (pid: number, resource: string, value: number): void =>
  void execFileSync("prlimit", ["--pid", String(pid), `--${resource}=${value}:`])
