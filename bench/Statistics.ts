/** What was measured of one thing, in the order in which it was. */
export interface Sample {
  readonly values: ReadonlyArray<number>
  readonly median: number
  readonly min: number
  readonly max: number
}

export const sample = (values: ReadonlyArray<number>): Sample => {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { values, median, min: sorted[0]!, max: sorted.at(-1)! }
}

/** The exponent with which the value grows between two sizes: 1 is linear, 0 does not grow. */
export const slope = (one: readonly [number, number], other: readonly [number, number]): number =>
  Math.log(other[1] / one[1]) / Math.log(other[0] / one[0])
