import type { Diagnostic } from "@clinit/protocol/Diagnostic"
import * as CltabEntry from "./CltabEntry.ts"
import type { Entry } from "./CltabEntry.ts"
import { escape, quote } from "./Quotation.ts"
import * as SourceLine from "./SourceLine.ts"
import { editDistance } from "./Suggestion.ts"

/** A word of a level list that may be meant as a level. */
interface Word {
  readonly text: string
  /** Where in the list it stands, in UTF-16 units from 0. */
  readonly offset: number
}

const isWord = (text: string): boolean => text.length <= 32 && (text.match(/\p{L}/gu)?.length ?? 0) >= 3

/** The words of a list; of one without a comma the whole, which may also be meant as a list of characters. */
const wordsOf = (levels: string): ReadonlyArray<Word> => {
  let offset = 0
  const words = new Map<string, Word>()
  for (const text of levels.split(",")) {
    if (isWord(text) && !words.has(text)) words.set(text, { text, offset })
    offset += text.length + 1
  }
  return [...words.values()]
}

/** True if the list cannot be meant as one of characters: it has a comma, or says a character twice. */
const hasWords = (levels: string): boolean =>
  levels.includes(",") || new Set(levels).size < Array.from(levels).length

/** The levels of one group: which entries have each, and whether one of them can only mean it as a word. */
type Levels = ReadonlyMap<string, { readonly entries: ReadonlyArray<Entry>; readonly isCertain: boolean }>

const levelsOf = (entries: ReadonlyArray<Entry>): Levels => {
  const levels = new Map<string, { readonly entries: Array<Entry>; isCertain: boolean }>()
  for (const entry of entries) {
    const isCertain = hasWords(entry.levels)
    for (const { text } of wordsOf(entry.levels)) {
      const level = levels.get(text)
      if (level === undefined) levels.set(text, { entries: [entry], isCertain })
      else {
        level.entries.push(entry)
        level.isCertain ||= isCertain
      }
    }
  }
  return levels
}

const withoutDigits = (text: string): string => text.replaceAll(/\p{N}/gu, "")

const firstDifference = (one: string, other: string): number => {
  let index = 0
  while (index < one.length && one[index] === other[index]) index++
  return index
}

/** Whether the texts have the same length and differ in a single place. */
const differInOneLetter = (one: string, other: string): boolean => {
  if (one === other || one.length !== other.length) return false
  const index = firstDifference(one, other)
  return one.slice(index + 1) === other.slice(index + 1)
}

const keyboardRows = ["qwertyuiop", "asdfghjkl", "zxcvbnm"]

/**
 * Whether another letter at this place is a slip rather than another word, as in jan and jun: the keys are neighbours, or
 * it is in the middle of a long word.
 */
const isMistyped = (level: string, other: string, index: number): boolean => {
  const keys = `${level[index]}${other[index]}`.toLowerCase()
  const reversed = `${keys[1]}${keys[0]}`
  return keyboardRows.some((row) => row.includes(keys) || row.includes(reversed)) ||
    (level.length >= 7 && index < level.length - 1)
}

/** True of the last letter of `zone-a`, `node1a` and `siteA`: it counts, as digits do. */
const isCounter = (text: string, index: number): boolean =>
  index === text.length - 1 && /(?:[^\p{L}]\p{L}|[\p{Ll}]\p{Lu})$/u.test(text)

/** Whether the level is so near to the other that it is probably a slip of it. */
const isSlip = (level: string, other: string, levels: Levels): boolean => {
  if (Math.abs(level.length - other.length) > 1) return false
  if (level.toLowerCase() === other.toLowerCase()) return true
  if (editDistance(level.toLowerCase(), other.toLowerCase()) > 1) return false
  // Words that only differ in digits are different on purpose.
  if (withoutDigits(level) === withoutDigits(other)) return false
  const index = firstDifference(level, other)
  if (isCounter(level.length < other.length ? other : level, index)) return false
  if (!differInOneLetter(level, other)) return true
  // Words of which several differ in a letter are different on purpose, too.
  return isMistyped(level, other, index) &&
    [...levels.keys()].every((each) =>
      each === level || each === other || !(differInOneLetter(each, other) || differInOneLetter(each, level))
    )
}

// A file with thousands of levels is looked through in a moment rather than an hour: this many pairs are compared.
const patience = 200_000

const ofGroup = (
  lines: ReadonlyArray<SourceLine.SourceLine>,
  entries: ReadonlyArray<Entry>,
  work: { left: number }
): ReadonlyArray<Diagnostic> => {
  const levels = levelsOf(entries)
  const common = [...levels].flatMap(([level, { entries, isCertain }]) =>
    entries.length >= 2 ? [{ level, isCertain }] : []
  )
  if (common.length === 0) return []
  return entries.flatMap((entry) => {
    const words = wordsOf(entry.levels)
    return words.flatMap(({ offset, text }) => {
      const level = levels.get(text)!
      if (level.entries.length > 1) return []
      work.left -= common.length
      if (work.left < 0) return []
      const meant = common.find((other) =>
        (level.isCertain || other.isCertain) && !words.some((word) => word.text === other.level) &&
        isSlip(text, other.level, levels)
      )
      if (meant === undefined) return []
      const line = lines[entry.line - 1]!
      const index = CltabEntry.fieldStarts(line.text)[2]! + offset
      const message = `no other entry of the group has the level ${quote(text)}`
      return [SourceLine.warning(line, index, message, `did you mean ${escape(meant.level)}?`)]
    })
  })
}

/**
 * Warns of each level that only one entry of its group has and that looks like a slip of one that several have. Lists
 * without commas are taken for words only if they cannot be meant as lists of characters, or if another entry has the
 * word for certain.
 */
export const check = (
  lines: ReadonlyArray<SourceLine.SourceLine>,
  entries: ReadonlyArray<Entry>
): ReadonlyArray<Diagnostic> => {
  const groups = Map.groupBy(entries, ({ group }) => group)
  const work = { left: patience }
  return [...groups.values()].flatMap((entries) => ofGroup(lines, entries, work))
}
