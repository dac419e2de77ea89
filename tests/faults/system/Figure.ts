/** Something that was measured, and between what it has to be. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: "ms" | "s" | "MiB" | "%" | ""
  readonly atLeast?: number
  readonly atMost?: number
}

export const isGood = ({ atLeast, atMost, value }: Figure): boolean =>
  value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity)

const bounds = ({ atLeast, atMost }: Figure): string =>
  [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`])
  ].join(", ")

/** A line for people. */
export const print = (figure: Figure): string => {
  const value = Number.isInteger(figure.value) ? String(figure.value) : figure.value.toFixed(1)
  const verdict = isGood(figure) ? "ok  " : "FAIL"
  const limits = bounds(figure)
  return `${verdict} ${`${value} ${figure.unit}`.padStart(11)}  ${figure.what}${limits && ` (${limits})`}`
}
