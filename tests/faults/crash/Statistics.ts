/** In words: median and maximum of these milliseconds. */
export const spread = (millis: ReadonlyArray<number>): string => {
  const sorted = millis.toSorted((one, other) => one - other)
  const round = (value: number | undefined) => value === undefined ? "-" : value.toFixed(0)
  return `median ${round(sorted[Math.floor(sorted.length / 2)])} ms, max ${
    round(sorted.at(-1))
  } ms (${sorted.length})`
}
