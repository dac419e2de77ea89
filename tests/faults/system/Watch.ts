import { setTimeout as delay } from "node:timers/promises"
import type { Scratch } from "../../../packages/cli/test/support/Scratch.ts"

/** How long questions took while it lasted, in milliseconds, and how often one had to be asked again. */
export interface Latencies {
  readonly count: number
  readonly refused: number
  readonly median: number
  readonly worst: number
}

/**
 * Asks the daemon for its status again and again, over a connection each, until the work is done. Who is refused asks
 * again; that counts as the same question.
 */
export const whileAsking = async <A>(
  scratch: Scratch,
  work: () => Promise<A>
): Promise<readonly [A, Latencies]> => {
  const millis: Array<number> = []
  const done = new AbortController()
  let refused = 0
  const ask = () => scratch.status().catch(() => void refused++)
  const asking = (async () => {
    while (!done.signal.aborted) {
      const began = performance.now()
      while (await ask() === undefined) await delay(20)
      millis.push(performance.now() - began)
      await delay(20)
    }
  })()
  const result = await work().finally(() => done.abort())
  await asking
  const sorted = millis.toSorted((one, other) => one - other)
  return [result, {
    count: sorted.length,
    refused,
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    worst: sorted.at(-1) ?? 0
  }]
}

/** Seconds that the work took. */
export const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1_000
}
