import type { ArgumentDescriptor, FlagDescriptor } from "effect/cli/Completions"

/** What can be looked up to complete a value. */
export type Kind = "group" | "entry" | "level" | "signal" | "file"

/**
 * What the values of text are, by the names that their definitions give to arguments: one list for each value of an
 * argument that takes several, and none for what is not completed. A test sees to it that all text is here.
 */
export const byArgument: Readonly<Record<string, ReadonlyArray<ReadonlyArray<Kind>>>> = {
  "[group] level": [["group", "level"], ["level"]],
  "group level": [["group"], ["level"]],
  "group": [["group"]],
  "group[/tag]": [["group", "entry"]],
  "group/tag": [["entry"]],
  "level": [["level"]],
  "signal": [["signal"]],
  "file": [["file"]],
  "line": []
}

/** The same by the names of flags. */
export const byFlag: Readonly<Record<string, ReadonlyArray<Kind>>> = {
  "cltab": ["file"],
  "socket": ["file"],
  "level": ["level"],
  "tell": ["group"],
  "exit-with": ["group", "entry"]
}

/** What value number `index` of the argument is. */
export const ofArgument = ({ name, type }: ArgumentDescriptor, index: number): ReadonlyArray<Kind> => {
  if (type._tag === "Path") return ["file"]
  const kinds = Object.hasOwn(byArgument, name) ? byArgument[name]! : []
  // The same again and again, if there is but one.
  return kinds[kinds.length === 1 ? 0 : index] ?? []
}

/** What the flag's value is. */
export const ofFlag = ({ name, type }: FlagDescriptor): ReadonlyArray<Kind> => {
  if (type._tag === "Path") return ["file"]
  return Object.hasOwn(byFlag, name) ? byFlag[name]! : []
}
