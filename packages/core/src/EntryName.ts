import { AmbiguousName, UnknownEntry, UnknownGroup } from "@clinit/protocol/ClinitRpcs"
import { GroupName, Tag } from "@clinit/protocol/Names"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Entry } from "./Cltab.ts"
import * as CltabScopes from "./CltabScopes.ts"

/** A group or, with a tag, an entry of it. */
export interface Meaning {
  readonly group: GroupName
  readonly tag: Tag | undefined
}

/** The group or the entry that has this name, `GROUP` or `GROUP/TAG`, in a cltab with these entries. */
export const meaningOf = Effect.fnUntraced(function*(
  name: string,
  entries: ReadonlyArray<Entry>
): Effect.fn.Return<Meaning, UnknownGroup | UnknownEntry | AmbiguousName> {
  const { found: [meaning, ...others], meant } = CltabScopes.find(name, entries)
  if (meaning === undefined) {
    return yield* name.includes("/")
      ? new UnknownEntry({ name, ...(meant === undefined ? {} : { meant }) })
      : new UnknownGroup({ group: name, ...(meant === undefined ? {} : { meant }) })
  }
  if (others.length > 0) {
    return yield* new AmbiguousName({ name, meanings: [meaning, ...others].map(CltabScopes.describe) })
  }
  return meaning
})

/** The same, if there is exactly one; what may have been meant otherwise, which takes a while to find out, is not asked. */
export const knownAs = (name: string, entries: ReadonlyArray<Entry>): Meaning | undefined => {
  const [meaning, ...others] = CltabScopes.named(name, entries)
  return others.length === 0 ? meaning : undefined
}

/** The group that has this name, which an entry does not. */
export const groupOf = (
  name: string,
  entries: ReadonlyArray<Entry>
): Effect.Effect<GroupName, UnknownGroup> => {
  const entry = entries.find(({ group }) => group === name)
  return entry === undefined ? Effect.fail(new UnknownGroup({ group: name })) : Effect.succeed(entry.group)
}

/** The entry that has this name; a group is none, and its first entry is what may be meant. */
export const entryOf = Effect.fnUntraced(function*(
  name: string,
  entries: ReadonlyArray<Entry>
): Effect.fn.Return<Entry, UnknownGroup | UnknownEntry | AmbiguousName> {
  const meaning = yield* meaningOf(name, entries)
  const entry = entries.find(({ tag }) => tag === meaning.tag)
  if (entry !== undefined) return entry
  const { group, tag } = entries.find(({ group }) => group === meaning.group)!
  return yield* new UnknownEntry({ name, isGroup: true, meant: CltabScopes.entryScope(group, tag) })
})

const isGroupName = Schema.is(GroupName)
const isTag = Schema.is(Tag)

/** Of a longer row of slashes only the first are tried as the one before the tag. */
const mostSlashes = 16

/** What a name can have stood for that nothing has any more: a slash may be a part of a group's name. */
export const pastMeanings = (name: string): ReadonlyArray<Meaning> => [
  ...(isGroupName(name) ? [{ group: name, tag: undefined }] : []),
  ...Array.from(name.matchAll(/\//g)).slice(0, mostSlashes).flatMap(({ index }) => {
    const [group, tag] = [name.slice(0, index), name.slice(index + 1)]
    return isGroupName(group) && isTag(tag) ? [{ group, tag }] : []
  })
]
