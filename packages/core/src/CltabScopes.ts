import type { Diagnostic } from "@clinit/protocol/Diagnostic"
import type { GroupName, Tag } from "@clinit/protocol/Names"
import type { Entry } from "./CltabEntry.ts"
import type { Scoped } from "./CltabSettingLine.ts"
import * as CltabSettings from "./CltabSettings.ts"
import { escape, quote } from "./Quotation.ts"
import * as SourceLine from "./SourceLine.ts"
import * as Suggestion from "./Suggestion.ts"

/** What a line of the cltab gives a name to: also one whose other fields are wrong, or whose tag is taken. */
export interface Named {
  readonly group: string
  readonly tag: string | undefined
  readonly line: number
}

const entryScope = (group: string, tag: string): string => `${group}/${tag}`

/** What each scope means: a group (no tag), by the first line that has it, an entry, or several of them. */
type Meanings = ReadonlyMap<string, ReadonlyArray<Named>>

const meanings = (named: ReadonlyArray<Named>): Meanings => {
  const all = new Map<string, Array<Named>>()
  const add = (scope: string, meaning: Named) => {
    const others = all.get(scope)
    if (others === undefined) all.set(scope, [meaning])
    else if (!others.some(({ group, tag }) => group === meaning.group && tag === meaning.tag)) {
      others.push(meaning)
    }
  }
  for (const { group, line, tag } of named) {
    add(group, { group, tag: undefined, line })
    if (tag !== undefined) add(entryScope(group, tag), { group, tag, line })
  }
  return all
}

/** Which group or entry it is, in words. */
export const describe = ({ line, tag }: Pick<Named, "line" | "tag">): string =>
  `the ${tag === undefined ? "group" : "entry"} of line ${line}`

/**
 * The groups (no tag) and entries that this name can mean, `GROUP` or `GROUP/TAG`: group names and tags may have a
 * slash.
 */
export const meaningsOf = (name: string, entries: ReadonlyArray<Entry>): ReadonlyArray<Meaning> => {
  const ofGroup = entries.find(({ group }) => group === name)
  const found = entries.filter(({ group, tag }) => entryScope(group, tag) === name)
  return [
    ...ofGroup === undefined ? [] : [{ group: ofGroup.group, tag: undefined, line: ofGroup.line }],
    ...found.map(({ group, line, tag }) => ({ group, tag, line }))
  ]
}

/** A group, by the first line that has it, or an entry. */
export interface Meaning {
  readonly group: GroupName
  readonly tag: Tag | undefined
  readonly line: number
}

const ambiguous = ({ name, scope, source }: Scoped, found: ReadonlyArray<Named>): Diagnostic => {
  const list = found.map(describe)
  return SourceLine.error(
    source,
    CltabSettings.marker.length,
    `setting ${quote(`${scope}/${name}`)} is ambiguous: ${quote(scope)} is ${list.join(" and ")}`,
    "give one of them another name"
  )
}

const unmatched = ({ name, scope, source }: Scoped, meant: string | undefined): Diagnostic =>
  SourceLine.warning(
    source,
    CltabSettings.marker.length,
    `setting ${quote(`${scope}/${name}`)} names no group or entry of this file and is ignored`,
    meant && `did you mean ${escape(`${meant}/${name}`)}?`
  )

// Comparing a scope with every name takes their lengths' product. A file with thousands of scopes that name nothing
// is told so in a moment rather than a minute: those that come after this much work get no suggestion.
const patience = 5_000_000

/** Finds what a scope was probably meant to be. */
const suggester = (named: ReadonlyArray<Named>, known: Meanings) => {
  const candidates = [...known.keys()]
  const length = candidates.reduce((sum, candidate) => sum + candidate.length, 0)
  const byTag = new Map(named.map(({ group, tag }) => [tag, group]))
  const found = new Map<string, string | undefined>()
  let work = 0
  return (scope: string): string | undefined => {
    if (found.has(scope)) return found.get(scope)
    // Tags are unique in the file, which invites to leave out the group.
    const group = byTag.get(scope)
    if (group !== undefined) return entryScope(group, scope)
    work += scope.length * length
    const meant = work > patience ? undefined : Suggestion.nearest(scope, candidates)
    found.set(scope, meant)
    return meant
  }
}

/** What is wrong with the scopes of these settings, in a cltab that has these groups and entries. */
export const check = (
  settings: ReadonlyArray<Scoped>,
  named: ReadonlyArray<Named>
): ReadonlyArray<Diagnostic> => {
  if (settings.length === 0) return []
  const known = meanings(named)
  const suggest = suggester(named, known)
  return settings.flatMap((setting) => {
    const found = known.get(setting.scope) ?? []
    if (found.length === 0) return [unmatched(setting, suggest(setting.scope))]
    return found.length === 1 ? [] : [ambiguous(setting, found)]
  })
}

/** What these settings say to entries, each value by its name, which tells its type. */
const said = (settings: CltabSettings.Inherited): CltabSettings.Applied =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([name, { value }]) =>
      CltabSettings.isInherited(name) ? [[name, value]] : []
    )
  ) as CltabSettings.Applied

/**
 * These entries, which have no settings yet, with those that apply to each: its own, else its group's, else those of
 * the whole daemon.
 */
export const apply = (
  settings: CltabSettings.Settings,
  entries: ReadonlyArray<Entry>
): ReadonlyArray<Entry> => {
  const { scoped = [], ...daemon } = settings
  const whole = said(daemon)
  const scopes = new Map(scoped.map(({ scope, settings }) => [scope, said(settings)]))
  const hasWhole = Object.keys(whole).length > 0
  return entries.map((entry) => {
    const ofGroup = scopes.get(entry.group)
    const own = scopes.get(entryScope(entry.group, entry.tag))
    return hasWhole || ofGroup !== undefined || own !== undefined
      ? { ...entry, settings: { ...whole, ...ofGroup, ...own } }
      : entry
  })
}
