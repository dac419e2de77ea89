import type { GroupStatus } from "./Status.ts"

/** The part of a group's status that the status file shows. */
export type Line = Pick<GroupStatus, "group" | "level" | "state">

/** A group that was never told has no line, as in the original. */
const told = (groups: ReadonlyArray<Line>) => groups.filter((group) => group.level !== undefined)

/** The status file's text: `Cluster::Init::Group NAME LEVEL STATE` a group, each line ended by a newline. */
export const print = (groups: ReadonlyArray<Line>): string =>
  told(groups).map(({ group, level, state }) => `Cluster::Init::Group ${group} ${level} ${state}\n`).join("")

/** Which lines to show: those of one group, those at one level, or both. */
export interface Filter {
  readonly group?: string | undefined
  readonly level?: string | undefined
}

/**
 * The original's `status()` text: `NAME LEVEL STATE` a line; what the filter fixes is left out of the line, and
 * with both fixed there is the bare state without a newline.
 */
export const summary = (groups: ReadonlyArray<Line>, { group, level }: Filter = {}): string =>
  told(groups)
    .filter((line) =>
      (group === undefined || line.group === group) && (level === undefined || line.level === level)
    )
    .map((line) =>
      [...(group === undefined ? [line.group] : []), ...(level === undefined ? [line.level] : []), line.state]
        .join(" ") +
      (group !== undefined && level !== undefined ? "" : "\n")
    )
    .join("")
