import type { SourceLine } from "@clinit/core/SourceLine"
import * as Diagnostic from "@clinit/protocol/Diagnostic"
import * as Schema from "effect/Schema"
import * as Excerpt from "./Excerpt.ts"

/** What `clinit check --json` prints. `text` is the whole line that a finding is about. */
export const CheckReport = Schema.Struct({
  file: Schema.String,
  diagnostics: Schema.Array(Schema.Struct({ ...Diagnostic.Diagnostic.fields, text: Schema.String })),
  errors: Schema.Int,
  warnings: Schema.Int
})
export type CheckReport = typeof CheckReport.Type

/** What was found in a file that has these lines. */
export const make = (
  file: string,
  lines: ReadonlyArray<SourceLine>,
  diagnostics: ReadonlyArray<Diagnostic.Diagnostic>
): CheckReport => {
  const errors = diagnostics.filter(({ severity }) => severity === "error").length
  return {
    file,
    diagnostics: diagnostics.map((each) => ({ ...each, text: lines[each.line - 1]?.text ?? "" })),
    errors,
    warnings: diagnostics.length - errors
  }
}

const count = (number: number, what: string): ReadonlyArray<string> =>
  number === 0 ? [] : [`${number} ${what}${number === 1 ? "" : "s"}`]

/** For people: each finding with its line and a caret, then how many there are. Of a clean file there is nothing to say. */
export const render = ({ diagnostics, errors, file, warnings }: CheckReport): ReadonlyArray<string> =>
  diagnostics.length === 0 ? [] : [
    ...diagnostics.flatMap((diagnostic) => [
      Diagnostic.format(file, diagnostic),
      ...Excerpt.of(diagnostic.text, diagnostic.column).map((line) => `  ${line}`)
    ]),
    [...count(errors, "error"), ...count(warnings, "warning")].join(", ")
  ]
