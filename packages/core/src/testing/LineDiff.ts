/** A line, and whether both have it. */
export interface DiffLine {
  readonly sign: " " | "-" | "+"
  readonly line: string
}

/** At each pair of places how many lines the rests from there on have in common, in their order. */
const commonRests = (
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>
): ReadonlyArray<ReadonlyArray<number>> => {
  const rows = Array.from({ length: before.length + 1 }, () => Array.from(after, () => 0).concat(0))
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      rows[row]![column] = before[row] === after[column]
        ? rows[row + 1]![column + 1]! + 1
        : Math.max(rows[row + 1]![column]!, rows[row]![column + 1]!)
    }
  }
  return rows
}

/** Beyond this product of lengths what is in common is not looked for: it would take too much memory. */
const mostPairs = 4_000_000

const marked = (sign: DiffLine["sign"], lines: ReadonlyArray<string>): ReadonlyArray<DiffLine> =>
  lines.map((line) => ({ sign, line }))

const between = (
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>
): ReadonlyArray<DiffLine> => {
  if (before.length * after.length > mostPairs) return [...marked("-", before), ...marked("+", after)]
  const rests = commonRests(before, after)
  const lines: Array<DiffLine> = []
  let row = 0
  let column = 0
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      lines.push({ sign: " ", line: before[row++]! })
      column++
    } else if (rests[row + 1]![column]! >= rests[row]![column + 1]!) {
      lines.push({ sign: "-", line: before[row++]! })
    } else lines.push({ sign: "+", line: after[column++]! })
  }
  return [...lines, ...marked("-", before.slice(row)), ...marked("+", after.slice(column))]
}

/**
 * All lines of both, with as many as possible in common, unless thousands differ; where they differ, those of `before` come
 * first.
 */
export const diff = (
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>
): ReadonlyArray<DiffLine> => {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before[start] === after[start]) start++
  let ending = 0
  while (ending < shorter - start && before.at(-1 - ending) === after.at(-1 - ending)) ending++
  const middle = (lines: ReadonlyArray<string>) => lines.slice(start, lines.length - ending)
  return [
    ...marked(" ", before.slice(0, start)),
    ...between(middle(before), middle(after)),
    ...marked(" ", before.slice(before.length - ending))
  ]
}
