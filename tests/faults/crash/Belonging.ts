import * as fs from "node:fs"
import * as Proc from "../../../packages/cli/test/support/Proc.ts"

/** Its environment; empty if it ended while we were looking. */
export const environment = (pid: number): ReadonlyArray<string> => {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, "utf8").split("\0")
  } catch {
    return []
  }
}

/**
 * Whether the environment is that of a process with the mark, or of one that is to become one: while it is being set up
 * it has what its environment will be, as shell text, in a variable.
 */
export const isOf = (mark: string, environment: ReadonlyArray<string>): boolean => {
  const [marked, toBeMarked] = [`${Proc.markName}=${mark}`, `export ${Proc.markName}='${mark}'`]
  return environment.some((variable) => variable === marked || variable.split("\n").includes(toBeMarked))
}

/** The processes with the mark, and those that are to become such. */
export const pids = (mark: string): ReadonlyArray<number> =>
  fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number)
    .filter((pid) => isOf(mark, environment(pid)))
