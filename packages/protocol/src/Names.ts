import * as Schema from "effect/Schema"
import { barred } from "./NamePattern.ts"

export { forbidden } from "./NamePattern.ts"

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
