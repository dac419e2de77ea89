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

/**
 * All lines of both, with as many as possible in common; where they differ, those of `before` come first. Takes time
 * and memory with the product of their lengths, but for what both begin with.
 */
export const diff = (
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>
): ReadonlyArray<DiffLine> => {
  const differing = before.findIndex((line, index) => line !== after[index])
  const start = differing === -1 ? before.length : differing
  const [old, fresh] = [before.slice(start), after.slice(start)]
  const rests = commonRests(old, fresh)
  const lines: Array<DiffLine> = before.slice(0, start).map((line) => ({ sign: " ", line }))
  let row = 0
  let column = 0
  while (row < old.length || column < fresh.length) {
    if (row < old.length && column < fresh.length && old[row] === fresh[column]) {
      lines.push({ sign: " ", line: old[row++]! })
      column++
    } else if (
      row < old.length && (column === fresh.length || rests[row + 1]![column]! >= rests[row]![column + 1]!)
    ) {
      lines.push({ sign: "-", line: old[row++]! })
    } else lines.push({ sign: "+", line: fresh[column++]! })
  }
  return lines
}
