import * as fs from "node:fs"
import type { Mark, ProcessIdentity } from "../Spawner.ts"
import * as ControlGroup from "./ControlGroup.ts"
import type { Place } from "./ControlGroupPlace.ts"
import * as ProcessStat from "./ProcessStat.ts"
import * as TreeMark from "./TreeMark.ts"

/** What this machine tells us apart from its processes. */
export interface Host {
  /** What identifies its boot; nothing where there is no /proc. */
  readonly boot: string | undefined
  readonly place: Place | undefined
  /** The name of our control groups. */
  readonly name: string
}

/** Linux's name for this boot of the host, random(4); nothing where there is no /proc. */
export const bootId = (): string | undefined => {
  try {
    return fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
  } catch {
    return undefined
  }
}

/** The directory of a process's control group, or nothing if it has none here. */
export const controlGroupOf = (pid: number, { place }: Host): string | undefined => {
  const own = ControlGroup.ownOf(ProcessStat.readOf(pid, "cgroup") ?? "")
  return own === undefined || place === undefined ? undefined : ControlGroup.directoryOf(place.mount, own)
}

/**
 * The control group of an identity that was recorded, if we would have made it for this mark. A record is not
 * trusted: it must not make us empty somebody else's.
 */
export const recordedControlGroup = (identity: ProcessIdentity, mark: Mark, host: Host): string | undefined =>
  identity.containment === "cgroup" && identity.cgroup !== undefined && host.place !== undefined &&
    ControlGroup.isTreeOf(identity.cgroup, host.place.mount, host.name, mark)
    ? identity.cgroup
    : undefined

/** Whether the identity is surely one of another boot: nothing of that is left. */
export const isOfAnotherBoot = ({ boot }: ProcessIdentity, host: Host): boolean =>
  boot !== undefined && host.boot !== undefined && boot !== host.boot

/**
 * The leader with this identity, if it is alive and proved to be the one that was started with this mark: by its pid,
 * start time and boot, or where those were not recorded by its control group or the mark in its environment. Throws if
 * that cannot be told.
 */
export const proveLeader = (
  identity: ProcessIdentity,
  mark: Mark,
  host: Host
): ProcessStat.ProcessStat | undefined => {
  const { pid } = identity
  if (pid <= 1 || pid === process.pid) return undefined
  const stat = ProcessStat.read(pid)
  // All that we start lead a session and a process group, and cannot cease to.
  if (stat === undefined || !stat.isAlive || stat.session !== pid || stat.group !== pid) return undefined
  if (!ProcessStat.isSame(stat, identity)) return undefined
  return isProved(identity, mark, host) ? stat : undefined
}

const isProved = (identity: ProcessIdentity, mark: Mark, host: Host): boolean => {
  // The mark is no condition here: a leader may have begun with an environment of its own (`env -i`).
  if (identity.startTime !== undefined && identity.boot !== undefined) return identity.boot === host.boot
  const recorded = recordedControlGroup(identity, mark, host)
  const actual = recorded === undefined ? undefined : controlGroupOf(identity.pid, host)
  if (recorded !== undefined && actual !== undefined && ControlGroup.isWithin(actual, recorded)) return true
  return TreeMark.read(identity.pid)?.includes(mark) === true
}
