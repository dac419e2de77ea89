import type { Mark } from "../Spawner.ts"
import * as ProcessStat from "./ProcessStat.ts"

/** The environment variable with the marks of all trees that a process is in, outermost first, separated by blanks. */
export const variable = "CLINIT_TREE"

/** The variable's value with one more mark. */
export const add = (value: string | undefined, mark: Mark): string => value ? `${value} ${mark}` : mark

/** The value without the mark. */
export const remove = (value: string | undefined, mark: Mark): string | undefined =>
  value?.split(" ").filter((word) => word !== mark).join(" ")

const assignment = `${variable}=`

/** The marks in an environment as /proc/PID/environ has it. */
export const parse = (environment: string): ReadonlyArray<Mark> => {
  const at = environment.startsWith(assignment) ? 0 : environment.indexOf(`\0${assignment}`) + 1
  if (at === 0 && !environment.startsWith(assignment)) return []
  const end = environment.indexOf("\0", at)
  return environment.slice(at + assignment.length, end < 0 ? undefined : end).split(" ").filter(Boolean)
}

/**
 * The marks in the environment that the process was executed with, nothing if it does not tell: its environment is
 * empty, overwritten by the process to show a title, or for others to read.
 */
export const read = (pid: number): ReadonlyArray<Mark> | undefined => {
  const environment = ProcessStat.readOf(pid, "environ")
  return environment === undefined || !environment.includes("=") ? undefined : parse(environment)
}

const forkers = "clinit-forker."

/** What marks the forkers of the supervisor with this name, in place of a tree's mark. */
export const ofForker = (name: string): Mark => `${forkers}${name}`

/** Whether a process with these marks is a forker, or one that it has forked and that has not been executed yet. */
export const areOfForker = (marks: ReadonlyArray<Mark>): boolean =>
  marks.some((mark) => mark.startsWith(forkers))
