import type { Diagnostic } from "@clinit/protocol/Diagnostic"
import * as Result from "effect/Result"
import * as CltabSettings from "./CltabSettings.ts"
import * as DaemonPaths from "./DaemonPaths.ts"
import * as ForeignNames from "./ForeignNames.ts"
import { escape, quote } from "./Quotation.ts"
import type { Problem } from "./SettingValue.ts"
import * as SourceLine from "./SourceLine.ts"
import * as Suggestion from "./Suggestion.ts"

/** A setting of a group or an entry: whether the cltab has what its scope names is still to be seen. */
export interface Scoped {
  readonly source: SourceLine.SourceLine
  readonly scope: string
  readonly name: CltabSettings.Name
}

/** What one line says: `setting` if it is well-formed, `scoped` if at least its name and scope are. */
export interface Reading {
  readonly setting?: CltabSettings.Line
  readonly scoped?: Scoped
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

const { marker } = CltabSettings
const form = `a setting is ${marker}NAME:VALUE`
const scopedForm = `${form}, ${marker}GROUP/NAME:VALUE or ${marker}GROUP/TAG/NAME:VALUE`

/** True if the line is a setting, well-formed or not, rather than an entry. */
export const isSetting = (text: string): boolean => text.startsWith(marker)

/** Where the value starts in a setting's text (UTF-16 units from 0); 0 if it has none. */
export const valueStart = (text: string): number => text.indexOf(":", marker.length) + 1

interface Head {
  /** What stands in front of the last slash: groups and tags may have slashes, the names of settings have none. */
  readonly scope: string | undefined
  readonly name: string
  readonly nameIndex: number
}

const readHead = (path: string): Head => {
  const slash = path.lastIndexOf("/")
  return {
    scope: slash === -1 ? undefined : path.slice(0, slash),
    name: path.slice(slash + 1),
    nameIndex: marker.length + slash + 1
  }
}

/** The names of a list; of a family that was not asked for there is one. */
const collapse = (names: ReadonlyArray<string>, asked: string): ReadonlyArray<string> => [
  ...new Set(names.map((name) => {
    const family = name.slice(0, name.indexOf(".") + 1)
    return family === "" || asked.startsWith(family) ? name : `${family}NAME`
  })),
  "env.NAME"
]

/** The hint for a scope that a colon, rather than a slash, separates from the name. */
const separated = (source: SourceLine.SourceLine, path: string): string | undefined => {
  const [name = "", ...rest] = source.text.slice(valueStart(source.text)).split(":")
  return rest.length > 0 && CltabSettings.isInherited(name)
    ? `write ${marker}${escape(path)}/${name}:VALUE`
    : undefined
}

const unknownName = (source: SourceLine.SourceLine, path: string, { name, scope }: Head): Diagnostic => {
  const [list, candidates] = scope === undefined
    ? ["the settings are ", CltabSettings.names] as const
    : ["settings of a group or an entry: ", CltabSettings.inheritedNames] as const
  const meant = Suggestion.nearest(name, candidates)
  const hint = name.startsWith("env.")
    ? "a variable's name has letters, digits and _, and is not CLINIT_TREE"
    : meant !== undefined
    ? `did you mean ${meant}?`
    : separated(source, path) ?? ForeignNames.hintFor(name) ??
      `${list}${collapse(candidates, name).join(", ")}`
  return SourceLine.warning(source, marker.length, `unknown setting ${quote(path)} is ignored`, hint)
}

const headProblem = (source: SourceLine.SourceLine, path: string, head: Head): Diagnostic | undefined => {
  const { name, nameIndex, scope } = head
  if (name === "") return SourceLine.error(source, nameIndex, "malformed setting: the name is empty", form)
  if (!CltabSettings.isName(name)) return unknownName(source, path, head)
  if (scope !== undefined && !CltabSettings.isInherited(name)) {
    const hint = `write ${marker}${name}:VALUE`
    return SourceLine.error(source, marker.length, `${name} holds for the whole daemon`, hint)
  }
  return scope === ""
    ? SourceLine.error(source, marker.length, "malformed setting: the group is empty", scopedForm)
    : undefined
}

const empty = "malformed setting: the value is empty"
const control = "malformed setting: the value has a control character"
const offence = /(?!\t|\r$)\p{Cc}/u

/** The value of this setting; one without a known name only has to be what every value is. */
const readValue = (
  name: CltabSettings.Name | undefined,
  text: string
): Result.Result<unknown, Required<Problem>> => {
  if (!DaemonPaths.value.notEmpty.test(text) && !(name !== undefined && CltabSettings.mayBeEmpty(name))) {
    return Result.fail({ offset: 0, message: empty, hint: form })
  }
  const bad = text.search(offence)
  if (bad >= 0) return Result.fail({ offset: bad, message: control, hint: form })
  if (name === undefined) return Result.succeed(text)
  const value = CltabSettings.valueOf(name)
  return Result.mapError(value.read(text), ({ hint, message, offset }) => {
    const isLineEnd = text.endsWith("\r") && Result.isSuccess(value.read(text.slice(0, -1)))
    return {
      offset,
      message: message === undefined ? `${name} is ${value.form}, not ${quote(text)}` : `${name}: ${message}`,
      hint: isLineEnd ? "convert the file to LF line ends" : hint
    }
  })
}

/** What a line that is a setting says, and everything that is wrong with it but what its scope names. */
export const read = (source: SourceLine.SourceLine): Reading => {
  const { number, text } = source
  const start = valueStart(text)
  if (start === 0) {
    const message = "malformed setting: no colon after the name"
    return { diagnostics: [SourceLine.error(source, text.length, message, form)] }
  }
  const path = text.slice(marker.length, start - 1)
  const head = readHead(path)
  const { scope } = head
  const name = CltabSettings.isName(head.name) ? head.name : undefined
  const value = readValue(name, text.slice(start))
  const problem = headProblem(source, path, head)

  const diagnostics = problem === undefined ? [] : [problem]
  if (Result.isFailure(value)) {
    const { hint, message, offset } = value.failure
    diagnostics.push(SourceLine.error(source, start + offset, message, hint))
  }
  if (name === undefined || problem !== undefined) return { diagnostics }
  return {
    ...(Result.isSuccess(value) ? { setting: { name, scope, value: value.success, line: number } } : {}),
    ...(scope === undefined ? {} : { scoped: { source, scope, name } }),
    diagnostics
  }
}
