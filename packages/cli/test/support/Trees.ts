import type { Containment } from "@clinit/protocol/Status"
import { existsSync } from "node:fs"
import * as ControlGroups from "./ControlGroups.ts"
import type { Scratch } from "./Scratch.ts"

/** What can hold trees of processes together. */
export const containments: ReadonlyArray<Containment> = ["cgroup", "descendants", "group"]

/** The directory of all control groups of the scratch's daemon. */
export const controlGroups = (scratch: Scratch): string => ControlGroups.base(scratch.socket)

/** Why a daemon cannot have this containment here, if it cannot. */
export const obstacleTo = (containment: Containment): string | undefined => {
  if (containment !== "cgroup") return undefined
  const own = ControlGroups.own()
  if (own === undefined) return "no control groups of version 2"
  if (process.geteuid?.() !== 0) return "not root"
  return existsSync("/sys/fs/cgroup/cgroup.procs") || existsSync(`${own}/cgroup.procs`)
    ? undefined
    : "its own control group is not mounted"
}

/** The pids that entries wrote to the file `pids`. */
export const pids = (scratch: Scratch): ReadonlyArray<number> => scratch.lines("pids").map(Number)
