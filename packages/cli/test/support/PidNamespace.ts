import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, realpathSync } from "node:fs"
import { until } from "./Eventually.ts"
import * as Program from "./Program.ts"
import type { Scratch } from "./Scratch.ts"

/** What makes a namespace whose processes end with its first one. */
export const flags = ["--pid", "--fork", "--mount-proc", "--kill-child", "--mount"]

/** Why no process can be process 1 of a namespace here, if none can. */
export const obstacle = spawnSync("unshare", [...flags, "true"]).status === 0
  ? undefined
  : "no pid namespaces"

/** The shells that may be a system's `/bin/sh`, as far as they are here. */
export const shells = ["/bin/dash", "/bin/bash", "/bin/busybox"].filter((shell) => existsSync(shell))

/** The processes that the process has started and that were not yet waited for. */
export const children = (pid: number): ReadonlyArray<number> => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number)
  } catch {
    return [] // it is gone
  }
}

export interface Container {
  readonly program: Program.Program
  /** Process 1, as seen from here. */
  readonly first: number
}

/** Runs the daemon as process 1 of a namespace whose `/bin/sh` is this shell. Its log goes to `daemon.log`. */
export const start = async (
  scratch: Scratch,
  shell: string,
  ...words: ReadonlyArray<string>
): Promise<Container> => {
  const program = scratch.start("unshare", [
    ...flags,
    "/bin/bash",
    "-c",
    "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\" >> daemon.log 2>&1",
    "bash",
    realpathSync(shell),
    realpathSync("/bin/sh"),
    process.execPath,
    Program.bundle,
    "-c",
    scratch.cltab,
    "daemon",
    ...words
  ])
  return { program, first: await until("process 1 is there", () => children(program.pid)[0]) }
}
