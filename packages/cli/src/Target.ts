import { GroupName, Level } from "@clinit/protocol/Names"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as os from "node:os"
import { UsageError } from "./CommandError.ts"

/** A level, or a group and a level. */
export type Words = readonly [level: string] | readonly [group: string, level: string]

/** The words of a tell, of which there is at least one. */
export const of = ([first = "", second]: ReadonlyArray<string>): Words =>
  second === undefined ? [first] : [first, second]

/** A group and the level that it shall go to. */
export interface Pair {
  readonly group: GroupName
  readonly level: Level
}

const named = <A>(schema: Schema.Codec<A, string>, text: string) =>
  Effect.mapError(Schema.decodeEffect(schema)(text), (error) => new UsageError({ reason: error.message }))

/** The group, by default the one named like this host, and the level that the words name. */
export const read = Effect.fnUntraced(function*(words: Words) {
  const [groupText, levelText] = words.length === 1 ? [os.hostname(), words[0]] : words
  return { group: yield* named(GroupName, groupText), level: yield* named(Level, levelText) }
})

/** The group and the level of `GROUP:LEVEL`, written as in a cltab, where neither can have a colon. */
export const pair = Effect.fnUntraced(function*(text: string) {
  const [group = "", level, ...more] = text.split(":")
  if (level === undefined || more.length > 0) {
    return yield* new UsageError({ reason: `--tell wants GROUP:LEVEL, not ${text}` })
  }
  return { group: yield* named(GroupName, group), level: yield* named(Level, level) }
})
