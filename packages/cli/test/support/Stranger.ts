import { execFileSync, spawnSync } from "node:child_process"
import { chmodSync, chownSync } from "node:fs"
import { daemonBehind, obstacleToLimits } from "./Daemons.ts"
import type { Scratch } from "./Scratch.ts"

/** A user that nobody is: the limit of processes does not hold for root, and counts all that a user has. */
const uid = 54_321

/** Why no daemon can be started as that user, if it cannot. */
export const obstacle = process.geteuid?.() !== 0
  ? "not root"
  : spawnSync("setpriv", ["--version"]).error === undefined
  ? obstacleToLimits
  : "no setpriv(1)"

const identity = [
  `--reuid=${uid}`,
  `--regid=${uid}`,
  "--clear-groups",
  "--bounding-set=-all",
  "--inh-caps=-all"
]

/** Starts a daemon on these lines as that user; one test at a time. */
export const start = (scratch: Scratch, ...lines: ReadonlyArray<string>) => {
  chownSync(scratch.directory, uid, uid)
  chmodSync(scratch.directory, 0o755)
  return daemonBehind(scratch, `exec setpriv ${identity.join(" ")} "$@"`, ...lines)
}

/** Lets the process, one of that user's, fork only while the user has fewer than so many processes and threads. */
export const limitProcesses = (pid: number, count: number): void =>
  void execFileSync("setpriv", [...identity, "prlimit", "--pid", String(pid), `--nproc=${count}:`])
