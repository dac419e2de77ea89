import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as DaemonPaths from "./DaemonPaths.ts"
import { quote } from "./Quotation.ts"
import * as Suggestion from "./Suggestion.ts"

/** What is wrong with a value; `offset` is where in it, in UTF-16 units from 0. */
export interface Problem {
  readonly offset: number
  /** Missing if the value as a whole is not of the form that it should have. */
  readonly message?: string
  readonly hint?: string | undefined
}

/** How the values of a setting are written and read. What they say is plain JSON. */
export interface Value<A> {
  readonly schema: Schema.Codec<A>
  readonly read: (text: string) => Result.Result<A, Problem>
  /** The canonical text, which reads as the same value. */
  readonly print: (value: A) => string
  /** What such a value is, in the words of a message: `NAME is FORM, not "…"`. */
  readonly form: string
}

/** Values that a schema reads from their text; what it refuses is pointed at as a whole. */
export const of = <A>(
  form: string,
  codec: Schema.Codec<A, string>,
  hint: (text: string) => string | undefined = () => undefined
): Value<A> => {
  const decode = Schema.decodeUnknownResult(codec)
  return {
    schema: Schema.toType(codec),
    read: (text) => Result.mapError(decode(text), () => ({ offset: 0, hint: hint(text) })),
    print: Schema.encodeSync(codec),
    form
  }
}

const alternatives = (words: ReadonlyArray<string>) =>
  [words.slice(0, -1).join(", "), words.at(-1)].filter(Boolean).join(" or ")

/** One of these words; `hint` is for what is near to none of them. */
export const word = <const Words extends ReadonlyArray<string>>(
  words: Words,
  hint: (text: string) => string | undefined = () => undefined
): Value<Words[number]> =>
  of(alternatives(words), Schema.Literals(words), (text) => {
    const meant = Suggestion.nearest(text, words)
    return meant === undefined ? hint(text) : `did you mean ${meant}?`
  })

const withoutControl = Schema.isPattern(DaemonPaths.value.withoutControl)

/** Text without control characters that may be empty, kept as it is written. */
export const anyText: Value<string> = of("text", Schema.String.check(withoutControl))

/** Text without control characters, kept as it is written. */
export const text: Value<string> = of(
  "text",
  Schema.String.check(Schema.isPattern(DaemonPaths.value.notEmpty), withoutControl)
)

/** An absolute path. */
export const path: Value<string> = of(
  "an absolute path",
  Schema.String.check(Schema.isPattern(/^\/[\t\P{Cc}]*$/u)),
  (text) => text.startsWith("~") ? "write the home directory out" : undefined
)

/** A whole number between these. */
export const integer = (minimum: number, maximum: number): Value<number> =>
  of(
    `a whole number from ${minimum} to ${maximum}`,
    Schema.String.check(Schema.isPattern(/^-?(?:0|[1-9]\d{0,14})$/)).pipe(
      Schema.decodeTo(
        Schema.Int.check(Schema.isBetween({ minimum, maximum })),
        SchemaTransformation.transform({ decode: Number, encode: String })
      )
    )
  )

/** A decimal number of at least this. */
export const decimal = (minimum: number, maximum: number): Value<number> =>
  of(
    `a number from ${minimum} to ${maximum}`,
    Schema.String.check(Schema.isPattern(/^\d{1,9}(?:\.\d{1,20})?$/)).pipe(
      Schema.decodeTo(
        Schema.Finite.check(Schema.isBetween({ minimum, maximum })),
        SchemaTransformation.transform({ decode: Number, encode: String })
      )
    )
  )

const units = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const
const unitNames = ["d", "h", "min", "s", "ms"] as const

/** Milliseconds; what is longer than this many is no time that anybody waits for. */
export const longestMillis = 1_000 * units.d

const Amount = Schema.String.check(Schema.isPattern(/^\d{1,12}$/))

