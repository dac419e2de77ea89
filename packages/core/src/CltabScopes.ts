import type { Diagnostic } from "@clinit/protocol/Diagnostic"
import type { Entry } from "./CltabEntry.ts"
import type { Scoped } from "./CltabSettingLine.ts"
import * as CltabSettings from "./CltabSettings.ts"
import { escape, quote } from "./Quotation.ts"
import * as SourceLine from "./SourceLine.ts"
import * as Suggestion from "./Suggestion.ts"

/** What a line of the cltab gives a name to: also one whose other fields are wrong, or whose tag is taken. */
export interface Named<Group extends string = string, Tag extends string = string> {
  readonly group: Group
  readonly tag: Tag | undefined
  readonly line: number
}

/** What an entry is named by in front of a setting. */
export const entryScope = (group: string, tag: string): string => `${group}/${tag}`

/** What each scope means: a group (no tag), by the first line that has it, an entry, or several of them. */
type Meanings<Meaning = Named> = ReadonlyMap<string, ReadonlyArray<Meaning>>

const meanings = <Group extends string, Tag extends string>(
  named: ReadonlyArray<Named<Group, Tag>>
): Meanings<Named<Group, Tag>> => {
  const all = new Map<string, Array<Named<Group, Tag>>>()
  const add = (scope: string, meaning: Named<Group, Tag>) => {
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

/** What was read from each scope's settings, by what they hold for: first the whole daemon's, last the most specific. */
const layers = <A>(
  { scoped = [], ...daemon }: CltabSettings.Settings,
  read: (settings: CltabSettings.Inherited, scope: string | undefined) => A
) => {
  const whole = read(daemon, undefined)
  const scopes = new Map(scoped.map(({ scope, settings }) => [scope, read(settings, scope)]))
  return ({ group, tag }: Target): ReadonlyArray<A> => [
    whole,
    ...[group, group !== undefined && tag !== undefined ? entryScope(group, tag) : undefined].flatMap(
      (scope) => {
        const settings = scope === undefined ? undefined : scopes.get(scope)
        return settings === undefined ? [] : [settings]
      }
    )
  ]
}

/** What is made of each of these settings that is one of entries, by its name. */
const ofEntries = <A>(
  settings: CltabSettings.Inherited,
  make: (name: CltabSettings.InheritedName, made: { readonly value: unknown; readonly line: number }) => A
): { readonly [name: string]: A } =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([name, made]) =>
      CltabSettings.isInherited(name) ? [[name, make(name, made)]] : []
    )
  )

/** What these settings say to entries, each value by its name, which tells its type. */
const said = (settings: CltabSettings.Inherited) =>
  ofEntries(settings, (_, { value }) => value) as CltabSettings.Applied

/**
 * These entries, which have no settings yet, with those that apply to each: its own, else its group's, else those of
 * the whole daemon.
 */
export const apply = (
  settings: CltabSettings.Settings,
  entries: ReadonlyArray<Entry>
): ReadonlyArray<Entry> => {
  const layersOf = layers(settings, said)
  return entries.map((entry) => {
    const applied: CltabSettings.Applied = Object.assign({}, ...layersOf(entry))
    return Object.keys(applied).length > 0 ? { ...entry, settings: applied } : entry
  })
}

/** What settings are looked up for: an entry, a group (no tag), or the whole daemon (neither). */
export interface Target {
  readonly group?: string | undefined
  readonly tag?: string | undefined
}

/** A setting that applies, and where it was made: for this scope, or for the whole daemon. */
export interface Origin {
  readonly name: CltabSettings.Name
  /** Its name tells the type. */
  readonly value: unknown
  readonly line: number
  readonly scope: string | undefined
}

/** Settings that apply, by their names. */
export type Origins = { readonly [name: string]: Origin }

/** What these settings, made for this scope, say to entries. */
export const origins = (settings: CltabSettings.Inherited, scope: string | undefined): Origins =>
  ofEntries(settings, (name, { line, value }) => ({ name, value, line, scope }))

/** Finds the settings that apply to something, by their names, by the same rule as `apply`. */
export const lookUp = (settings: CltabSettings.Settings): (target: Target) => Origins => {
  const layersOf = layers(settings, origins)
  return (target) => Object.assign({}, ...layersOf(target))
}

/** What a text names in a cltab with these groups and entries: nothing or several things if it is no scope of it. */
export const named = <Group extends string, Tag extends string>(
  scope: string,
  all: ReadonlyArray<Named<Group, Tag>>
): ReadonlyArray<Named<Group, Tag>> => meanings(all).get(scope) ?? []

/** The same and, if it is nothing, what it may be meant to be. */
export const find = <Group extends string, Tag extends string>(
  scope: string,
  named: ReadonlyArray<Named<Group, Tag>>
): { readonly found: ReadonlyArray<Named<Group, Tag>>; readonly meant?: string | undefined } => {
  const known = meanings(named)
  const found = known.get(scope) ?? []
  return found.length > 0 ? { found } : { found, meant: suggester(named, known)(scope) }
}
