import type { Containment } from "@clinit/protocol/Status"
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import type { Scratch } from "./Scratch.ts"

/** What can hold trees of processes together. */
export const containments: ReadonlyArray<Containment> = ["cgroup", "descendants", "group"]

/** Where the control group is that this process is in, if there are any of version 2. */
const ownControlGroup = (): string | undefined => {
  const group = /^0::(\/.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1]
  const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "utf8"))?.[1]
  return group === undefined || mount === undefined ? undefined : `${mount}${group === "/" ? "" : group}`
}

/** The directory of all control groups of the scratch's daemon. */
export const controlGroups = (scratch: Scratch): string => {
  const name = createHash("sha256").update(scratch.socket).digest("hex").slice(0, 16)
  return `${ownControlGroup()}/clinit-${name}`
}

/** Why a daemon cannot have this containment here, if it cannot. */
export const obstacleTo = (containment: Containment): string | undefined => {
  if (containment !== "cgroup") return undefined
  const own = ownControlGroup()
  if (own === undefined) return "no control groups of version 2"
  if (process.geteuid?.() !== 0) return "not root"
  return existsSync("/sys/fs/cgroup/cgroup.procs") || existsSync(`${own}/cgroup.procs`)
    ? undefined
    : "its own control group is not mounted"
}

/** The pids that entries wrote to the file `pids`. */
export const pids = (scratch: Scratch): ReadonlyArray<number> => scratch.lines("pids").map(Number)
