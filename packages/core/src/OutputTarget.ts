import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { Value } from "./SettingValue.ts"
import * as SettingValue from "./SettingValue.ts"

const plain = Schema.isPattern(/^[\t\P{Cc}]*$/u)

/** Where an entry's output goes: where the daemon's goes, nowhere, to the end of a file, or to a logger's input. */
export const OutputTarget = Schema.TaggedUnion({
  Inherit: {},
  Null: {},
  File: { path: Schema.String.check(Schema.isPattern(/^\/[^/]/), plain) },
  Pipe: { command: Schema.String.check(Schema.isPattern(/\S/), plain) }
})
export type OutputTarget = typeof OutputTarget.Type

const read = (text: string): OutputTarget => {
  const colon = text.indexOf(":")
  const rest = text.slice(colon + 1)
  if (colon > 0) {
    return text.startsWith("file")
      ? { _tag: "File", path: rest }
      : { _tag: "Pipe", command: rest }
  }
  return { _tag: text === "null" ? "Null" : "Inherit" }
}

const print = (target: OutputTarget): string => {
  switch (target._tag) {
    case "File":
      return `file:${target.path}`
    case "Pipe":
      return `pipe:${target.command}`
    default:
      return target._tag.toLowerCase()
  }
}

/** How a target is written. */
export const value: Value<OutputTarget> = SettingValue.of(
  "inherit, null, file:/PATH or pipe:COMMAND",
  Schema.String.check(Schema.isPattern(/^(?:inherit|null|file:.*|pipe:.*)$/u)).pipe(
    Schema.decodeTo(OutputTarget, SchemaTransformation.transform({ decode: read, encode: print }))
  ),
  (text) =>
    text.startsWith("/") ? `did you mean file:${text}?` : text.startsWith("|")
      ? `did you mean pipe:${text.slice(1).trim()}?`
      : text.startsWith("file:")
      ? "the path has to be absolute"
      : undefined
)

/** Whether all that goes to the one goes to the other. */
export const isSame = (one: OutputTarget, other: OutputTarget): boolean => print(one) === print(other)
