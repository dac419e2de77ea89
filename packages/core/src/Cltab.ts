import * as Diagnostic from "@clinit/protocol/Diagnostic"
import type { Tag } from "@clinit/protocol/Names"
import * as CltabEntry from "./CltabEntry.ts"
import * as CltabScopes from "./CltabScopes.ts"
import * as CltabSettingLine from "./CltabSettingLine.ts"
import * as CltabSettings from "./CltabSettings.ts"
import { escape } from "./Quotation.ts"
import * as SourceLine from "./SourceLine.ts"
import * as Utf8 from "./Utf8.ts"

export { Entry } from "./CltabEntry.ts"
export { Settings } from "./CltabSettings.ts"

/**
 * What a cltab says. `entries` are the well-formed ones in file order, each tag once; they and the settings are
 * there even if other lines are broken. `diagnostics` are in the order of their lines and columns.
 */
export interface Cltab {
  readonly entries: ReadonlyArray<CltabEntry.Entry>
  readonly settings: CltabSettings.Settings
  readonly diagnostics: ReadonlyArray<Diagnostic.Diagnostic>
}

/** True if the cltab may be used: warnings are no obstacle. */
export const isValid = ({ diagnostics }: Cltab): boolean =>
  diagnostics.every(({ severity }) => severity !== "error")

const byteOrderMark = "\uFEFF"

/** What the text of a cltab says. Never throws; a leading byte order mark is dropped. */
export const parse = (text: string): Cltab =>
  read({ text: text.startsWith(byteOrderMark) ? text.slice(1) : text, malformed: new Map() })

/** What the bytes of a cltab say. Never throws; each line but comments that is not UTF-8 is an error. */
export const decode = (bytes: Uint8Array): Cltab => read(Utf8.decode(bytes))

/**
 * The canonical text: settings, then entries. It reads as the same entries and settings, on other lines; what settings
 * the entries have comes from `settings`.
 */
export const print = ({ entries, settings }: Pick<Cltab, "entries" | "settings">): string =>
  [...CltabSettings.print(settings), ...entries.map(CltabEntry.print)].map((line) => `${line}\n`).join("")

const isSkipped = (text: string): boolean => text.startsWith("#") || text.trim() === ""

const duplicateTag = (
  line: SourceLine.SourceLine,
  tag: Tag,
  index: number,
  firstLine: number
): Diagnostic.Diagnostic =>
  SourceLine.error(
    line,
    index,
    `entry has duplicate tag: ${escape(tag)} (lines ${firstLine} and ${line.number})`,
    "a tag is used once in the whole file, also across groups"
  )

const carriageReturns = (
  lines: ReadonlyArray<SourceLine.SourceLine>
): ReadonlyArray<Diagnostic.Diagnostic> => {
  const [first] = lines
  if (first === undefined) return []
  const count = lines.length === 1 ? "1 line" : `${lines.length} lines`
  const message = `a carriage return ends the line and becomes part of its last field (${count} in this file)`
  return [SourceLine.warning(first, first.text.length - 1, message, "convert the file to LF line ends")]
}

const read = ({ malformed, text }: Utf8.Decoded): Cltab => {
  const entries: Array<CltabEntry.Entry> = []
  const named: Array<CltabScopes.Named> = []
  const settingLines: Array<CltabSettings.Line> = []
  const scoped: Array<CltabSettingLine.Scoped> = []
  const diagnostics: Array<Diagnostic.Diagnostic> = []
  const tagLines = new Map<Tag, number>()
  const withCarriageReturn: Array<SourceLine.SourceLine> = []

  const readEntry = (line: SourceLine.SourceLine) => {
    const { diagnostics: problems, entry, group, tag } = CltabEntry.read(line)
    diagnostics.push(...problems)
    if (group !== undefined) named.push({ group, tag: tag?.name, line: line.number })
    const firstLine = tag && tagLines.get(tag.name)
    if (tag && firstLine !== undefined) {
      diagnostics.push(duplicateTag(line, tag.name, tag.index, firstLine))
    } else {
      if (tag) tagLines.set(tag.name, line.number)
      if (entry) entries.push(entry)
    }
  }

  const readSetting = (line: SourceLine.SourceLine) => {
    const { diagnostics: problems, scoped: toFind, setting } = CltabSettingLine.read(line)
    diagnostics.push(...problems)
    if (setting) settingLines.push(setting)
    if (toFind) scoped.push(toFind)
  }

  for (const line of SourceLine.split(text).filter(({ text }) => !isSkipped(text))) {
    const malformedColumn = malformed.get(line.number)
    if (malformedColumn !== undefined) {
      diagnostics.push({
        severity: "error",
        line: line.number,
        column: malformedColumn,
        message: "the line is not valid UTF-8",
        hint: "convert the file to UTF-8"
      })
      continue
    }
    if (line.text.endsWith("\r")) withCarriageReturn.push(line)
    if (CltabSettingLine.isSetting(line.text)) readSetting(line)
    else readEntry(line)
  }

  diagnostics.push(...carriageReturns(withCarriageReturn))
  // Pushing them as arguments would overflow the stack: there may be one for every line.
  for (const diagnostic of CltabScopes.check(scoped, named)) diagnostics.push(diagnostic)
  const settings = CltabSettings.collect(settingLines)
  return {
    entries: CltabScopes.apply(settings, entries),
    settings,
    diagnostics: diagnostics.sort(Diagnostic.byPlace)
  }
}
