import type { GroupStatus } from "./Status.ts"

/** A group, or with a tag an entry of it. */
export interface Meaning {
  readonly group: string
  readonly tag?: string | undefined
}

/** What the name, `GROUP` or `GROUP/TAG`, stands for among what these groups show: nothing, or several things. */
export const find = (groups: ReadonlyArray<GroupStatus>, name: string): ReadonlyArray<Meaning> =>
  groups.flatMap(({ group, processes, stopped = [] }): ReadonlyArray<Meaning> => {
    if (group === name) return [{ group }]
    if (!name.startsWith(`${group}/`)) return []
    const tag = name.slice(group.length + 1)
    return [...processes, ...stopped].some((entry) => entry.tag === tag) ? [{ group, tag }] : []
  })

/** Only what the meaning is about: its group and, with a tag, of that the one entry. */
export const select = (
  groups: ReadonlyArray<GroupStatus>,
  { group: name, tag }: Meaning
): ReadonlyArray<GroupStatus> =>
  groups.filter(({ group }) => group === name).map((group) => {
    if (tag === undefined) return group
    const { processes, stopped } = group
    const isMeant = (entry: { readonly tag: string }) => entry.tag === tag
    return {
      ...group,
      processes: processes.filter(isMeant),
      ...(stopped === undefined ? {} : { stopped: stopped.filter(isMeant) })
    }
  })
