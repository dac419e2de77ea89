import * as Schema from "effect/Schema"

/** One finding about a cltab. `line` and `column` count from 1; columns are characters (code points). */
export const Diagnostic = Schema.Struct({
  severity: Schema.Literals(["error", "warning"]),
  line: Schema.Int,
  column: Schema.Int,
  message: Schema.String,
  hint: Schema.optionalKey(Schema.String)
})
export type Diagnostic = typeof Diagnostic.Type

/** `file:line:column: severity: message (hint)`, a form that editors and terminals recognise. */
export const format = (file: string, { column, hint, line, message, severity }: Diagnostic): string =>
  `${file}:${line}:${column}: ${severity}: ${message}${hint === undefined ? "" : ` (${hint})`}`

/** The order of their places in the file. */
export const byPlace = (a: Diagnostic, b: Diagnostic): number => a.line - b.line || a.column - b.column

/** Each of them once, in the order in which they first come: entries that share a setting have the same said of it. */
export const distinct = (diagnostics: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> => [
  ...new Map(diagnostics.map((each) => [`${each.line}:${each.column}:${each.message}`, each])).values()
]
