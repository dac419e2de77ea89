import * as Diagnostic from "@clinit/protocol/Diagnostic"
import type { Cltab } from "./Cltab.ts"
import * as CltabEntry from "./CltabEntry.ts"
import type { Entry } from "./CltabEntry.ts"
import * as CltabScopes from "./CltabScopes.ts"
import * as CltabSettingLine from "./CltabSettingLine.ts"
import * as CltabSettings from "./CltabSettings.ts"
import * as LevelTypo from "./LevelTypo.ts"
import { quote } from "./Quotation.ts"
import * as SettingDefaults from "./SettingDefaults.ts"
import * as SettingSlips from "./SettingSlips.ts"
import * as SettingValue from "./SettingValue.ts"
import * as SourceLine from "./SourceLine.ts"

type Lines = ReadonlyArray<SourceLine.SourceLine>

const withoutLevel = (lines: Lines, { levels, line }: Entry): ReadonlyArray<Diagnostic.Diagnostic> => {
  if (/[^,]/.test(levels)) return []
  const source = lines[line - 1]!
  const message = `no level starts this entry: its level list ${quote(levels)} has only commas`
  const index = CltabEntry.fieldStarts(source.text)[2]!
  return [SourceLine.warning(source, index, message, "write levels such as run, or 12")]
}

/** Settings of this very entry that its mode has no use for. One that is off has been something else, and may be again. */
export const withoutEffect = (
  lines: Lines,
  { group, mode, tag }: Entry,
  settings: CltabScopes.Origins
): ReadonlyArray<Diagnostic.Diagnostic> =>
  mode === "off" ? [] : Object.values(settings).flatMap(({ line, name, scope }) => {
    const modes = SettingDefaults.modesOf(name)
    if (scope !== CltabScopes.entryScope(group, tag) || modes?.includes(mode) !== false) return []
    return [SourceLine.warning(
      lines[line - 1]!,
      CltabSettings.marker.length,
      `${name} has no effect: ${quote(scope)} is a ${mode} entry`,
      `it is for ${modes.join(" and ")} entries`
    )]
  })

/** A longest pause that is shorter than the first one. */
const capBelowPause = (
  lines: Lines,
  { mode, settings }: Entry,
  origins: CltabScopes.Origins
): ReadonlyArray<Diagnostic.Diagnostic> => {
  const cap = settings?.["respawn.cap"]
  const pause = settings?.["respawn.pause"] ?? SettingDefaults.values["respawn.pause"]
  if (mode !== "respawn" || cap === undefined || cap >= pause) return []
  const source = lines[origins["respawn.cap"]!.line - 1]!
  const pauseLine = origins["respawn.pause"]?.line
  const whence = pauseLine === undefined ? "the default" : `line ${pauseLine}`
  return [SourceLine.warning(
    source,
    CltabSettingLine.valueStart(source.text),
    `respawn.cap ${SettingValue.duration.print(cap)} is below the pause of ` +
      `${SettingValue.duration.print(pause)} (${whence})`,
    "the cap is the longest pause: make it the longer one"
  )]
}

/**
 * What is allowed in a cltab but was probably not meant, by the cltab alone: `lines` are those that it was read from.
 * All of it are warnings, in no order.
 */
export const check = (lines: Lines, { entries, settings }: Cltab): ReadonlyArray<Diagnostic.Diagnostic> => {
  const lookUp = CltabScopes.lookUp(settings)
  const ofEntries = entries.flatMap((entry) => {
    const origins = lookUp(entry)
    return [
      ...withoutLevel(lines, entry),
      ...withoutEffect(lines, entry, origins),
      ...capBelowPause(lines, entry, origins)
    ]
  })
  return [...LevelTypo.check(lines, entries), ...SettingSlips.check(lines), ...Diagnostic.distinct(ofEntries)]
}
