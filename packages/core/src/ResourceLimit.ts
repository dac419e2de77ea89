import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { Value } from "./SettingValue.ts"
import * as SettingValue from "./SettingValue.ts"

/** The limits of getrlimit(2), by the names that prlimit(1) gives them. */
export const names = [
  "as",
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack"
] as const
export type Name = typeof names[number]

const Bound = Schema.Union([
  Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10 ** 15 - 1 })),
  Schema.Literal("unlimited")
])
type Bound = typeof Bound.Type

/** A soft and a hard limit, in the limit's own unit: bytes, seconds, or a count. */
export const ResourceLimit = Schema.Struct({ soft: Bound, hard: Bound }).check(
  Schema.makeFilter(({ hard, soft }) => hard === "unlimited" || (soft !== "unlimited" && soft <= hard))
)
export type ResourceLimit = typeof ResourceLimit.Type

const factors: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

const readBound = (text: string): Bound => {
  if (text === "unlimited") return text
  const [, digits = "", suffix = ""] = /^(\d+)([KMGT]?)$/.exec(text) ?? []
  return Number(digits) * factors[suffix]!
}

const bound = String.raw`(?:unlimited|\d{1,15}[KMGT]?)`

/** `SOFT:HARD`, or one for both; a number with K, M, G or T is so many times a power of 1024. */
export const value: Value<ResourceLimit> = SettingValue.of(
  "a limit such as 1024, 64M, 1024:4096 or unlimited, the soft one not above the hard one",
  Schema.String.check(Schema.isPattern(new RegExp(`^${bound}(?::${bound})?$`))).pipe(
    Schema.decodeTo(
      ResourceLimit,
      SchemaTransformation.transform({
        decode: (text) => {
          const [soft = "", hard = soft] = text.split(":")
          return { soft: readBound(soft), hard: readBound(hard) }
        },
        encode: ({ hard, soft }) => hard === soft ? String(soft) : `${soft}:${hard}`
      })
    )
  ),
  (text) => {
    const [, number, unit] = /^(\d+) ?([kmgt])i?b?$/i.exec(text) ?? []
    return unit === undefined ? undefined : `did you mean ${number}${unit.toUpperCase()}?`
  }
)
