/** Ending what a run has started, whoever is still there to do it. */
import { readdirSync, rmSync } from "node:fs"
import * as ControlGroups from "../packages/cli/test/support/ControlGroups.ts"
import * as Proc from "./Proc.ts"

/** The variable that all processes of a run have in their environment: its directory, and below that whose they are. */
export const markName = "CLINIT_BENCH"

const patienceMillis = 10_000

const nap = (millis: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis)

/** The processes with this mark, or of all marks in the run's directory. */
export const marked = (directory: string, mark?: string): ReadonlyArray<number> =>
  Proc.pids().filter((pid) => {
    const value = Proc.variable(pid, markName)
    return mark === undefined ? value?.startsWith(`${directory}/`) : value === `${directory}/${mark}`
  })

/** Kills them by pid until there are none. */
export const kill = (directory: string, mark?: string): void => {
  const deadline = performance.now() + patienceMillis
  while (true) {
    const left = marked(directory, mark)
    if (left.length === 0 || performance.now() > deadline) return
    for (const pid of left) {
      try {
        process.kill(pid, "SIGKILL")
      } catch {
        // it is gone
      }
    }
    nap(20)
  }
}

/** Removes the directory of a supervisor, and the control groups of the daemon there, if there was one. */
export const remove = (home: string): void => {
  ControlGroups.remove(`${home}/s`)
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
}

/** Everything of the run in this directory. */
export const all = (directory: string): void => {
  kill(directory)
  for (const home of readdirSync(directory)) remove(`${directory}/${home}`)
  rmSync(directory, { recursive: true, force: true })
}
