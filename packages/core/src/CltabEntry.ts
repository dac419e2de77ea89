import type { Diagnostic } from "@clinit/protocol/Diagnostic"
import { forbidden, GroupName, Mode, Tag } from "@clinit/protocol/Names"
import { Stream } from "@clinit/protocol/Status"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as CltabSettings from "./CltabSettings.ts"
import { LevelList } from "./LevelList.ts"
import { quote } from "./Quotation.ts"
import * as SourceLine from "./SourceLine.ts"
import * as Suggestion from "./Suggestion.ts"

const withoutColon = Schema.isPattern(/^[^:]*$/, { message: "the name has a colon" })

/** A shell command line, kept as it is written: a carriage return at its end belongs to it. */
const Command = Schema.String.check(
  Schema.isPattern(/\S/, { message: "the command is empty" }),
  Schema.isPattern(/^[\t\P{Cc}]*\r?$/u, { message: "the command has a control character" })
)

/**
 * A process to be run. `line` is where its own line stands in its cltab (from 1); the settings that apply to it are
 * absent if no line makes one. With `logs` it is no entry of a cltab, but the logger of that output of the entry with its
 * name. With `fiber` it is none either, but an effect of this program: its command is for people to read.
 */
export const Entry = Schema.Struct({
  group: GroupName.check(
    withoutColon,
    Schema.isPattern(/^(?!#)/, { message: "the group name begins with #" })
  ),
  tag: Tag.check(withoutColon),
  levels: LevelList,
  mode: Mode,
  command: Command,
  line: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  settings: Schema.optionalKey(CltabSettings.Applied),
  logs: Schema.optionalKey(Stream),
  fiber: Schema.optionalKey(Schema.Literal(true))
})
export type Entry = typeof Entry.Type

/**
 * What stands for the command of an effect of this program, which no shell runs. If one ever did, it would read a
 * comment.
 */
export const effectCommand = "# an effect of the program"

/** The entry without the settings that mean nothing for a fiber. */
export const withFittingSettings = ({ settings, ...entry }: Entry): Entry => {
  const fitting = Object.entries(settings ?? {}).filter(([name]) => CltabSettings.fitsFiber(name))
  return fitting.length === 0
    ? entry
    : { ...entry, settings: Object.fromEntries(fitting) as CltabSettings.Applied }
}

interface Field<A> {
  readonly name: string
  readonly decode: (text: string) => Result.Result<A, Schema.SchemaError>
  /** Where to point inside a field that was refused; at its start if this matches nothing. */
  readonly offence: RegExp
}

const field = <S extends Schema.ConstraintDecoder<unknown>>(
  name: string,
  schema: S,
  offence: RegExp
): Field<S["Type"]> => ({ name, decode: Schema.decodeUnknownResult(schema), offence })

const group = field("group name", Entry.fields.group, forbidden)
const tag = field("tag", Entry.fields.tag, forbidden)
const levels = field("level list", Entry.fields.levels, forbidden)
const mode = field("mode", Entry.fields.mode, /^/)
const command = field("command", Entry.fields.command, /(?!\t|\r$)\p{Cc}/u)
const fields: ReadonlyArray<Field<unknown>> = [group, tag, levels, mode, command]

const form = "an entry is group:tag:levels:mode:command"

/** Where each field starts in the text (UTF-16 units from 0): behind the first four colons. */
export const fieldStarts = (text: string): ReadonlyArray<number> => {
  const starts = [0]
  for (
    let colon = text.indexOf(":");
    colon !== -1 && starts.length < fields.length;
    colon = text.indexOf(":", colon + 1)
  ) starts.push(colon + 1)
  return starts
}

interface Problem {
  readonly message: string
  readonly hint?: string
}

const problem = (field: Field<unknown>, text: string, reason: string): Problem => {
  if (text === "") return { message: `the ${field.name} is empty`, hint: field === mode ? reason : form }
  if (field !== mode) return { message: text.trim() === "" ? reason : `${reason}: ${quote(text)}` }
  const meant = Suggestion.nearest(text, Mode.literals)
  return {
    message: `unknown mode ${quote(text)}`,
    hint: meant === undefined ? reason : `did you mean ${meant}?`
  }
}

const missing = (line: SourceLine.SourceLine, present: number): Diagnostic => {
  const names = fields.slice(present).map(({ name }) => name)
  const list = names.length === 1
    ? `${names[0]} is`
    : `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are`
  return SourceLine.error(line, line.text.length, `entry has ${present} of 5 fields: ${list} missing`, form)
}

/** What one line says: `entry` if it is well-formed, `group` and `tag` if at least that field is. */
export interface Reading {
  readonly entry?: Entry
  readonly group?: Entry["group"]
  readonly tag?: { readonly name: Tag; readonly index: number }
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

// Nearly every line of a long cltab. Its fields have no character that any of their schemas could refuse, whose check takes
// five times as long; a test holds both to the same reading.
const name = "[!-9;-~]+"
const plain = new RegExp(`^((?!#)${name}):(${name}):(${name}):(${Mode.literals.join("|")}):([ -~]*[!-~])$`)

/** Whether a line is an entry without any peculiarity. */
export const isPlain = (text: string): boolean => plain.test(text)

const none: ReadonlyArray<Diagnostic> = []

/** What such a line says; nothing of any other line. */
const readPlain = ({ number, text }: SourceLine.SourceLine): Required<Reading> | undefined => {
  const match = plain.exec(text)
  if (match === null) return undefined
  const [, group, tag, levels, mode, command] = match
  const entry = { group, tag, levels, mode, command, line: number } as Entry
  return {
    entry,
    group: entry.group,
    tag: { name: entry.tag, index: entry.group.length + 1 },
    diagnostics: none
  }
}

/** What a line that is not blank, a comment or a setting says, and everything that is wrong with it. */
export const read = (line: SourceLine.SourceLine): Reading => readPlain(line) ?? readAny(line)

/** The same, by the schemas of the fields. */
export const readAny = (line: SourceLine.SourceLine): Reading => {
  const { number, text } = line
  const [, begin] = /^\s+(#|:::)/.exec(text) ?? []
  if (begin !== undefined) {
    // Its fields were never meant as such: they are neither checked nor do they take a tag.
    const hint = `a ${
      begin === "#" ? "comment" : "setting"
    } starts in column 1: remove the white space before ${begin}`
    return {
      diagnostics: [SourceLine.error(line, 0, `the group name has white space: ${quote(text)}`, hint)]
    }
  }

  const starts = fieldStarts(text)
  const diagnostics: Array<Diagnostic> = []
  const take = <A>(index: number, field: Field<A>): A | undefined => {
    const start = starts[index]
    if (start === undefined) return undefined
    const next = starts[index + 1]
    const value = text.slice(start, next === undefined ? text.length : next - 1)
    const decoded = field.decode(value)
    if (Result.isSuccess(decoded)) return decoded.success
    const { hint, message } = problem(field, value, decoded.failure.message)
    diagnostics.push(SourceLine.error(line, start + Math.max(0, value.search(field.offence)), message, hint))
    return undefined
  }
  const parts = {
    group: take(0, group),
    tag: take(1, tag),
    levels: take(2, levels),
    mode: take(3, mode),
    command: take(4, command),
    line: number
  }
  if (starts.length < fields.length) diagnostics.push(missing(line, starts.length))

  return {
    ...(isComplete(parts) ? { entry: parts } : {}),
    ...(parts.group === undefined ? {} : { group: parts.group }),
    ...(parts.tag === undefined ? {} : { tag: { name: parts.tag, index: starts[1]! } }),
    diagnostics
  }
}

type Parts = { readonly [Name in keyof Omit<Entry, "settings" | "logs" | "fiber">]: Entry[Name] | undefined }

const isComplete = (parts: Parts): parts is Entry =>
  parts.group !== undefined && parts.tag !== undefined && parts.levels !== undefined &&
  parts.mode !== undefined && parts.command !== undefined

/** The line, without its line feed, that reads as this entry without its settings. */
export const print = ({ command, group, levels, mode, tag }: Entry): string =>
  [group, tag, levels, mode, command].join(":")
