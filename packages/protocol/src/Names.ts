import * as Schema from "effect/Schema"

// White space would shift the fields of the status file. Control characters, and those that turn the direction of
// writing round, would reach terminals; half a surrogate pair cannot be written as UTF-8.
const barred = String.raw`\s\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069`

/** A character that no name may have. */
export const forbidden = new RegExp(`[${barred}]`, "u")

/** The checks of a name that messages call so: not empty, and no character that is forbidden. */
export const plain = (what: string) =>
  [
    Schema.isNonEmpty({ message: `${what} is empty` }),
    Schema.isPattern(new RegExp(`^[^${barred}]*$`, "u"), {
      message: `${what} has white space or a control character`
    })
  ] as const

/** A resource group's name: not empty, without white space and control characters. Compared literally. */
export const GroupName = Schema.String.check(...plain("the group name")).pipe(Schema.brand("GroupName"))
export type GroupName = typeof GroupName.Type

/** A runlevel's name: not empty, without white space and control characters. No name is reserved. */
export const Level = Schema.String.check(...plain("the level")).pipe(Schema.brand("Level"))
export type Level = typeof Level.Type

/** An entry's name, unique in its cltab: not empty, without white space and control characters. */
export const Tag = Schema.String.check(...plain("the tag")).pipe(Schema.brand("Tag"))
export type Tag = typeof Tag.Type

/** How an entry is run. */
export const Mode = Schema.Literals(["once", "wait", "respawn", "off", "test"])
export type Mode = typeof Mode.Type
