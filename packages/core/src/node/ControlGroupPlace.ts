import { spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as ControlGroup from "./ControlGroup.ts"

/** Where control groups are on this machine, and where this process is among them. */
export interface Place {
  readonly mount: ControlGroup.Mount
  readonly own: string
}

/** This process's place, or why it has none. */
export const find = (): Place | string => {
  try {
    const own = ControlGroup.ownOf(fs.readFileSync("/proc/self/cgroup", "utf8"))
    if (own === undefined) return "this process is in no control group of version 2"
    const mounts = ControlGroup.mounts(fs.readFileSync("/proc/self/mountinfo", "utf8"))
    if (mounts.length === 0) return "control groups of version 2 are not mounted"
    for (const mount of mounts) {
      const directory = ControlGroup.directoryOf(mount, own)
      if (directory !== undefined) return { mount, own: directory }
    }
    return `the control group ${own} of this process is not below a mount`
  } catch (error) {
    return (error as Error).message
  }
}

/** No tree's: `nameFor` gives no name that begins so. */
const probeIn = (base: string) => `${base}/.probe`

/** Has a short process move to the control group; rejects if it cannot. */
const enter = async (directory: string): Promise<void> => {
  const child = spawn("/bin/sh", ["-c", `${ControlGroup.entrance(directory)}exit 0`], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 10_000
  })
  let complaint = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => complaint += text)
  const [status, signal] = await once(child, "close") as [number | null, string | null]
  if (status === 0) return
  throw new Error(
    `a process cannot be moved to ${directory}: ${complaint.trim() || `status ${status ?? signal}`}`
  )
}

/**
 * Proves that trees can be kept in control groups below the base, by doing it once with a short process: that one may
 * make a directory does not mean that one may move a process there. Why they cannot, or nothing. The base is there
 * afterwards if they can. Never rejects; the kernel takes some 10 ms for the move, in which something else can be done.
 */
export const prove = async (base: string): Promise<string | undefined> => {
  const probe = probeIn(base)
  try {
    ControlGroup.makeBase(base)
    ControlGroup.make(probe)
    await enter(probe)
    ControlGroup.kill(probe)
    if (!ControlGroup.remove(probe)) throw new Error(`${probe} cannot be removed`)
    return undefined
  } catch (error) {
    ControlGroup.remove(probe)
    ControlGroup.removeIfEmpty(base)
    return (error as Error).message
  }
}
