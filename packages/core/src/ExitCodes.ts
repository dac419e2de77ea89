import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { Value } from "./SettingValue.ts"
import * as SettingValue from "./SettingValue.ts"

const Code = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))

const Range = Schema.Struct({ from: Code, to: Code }).check(Schema.makeFilter(({ from, to }) => from <= to))

const range: Value<typeof Range.Type> = SettingValue.of(
  "an exit code from 0 to 255 or a range such as 2-4",
  Schema.String.check(Schema.isPattern(/^\d{1,3}(?:-\d{1,3})?$/)).pipe(
    Schema.decodeTo(
      Range,
      SchemaTransformation.transform({
        decode: (text) => {
          const [from = "", to = from] = text.split("-")
          return { from: Number(from), to: Number(to) }
        },
        encode: ({ from, to }) => from === to ? String(from) : `${from}-${to}`
      })
    )
  )
)

/** Which exit codes are a success: `any`, or these. */
export type ExitCodes = "any" | ReadonlyArray<typeof Range.Type>

const ranges = SettingValue.list(range, "any or exit codes such as 0,2-4")

/** How they are written. */
export const value: Value<ExitCodes> = SettingValue.orWord("any", ranges)

/** Whether the code is one of them. */
export const includes = (codes: ExitCodes, code: number): boolean =>
  codes === "any" || codes.some(({ from, to }) => from <= code && code <= to)
