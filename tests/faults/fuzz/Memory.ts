/** Bytes in use after a collection of garbage. */
export interface Sample {
  readonly heap: number
  readonly rss: number
}

/** Growth from the second fifth of a run to the last that is still noise, in bytes. */
export const bounds: Sample = { heap: 3 * 2 ** 20, rss: 64 * 2 ** 20 }

/** Collects garbage if the process was started with --expose-gc, and looks. */
export const sample = (): Sample => {
  const { gc } = globalThis as { readonly gc?: () => void }
  gc?.()
  const { external, heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
}

const median = (numbers: ReadonlyArray<number>): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN

/** What was in use in the second fifth of a run, when it was warm, and in the last. */
export const compare = (
  samples: ReadonlyArray<Sample>
): { readonly early: Sample; readonly late: Sample } => {
  const fifth = Math.floor(samples.length / 5)
  const middle = (part: ReadonlyArray<Sample>): Sample => ({
    heap: median(part.map(({ heap }) => heap)),
    rss: median(part.map(({ rss }) => rss))
  })
  return { early: middle(samples.slice(fifth, 2 * fifth)), late: middle(samples.slice(-fifth)) }
}

/** What has grown by more than noise; nothing if there are too few samples to tell. */
export const growth = (samples: ReadonlyArray<Sample>): string | undefined => {
  if (samples.length < 10) return undefined
  const { early, late } = compare(samples)
  const grown = (["heap", "rss"] as const).filter((what) => late[what] - early[what] > bounds[what])
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
  return grown.length === 0
    ? undefined
    : `grew: ${
      grown.map((what) => `${what} ${mebibytes(early[what])} -> ${mebibytes(late[what])}`).join(", ")
    }`
}
