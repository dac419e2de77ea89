import { AmbiguousName, UnknownEntry, UnknownGroup } from "@clinit/protocol/ClinitRpcs"
import type { GroupStatus } from "@clinit/protocol/Status"
import * as StatusSelection from "@clinit/protocol/StatusSelection"
import * as Effect from "effect/Effect"
import * as Suggestion from "./Suggestion.ts"

const namesOf = ({ group, processes, stopped = [] }: GroupStatus): ReadonlyArray<string> => [
  group,
  ...[...processes, ...stopped].map(({ tag }) => `${group}/${tag}`)
]

const describe = ({ group, tag }: StatusSelection.Meaning): string =>
  tag === undefined ? `the group ${group}` : `the entry ${tag} of ${group}`

/** What of these groups has this name, `GROUP` or `GROUP/TAG`: a group, or a group with one entry. */
export const select = Effect.fnUntraced(function*(
  groups: ReadonlyArray<GroupStatus>,
  name: string
): Effect.fn.Return<ReadonlyArray<GroupStatus>, UnknownGroup | UnknownEntry | AmbiguousName> {
  const [meaning, ...others] = StatusSelection.find(groups, name)
  if (meaning === undefined) {
    const known = groups.flatMap(namesOf)
    if (!name.includes("/")) {
      const meant = known.find((each) => each.endsWith(`/${name}`)) ??
        Suggestion.nearest(name, groups.map(({ group }) => group))
      return yield* new UnknownGroup({ group: name, ...(meant === undefined ? {} : { meant }) })
    }
    const meant = Suggestion.nearest(name, known)
    return yield* new UnknownEntry({ name, ...(meant === undefined ? {} : { meant }) })
  }
  if (others.length > 0) {
    return yield* new AmbiguousName({ name, meanings: [meaning, ...others].map(describe) })
  }
  return StatusSelection.select(groups, meaning)
})
