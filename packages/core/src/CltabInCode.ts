import { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as Diagnostic from "@clinit/protocol/Diagnostic"
import type { Tag } from "@clinit/protocol/Names"
import * as Effect from "effect/Effect"
import { format } from "effect/Formatter"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Cltab from "./Cltab.ts"
import * as CltabEntry from "./CltabEntry.ts"
import * as CltabLint from "./CltabLint.ts"
import * as CltabScopes from "./CltabScopes.ts"
import type { Scoped } from "./CltabSettingLine.ts"
import * as CltabSettings from "./CltabSettings.ts"
import type { EffectEntry, GroupSettings, InCode, ProcessEntry, Services } from "./Entry.ts"
import * as FieldInCode from "./FieldInCode.ts"
import { escape, quote } from "./Quotation.ts"
import * as SettingInCode from "./SettingInCode.ts"
import * as SourceLine from "./SourceLine.ts"
import * as Suggestion from "./Suggestion.ts"

/** The name that stands for the file in messages about what is written in code. */
export const file = "entries"

/** What items in code say: a cltab as any other, and the effects that its fibers run, by their tags. */
export interface Written<R> {
  readonly cltab: Cltab.Cltab
  readonly effects: ReadonlyMap<Tag, Effect.Effect<unknown, unknown, R | Scope.Scope>>
}

/**
 * The cltab that these items, in their order, make together with these settings for the whole of it. What a parser would
 * refuse is refused, all of it at once: `line` of a diagnostic is the item's place in the array, from 1; 0 stands for
 * the settings of the whole. Warnings are among the cltab's diagnostics. Never
 * throws, whatever the fields hold.
 */
export const toCltab = <const Items extends ReadonlyArray<InCode<any>>>(
  items: Items,
  settings: SettingInCode.Settings = {}
): Result.Result<Written<Services<Items[number]>>, InvalidCltab> => {
  const { cltab, effects } = read(items, settings)
  return Cltab.isValid(cltab)
    ? Result.succeed({ cltab, effects })
    : Result.fail(new InvalidCltab({ file, diagnostics: cltab.diagnostics }))
}

/** Items have no text of their own to point into: every diagnostic is at column 1. */
const sourceAt = (place: number): SourceLine.SourceLine => ({ number: place, text: "" })

/** What an item is called in messages. */
const nameOf = (names: ReadonlyArray<unknown>): string =>
  names.map((name) => typeof name === "string" ? escape(name) : escape(format(name))).join("/")

const unknownName = (name: string): readonly [message: string, hint: string | undefined] => {
  const meant = Suggestion.nearest(name, CltabSettings.names)
  const hint = name.startsWith("env.")
    ? "a variable's name has letters, digits and _, and is not CLINIT_TREE"
    : meant && `did you mean ${meant}?`
  return [`unknown setting ${quote(name)} is ignored`, hint]
}

const wrongValue = (name: CltabSettings.Name, given: unknown): string =>
  // A variable may be a secret.
  CltabSettings.isVariable(name)
    ? `${name} is text without control characters`
    : `${name} is ${CltabSettings.valueOf(name).form}, not ${FieldInCode.shown(given)}`

const read = (items: ReadonlyArray<InCode<any>>, whole: SettingInCode.Settings) => {
  const entries: Array<CltabEntry.Entry> = []
  const effects = new Map<Tag, Effect.Effect<unknown, unknown, any>>()
  const named: Array<CltabScopes.Named> = []
  const lines: Array<CltabSettings.Line> = []
  const scoped: Array<Scoped> = []
  const diagnostics: Array<Diagnostic.Diagnostic> = []
  const places = new Map<Tag, number>()

  const reporting = (place: number, about = "") => {
    const add = (diagnose: typeof SourceLine.error): FieldInCode.Report => (message, hint) =>
      void diagnostics.push(diagnose(sourceAt(place), 0, `${about}${message}`, hint))
    return { refuse: add(SourceLine.error), warn: add(SourceLine.warning) }
  }

  const readSettings = (
    place: number,
    scope: string | undefined,
    settings: object | undefined,
    isFiber: boolean
  ) => {
    const { refuse, warn } = reporting(place, scope === undefined ? "" : `${escape(scope)}: `)
    for (const [name, value] of Object.entries(settings ?? {})) {
      if (value === undefined) continue
      if (!CltabSettings.isName(name)) warn(...unknownName(name))
      else if (scope !== undefined && !CltabSettings.isInherited(name)) {
        refuse(`${name} holds for the whole daemon`)
      } else {
        const said = SettingInCode.valueOf(name, value)
        if (Option.isNone(said)) refuse(wrongValue(name, value))
        else lines.push({ name, scope, value: said.value, line: place })
        if (scope !== undefined) scoped.push({ source: sourceAt(place), scope, name })
        if (isFiber && !CltabSettings.fitsFiber(name)) {
          warn(`${name} has no effect: it is for processes, and this is an effect of the program`)
        }
      }
    }
  }

  const readGroup = (place: number, { group, settings }: GroupSettings) => {
    const scope = FieldInCode.text(
      reporting(place).refuse,
      "group name",
      CltabEntry.Entry.fields.group,
      group
    )
    if (scope !== undefined) readSettings(place, scope, settings, false)
  }

  const readEntry = (place: number, item: ProcessEntry | EffectEntry<unknown>) => {
    const { refuse: report } = reporting(place, `${nameOf([item.group, item.tag])}: `)
    const { fields } = CltabEntry.Entry
    const group = FieldInCode.text(report, "group name", fields.group, item.group)
    const tag = FieldInCode.text(report, "tag", fields.tag, item.tag)
    const levels = FieldInCode.levels(report, item.levels)
    const mode = FieldInCode.mode(report, item.mode)
    const isFiber = item._tag === "Effect"
    const command = isFiber ? CltabEntry.effectCommand : FieldInCode.command(report, item.command)
    if (isFiber && !Effect.isEffect(item.effect)) {
      report(`the effect is none: ${FieldInCode.shown(item.effect)}`)
    }
    if (group === undefined) return
    named.push({ group, tag, line: place })
    if (tag === undefined) return
    const first = places.get(tag)
    if (first !== undefined) {
      return report(
        `entry has duplicate tag: ${escape(tag)} (entries ${first} and ${place})`,
        "a tag is used once, also across groups"
      )
    }
    places.set(tag, place)
    readSettings(place, CltabScopes.entryScope(group, tag), item.settings, isFiber)
    if (levels === undefined || mode === undefined || command === undefined) return
    entries.push({ group, tag, levels, mode, command, line: place, ...(isFiber ? { fiber: true } : {}) })
    if (isFiber) effects.set(tag, item.effect)
  }

  readSettings(0, undefined, whole, false)
  for (const [index, item] of items.entries()) {
    if (typeof item !== "object" || item === null) {
      reporting(index + 1).refuse(`this is no item: ${FieldInCode.shown(item)}`)
    } else if (item._tag === "Group") readGroup(index + 1, item)
    else readEntry(index + 1, item)
  }

  for (const diagnostic of CltabScopes.check(scoped, named)) diagnostics.push(diagnostic)
  const settings = CltabSettings.collect(lines)
  const lookUp = CltabScopes.lookUp(settings)
  const sources = items.map((_, index) => sourceAt(index + 1))
  for (const entry of entries) {
    for (const warning of CltabLint.withoutEffect(sources, entry, lookUp(entry))) diagnostics.push(warning)
  }
  const cltab: Cltab.Cltab = {
    entries: CltabScopes.apply(settings, entries).map((entry) =>
      entry.fiber === true ? CltabEntry.withFittingSettings(entry) : entry
    ),
    settings,
    diagnostics: Diagnostic.distinct(diagnostics.sort(Diagnostic.byPlace))
  }
  return { cltab, effects }
}
