import type { Sample } from "./Sample.ts"

/** Memory may grow by so much from the second fifth of the run to the last, whatever the rate. */
const slack = { share: 1.1, kib: 6 * 1024 }

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN

const fifth = (samples: ReadonlyArray<Sample>, index: number) =>
  samples.slice(Math.floor(samples.length * index / 5), Math.floor(samples.length * (index + 1) / 5))

/** By how much a value grows in an hour, by the least squares through the second half of the samples. */
export const slopePerHour = (samples: ReadonlyArray<Sample>, name: "rss" | "dirty"): number => {
  const half = samples.slice(Math.floor(samples.length / 2))
  const mean = (value: (sample: Sample) => number) =>
    half.reduce((sum, sample) => sum + value(sample), 0) / half.length
  const [x, y] = [mean(({ seconds }) => seconds), mean((sample) => sample[name])]
  const covariance = mean((sample) => (sample.seconds - x) * (sample[name] - y))
  return covariance / mean(({ seconds }) => (seconds - x) ** 2) * 3_600
}

/** The medians of the second and the last fifth. */
export const growth = (samples: ReadonlyArray<Sample>, name: "rss" | "dirty") => ({
  early: median(fifth(samples, 1).map((sample) => sample[name])),
  late: median(fifth(samples, 4).map((sample) => sample[name]))
})

/** What is not as it was when all was as calm before, and what grew. */
export const violations = (
  before: Sample,
  after: Sample,
  samples: ReadonlyArray<Sample>
): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (const name of ["descriptors", "threads", "processes", "controlGroups", "files"] as const) {
    if (before[name] !== after[name]) found.push(`${name}: ${before[name]} before and ${after[name]} after`)
  }
  // The numbers of the runs have more digits in the end.
  if (after.ledgerBytes > before.ledgerBytes * 1.2) {
    found.push(`ledger: ${before.ledgerBytes} bytes before and ${after.ledgerBytes} after`)
  }
  for (const name of ["rss", "dirty"] as const) {
    const { early, late } = growth(samples, name)
    if (late > early * slack.share + slack.kib) found.push(`${name} grew from ${early} to ${late} KiB`)
  }
  return found
}
