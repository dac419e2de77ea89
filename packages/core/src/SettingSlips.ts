import type { Diagnostic } from "@clinit/protocol/Diagnostic"
import { Stream } from "@clinit/protocol/Status"
import * as CltabSettingLine from "./CltabSettingLine.ts"
import * as CltabSettings from "./CltabSettings.ts"
import { quote } from "./Quotation.ts"
import * as SourceLine from "./SourceLine.ts"
import * as TelemetryAddress from "./TelemetryAddress.ts"

interface Setting extends CltabSettings.Line {
  readonly source: SourceLine.SourceLine
}

const path = ({ name, scope }: Setting): string => scope === undefined ? name : `${scope}/${name}`

/** Settings that a later line makes again. */
const replaced = (settings: ReadonlyArray<Setting>): ReadonlyArray<Diagnostic> => {
  const last = new Map(settings.map((setting) => [path(setting), setting.line]))
  return settings.flatMap((setting) => {
    const line = last.get(path(setting))!
    if (line === setting.line) return []
    const message = `setting ${quote(path(setting))} has no effect: line ${line} makes it again`
    return [
      SourceLine.warning(
        setting.source,
        CltabSettings.marker.length,
        message,
        "of several lines the last one wins"
      )
    ]
  })
}

const daemonPaths = ["socket", "clstat", "log"]
/** Where a blank at the end of the value is part of a path. */
const paths = new Set([...daemonPaths, "cwd", "env-file", ...Stream.literals])
/** Where a blank at the beginning is neither skipped nor an error. */
const isText = (name: string) => CltabSettings.isVariable(name) || daemonPaths.includes(name)

const blanks = ({ name, source }: Setting): ReadonlyArray<Diagnostic> => {
  const start = CltabSettingLine.valueStart(source.text)
  const text = source.text.slice(start)
  const warning = (index: number, where: string) => [
    SourceLine.warning(
      source,
      start + index,
      `the value of ${name} ${where} with a blank, which belongs to it`,
      "remove it: nothing is trimmed"
    )
  ]
  if (text.trim() === "") return []
  if (isText(name) && /^[ \t]/.test(text)) return warning(0, "begins")
  return paths.has(name) && !text.startsWith("pipe:") && /[ \t]$/.test(text)
    ? warning(text.length - 1, "ends")
    : []
}

const noTime = ({ name, source, value }: Setting): ReadonlyArray<Diagnostic> =>
  name === "timeout" && value === 0
    ? [SourceLine.warning(
      source,
      CltabSettingLine.valueStart(source.text),
      "with this timeout every run fails at once",
      "without the line there is none"
    )]
    : []

const openToAll = ({ name, source, value }: Setting): ReadonlyArray<Diagnostic> =>
  name === "metrics" && TelemetryAddress.isWildcard(value as TelemetryAddress.Listening)
    ? [SourceLine.warning(
      source,
      CltabSettingLine.valueStart(source.text),
      "everybody who can reach this machine can read the metrics",
      "127.0.0.1 is for this machine alone, the path of a socket for its owner"
    )]
    : []

/** What is well-formed in the settings of these lines, the whole cltab, and was hardly meant. Warnings, in no order. */
export const check = (lines: ReadonlyArray<SourceLine.SourceLine>): ReadonlyArray<Diagnostic> => {
  const settings = lines.filter(({ text }) => CltabSettingLine.isSetting(text)).flatMap((source) => {
    const { setting } = CltabSettingLine.read(source)
    return setting === undefined ? [] : [{ ...setting, source }]
  })
  return [
    ...replaced(settings),
    ...settings.flatMap(blanks),
    ...settings.flatMap(noTime),
    ...settings.flatMap(openToAll)
  ]
}
