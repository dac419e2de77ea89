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

const named = <A>(schema: Schema.Codec<A, string>, text: string) =>
  Effect.mapError(Schema.decodeEffect(schema)(text), (error) => new UsageError({ reason: error.message }))

/** The group, by default the one named like this host, and the level that the words name. */
export const read = Effect.fnUntraced(function*(words: Words) {
  const [groupText, levelText] = words.length === 1 ? [os.hostname(), words[0]] : words
  return { group: yield* named(GroupName, groupText), level: yield* named(Level, levelText) }
})