/** A time such as `500ms`, `5s`, `2min`, `1h` or `1d`, in milliseconds. */
export const duration: Value<number> = of(
  "a time up to 1000d such as 500ms, 5s, 2min, 1h or 1d",
  Schema.TemplateLiteralParser([Amount, Schema.Literals(unitNames)]).pipe(
    Schema.decodeTo(
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: longestMillis })),
      SchemaTransformation.transform({
        decode: ([amount, unit]) => Number(amount) * units[unit],
        encode: (millis) => {
          const unit = unitNames.find((unit) => millis % units[unit] === 0 && millis >= units[unit]) ?? "s"
          return [String(millis / units[unit]), unit] as const
        }
      })
    )
  ),
  (text) =>
    /^\d+(?: ?s(?:ec(?:ond)?s?)?)?$/i.test(text)
      ? `did you mean ${Number.parseInt(text, 10)}s?`
      : /^\d+(?:\.\d+)? *m$/.test(text)
      ? `did you mean ${text.slice(0, -1).trim()}min or ${text.slice(0, -1).trim()}ms?`
      : undefined
)

/** A share such as `10%`, as a whole number of percent. */
export const percentage: Value<number> = of(
  "a share from 0% to 100%",
  Schema.TemplateLiteralParser([Schema.String.check(Schema.isPattern(/^\d{1,3}$/)), "%"]).pipe(
    Schema.decodeTo(
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 })),
      SchemaTransformation.transform({
        decode: ([amount]) => Number(amount),
        encode: (percent) => [String(percent), "%"] as const
      })
    )
  ),
  (text) => /^\d+$/.test(text) ? `did you mean ${text}%?` : undefined
)

/** A part of a value and where in the value it begins. */
export interface Part {
  readonly text: string
  readonly offset: number
}

/** The parts between the commas, without the blanks around them; a comma in double quotes belongs to its part. */
export const parts = (text: string): ReadonlyArray<Part> => {
  const found: Array<Part> = []
  let from = 0
  for (const { 0: part } of `${text},`.matchAll(/(?:"(?:[^"\\]|\\.)*"|[^",]|")*,/g)) {
    const inner = part.slice(0, -1)
    found.push({ text: inner.trim(), offset: from + (inner.length - inner.trimStart().length) })
    from += part.length
  }
  return found
}

/** Values that are separated by commas, at least one of them. */
export const list = <A>(item: Value<A>, form: string): Value<ReadonlyArray<A>> => ({
  schema: Schema.Array(item.schema).check(Schema.isMinLength(1)),
  read: (text) => {
    const items: Array<A> = []
    for (const part of parts(text)) {
      const result = item.read(part.text)
      if (Result.isSuccess(result)) items.push(result.success)
      else {
        const { hint, message, offset } = result.failure
        return Result.fail({
          offset: part.offset + offset,
          message: message ??
            (part.text === "" ? "an item is missing" : `${quote(part.text)} is not ${item.form}`),
          hint
        })
      }
    }
    return Result.succeed(items)
  },
  print: (items) => items.map(item.print).join(","),
  form
})

/** The word, or what else the value may be. */
export const orWord = <const W extends string, A>(only: W, value: Value<A>): Value<W | A> => ({
  schema: Schema.Union([Schema.Literal(only), value.schema]),
  read: (text) => text === only ? Result.succeed(only) : value.read(text),
  print: (said) => said === only ? only : value.print(said as A),
  form: value.form
})

/** A number in octal digits, with or without a leading zero. */
export const octal = (maximum: number): Value<number> =>
  of(
    `an octal number from 0 to ${maximum.toString(8)} such as 022`,
    Schema.String.check(Schema.isPattern(/^[0-7]{1,6}$/)).pipe(
      Schema.decodeTo(
        Schema.Int.check(Schema.isBetween({ minimum: 0, maximum })),
        SchemaTransformation.transform({
          decode: (text) => Number.parseInt(text, 8),
          encode: (number) => number.toString(8).padStart(4, "0")
        })
      )
    )
  )
