import { NeverTold, UnknownGroup } from "@clinit/protocol/ClinitRpcs"
import type { GroupName, Level } from "@clinit/protocol/Names"
import type { GroupPlan } from "@clinit/protocol/Plan"
import * as Plan from "@clinit/protocol/Plan"
import * as Effect from "effect/Effect"
import type { Cltab } from "./Cltab.ts"
import type { Group, Told } from "./Group.ts"
import * as GroupPlanning from "./GroupPlanning.ts"
import * as Suggestion from "./Suggestion.ts"

// What a cltab asks of a daemon's groups: read from it before anything is done, whether it is then done or only shown.

type Groups = ReadonlyMap<GroupName, Group>

/** The group's entries in file order. */
export const entriesOf = (group: GroupName, { entries }: Cltab) =>
  entries.filter((entry) => entry.group === group)

/** The refusal of an order for a group that the cltab does not have. */
export const unknownGroup = (group: GroupName, cltab: Cltab): UnknownGroup => {
  const meant = Suggestion.nearest(group, [...configured(cltab)])
  return new UnknownGroup({ group, ...(meant === undefined ? {} : { meant }) })
}

/** The groups that the cltab has, in the order of their first lines. */
export const configured = ({ entries }: Cltab): ReadonlySet<GroupName> =>
  new Set(entries.map(({ group }) => group))

/** The groups that the cltab no longer has. */
export const deleted = (groups: Groups, cltab: Cltab): ReadonlyArray<GroupName> => {
  const kept = configured(cltab)
  return [...groups.keys()].filter((name) => !kept.has(name))
}

/** Of each group that was told and is still there, what the level that it was told last now asks of it, if it is anything. */
export const news = (
  groups: Groups,
  cltab: Cltab
): ReadonlyArray<Required<Told> & { readonly group: Group; readonly plan: GroupPlan }> =>
  [...groups].flatMap(([name, group]) => {
    const level = group.target()
    const entries = entriesOf(name, cltab)
    if (level === undefined || entries.length === 0) return []
    const byHand = group.byHand()
    const plan = group.plan({ level, entries, byHand })
    // What it has yet to start and its plan does not start must not be started any more.
    return Plan.isIdle(plan) && !group.isPending() ? [] : [{ group, level, entries, byHand, plan }]
  })

/** What a tell of this level would do, or without a level one of the level that the group was told last. */
export const planOf = Effect.fnUntraced(function*(
  groups: Groups,
  cltab: Cltab,
  name: GroupName,
  level: Level | undefined
): Effect.fn.Return<GroupPlan, UnknownGroup | NeverTold> {
  const entries = entriesOf(name, cltab)
  if (entries.length === 0) return yield* unknownGroup(name, cltab)
  const group = groups.get(name)
  const target = level ?? group?.target()
  if (target === undefined) return yield* new NeverTold({ group: name })
  return group === undefined
    ? GroupPlanning.ofNew(name, target, entries)
    : group.plan({ level: target, entries })
})
