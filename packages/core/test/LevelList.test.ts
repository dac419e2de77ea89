import * as LevelList from "@clinit/core/LevelList"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

const has = (levels: string, ...names: ReadonlyArray<string>) =>
  names.forEach((level) => expect(LevelList.matches(levels, level), `${levels} has ${level}`).toBe(true))

const lacks = (levels: string, ...names: ReadonlyArray<string>) =>
  names.forEach((level) => expect(LevelList.matches(levels, level), `${levels} lacks ${level}`).toBe(false))

describe("a list without commas", () => {
  it("has itself and each of its characters", () => {
    has("12", "1", "2", "12")
    has("long1", "long1", "l", "o", "n", "g", "1")
  })

  it("has neither its parts of several characters nor anything else", () => {
    lacks("12", "21", "3", "112")
    lacks("long1", "lo", "long", "g1", "long12")
  })

  it("has characters, not halves of surrogate pairs", () => {
    has("1😀", "1", "😀")
    lacks("1😀", "\ud83d", "\ude00")
  })
})

describe("a list with a comma", () => {
  it("has itself and each of its words", () => has("ab,cd", "ab,cd", "ab", "cd"))

  it("does not have the characters of its words", () => lacks("ab,cd", "a", "b", ","))

  it("has only one level if the comma ends it", () => {
    has("long3,", "long3", "long3,")
    lacks("long3,", "l", "3", "", "long")
  })
})

it("the level 0 is a level like any other (D1)", () => {
  has("0", "0")
  has("012", "0")
  has("0,1", "0")
  lacks("1", "0")
  lacks("10,1", "0")
})

it("levels are compared literally, not as patterns (D19)", () => {
  lacks("1", ".", "\\d", "[1]", "(", "1*")
  has("a.c", ".", "a.c")
  lacks("abc", "a.c")
  lacks("abc,", "a.c")
  has("(,)", "(", ")")
})

it("case and white space make a difference", () => {
  lacks("abc,", "ABC", "abc ")
  lacks("a", "A")
})

it("the empty text is no level", () => {
  lacks("", "")
  lacks("1", "")
  lacks("a,,b", "")
})

const Text = Schema.String.check(Schema.isPattern(/^[ab,.😀]{0,5}$/u))

const model = (levels: string, level: string): boolean => {
  if (level.length === 0) return false
  if (levels === level) return true
  const names: Array<string> = []
  if (levels.includes(",")) {
    let word = ""
    for (const character of levels) {
      if (character === ",") {
        names.push(word)
        word = ""
      } else word += character
    }
    names.push(word)
  } else {
    for (const character of levels) names.push(character)
  }
  return names.some((name) => name === level)
}

it.prop("matching equals the three rules written out", [Text, Text], ([levels, level]) => {
  expect(LevelList.matches(levels, level)).toBe(model(levels, level))
}, { arbitrary: { runs: 2000 } })

it.prop("every word of a list that is not empty matches", [Schema.Array(Text)], ([words]) => {
  const plain = words.map((word) => word.replaceAll(",", ""))
  for (const word of plain) expect(LevelList.matches(`${plain.join(",")},`, word)).toBe(word !== "")
})
