import { expect } from "@effect/vitest"
import { setTimeout as delay } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"

const pollMillis = 20

/** Long enough for a loaded machine; nothing that works comes near it. */
const patienceSeconds = 20

/** Polls until the probe returns something other than `undefined` or `false`, and returns that. */
export const until = async <A>(
  what: string,
  probe: () => A | Promise<A>,
  seconds = patienceSeconds
): Promise<Exclude<A, undefined | false>> => {
  const deadline = performance.now() + seconds * 1_000
  while (true) {
    const value = await probe()
    if (value !== undefined && value !== false) return value as Exclude<A, undefined | false>
    if (performance.now() > deadline) throw new Error(`gave up after ${seconds} s waiting until ${what}`)
    await delay(pollMillis)
  }
}

/** Polls until the probe's value equals what is expected; fails with the difference to the last value. */
export const eventually = async <A>(
  probe: () => A | Promise<A>,
  expected: A,
  seconds = patienceSeconds
): Promise<void> => {
  const deadline = performance.now() + seconds * 1_000
  while (true) {
    const value = await probe()
    if (isDeepStrictEqual(value, expected)) return
    if (performance.now() > deadline) {
      return expect(value, `after ${seconds} s`).toEqual(expected)
    }
    await delay(pollMillis)
  }
}
