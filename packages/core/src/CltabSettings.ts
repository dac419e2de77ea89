import type { Diagnostic } from "@clinit/protocol/Diagnostic"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { quote } from "./Quotation.ts"
import * as SourceLine from "./SourceLine.ts"
import * as Suggestion from "./Suggestion.ts"

/** What a `:::NAME:VALUE` line can set. */
export const SettingName = Schema.Literals(["socket", "clstat", "log"])
export type SettingName = typeof SettingName.Type

/** A path, kept as it is written: a carriage return at its end belongs to it. */
const SettingValue = Schema.String.check(
  Schema.isPattern(/[^\r]/, { message: "the value is empty" }),
  Schema.isPattern(/^[\t\P{Cc}]*\r?$/u, { message: "the value has a control character" })
)

/** A value and the number of the line it comes from. */
export const Setting = Schema.Struct({ value: SettingValue, line: Schema.Int })
export type Setting = typeof Setting.Type

/** The settings of one cltab: of several lines for one name the last one. */
export const Settings = Schema.Struct({
  socket: Schema.optionalKey(Setting),
  clstat: Schema.optionalKey(Setting),
  log: Schema.optionalKey(Setting)
})
export type Settings = typeof Settings.Type

/** Where everything lives: absolute paths, or relative to the working directory. */
export interface Paths {
  readonly cltab: string
  readonly socket: string
  readonly clstat: string
  readonly log: string
}

/** The paths that hold if neither flags nor cltab say otherwise. */
export const defaults: Paths = {
  cltab: "/etc/cltab",
  socket: "/var/run/clinit/clinit.s",
  clstat: "/var/run/clinit/clstat",
  log: "/var/run/clinit/log"
}

/**
 * The paths in force: a line in cltab wins over a flag, a flag over the default. Nothing is remembered from
 * an earlier read, so deleting a line takes its value back.
 */
export const resolve = (
  flags: { readonly [Name in keyof Paths]?: string | undefined },
  settings: Settings
): Paths => ({
  cltab: flags.cltab ?? defaults.cltab,
  socket: settings.socket?.value ?? flags.socket ?? defaults.socket,
  clstat: settings.clstat?.value ?? flags.clstat ?? defaults.clstat,
  log: settings.log?.value ?? flags.log ?? defaults.log
})

const marker = ":::"
const form = "a setting is :::NAME:VALUE"
const offence = /(?!\t|\r$)\p{Cc}/u
const isSettingName = Schema.is(SettingName)
const decodeValue = Schema.decodeUnknownResult(SettingValue)

/** True if the line is a setting, well-formed or not, rather than an entry. */
export const isSetting = (text: string): boolean => text.startsWith(marker)

/** What a setting line says: the settings with its value added, and what is wrong with it. */
export const read = (
  line: SourceLine.SourceLine,
  settings: Settings
): { readonly settings: Settings; readonly diagnostics: ReadonlyArray<Diagnostic> } => {
  const refuse = (...diagnostics: ReadonlyArray<Diagnostic>) => ({ settings, diagnostics })
  const colon = line.text.indexOf(":", marker.length)
  if (colon === -1) {
    return refuse(
      SourceLine.error(line, line.text.length, "malformed setting: no colon after the name", form)
    )
  }
  const name = line.text.slice(marker.length, colon)
  const value = decodeValue(line.text.slice(colon + 1))
  const problems: Array<Diagnostic> = []
  if (name === "") {
    problems.push(SourceLine.error(line, marker.length, "malformed setting: the name is empty", form))
  } else if (!isSettingName(name)) {
    const meant = Suggestion.nearest(name, SettingName.literals)
    const hint = meant === undefined
      ? `the settings are ${SettingName.literals.join(", ")}`
      : `did you mean ${meant}?`
    problems.push(SourceLine.warning(line, marker.length, `unknown setting ${quote(name)} is ignored`, hint))
  }
  if (Result.isFailure(value)) {
    const index = colon + 1 + Math.max(0, line.text.slice(colon + 1).search(offence))
    problems.push(SourceLine.error(line, index, `malformed setting: ${value.failure.message}`, form))
  }
  return isSettingName(name) && Result.isSuccess(value)
    ? {
      settings: { ...settings, [name]: { value: value.success, line: line.number } },
      diagnostics: problems
    }
    : refuse(...problems)
}

/** The lines that set these values, without line feeds. */
export const print = (settings: Settings): ReadonlyArray<string> =>
  SettingName.literals.flatMap((name) => {
    const setting = settings[name]
    return setting === undefined ? [] : [`${marker}${name}:${setting.value}`]
  })
