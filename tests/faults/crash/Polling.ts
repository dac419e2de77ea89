import { setTimeout as delay } from "node:timers/promises"

const pollMillis = 10

/** Polls until the probe returns something other than `undefined` or `false`, and returns that. */
export const until = async <A>(
  what: string,
  probe: () => A | Promise<A>,
  seconds = 30
): Promise<Exclude<A, undefined | false>> => {
  const deadline = performance.now() + seconds * 1_000
  while (true) {
    const value = await probe()
    if (value !== undefined && value !== false) return value as Exclude<A, undefined | false>
    if (performance.now() > deadline) throw new Error(`gave up after ${seconds} s waiting until ${what}`)
    await delay(pollMillis)
  }
}

/** Polls until the complaint is nothing, twice in a row with some time between; fails with the most frequent ones. */
export const untilContent = async (
  complaint: () => Promise<string | undefined>,
  seconds: number
): Promise<void> => {
  const deadline = performance.now() + seconds * 1_000
  let contentSince: number | undefined
  const counts = new Map<string, number>()
  while (true) {
    const last = await complaint()
    const now = performance.now()
    contentSince = last === undefined ? contentSince ?? now : undefined
    if (contentSince !== undefined && now - contentSince >= 60) return
    counts.set(last ?? "nothing", (counts.get(last ?? "nothing") ?? 0) + 1)
    if (last !== undefined && now > deadline) {
      const worst = [...counts].toSorted(([, one], [, other]) => other - one).slice(0, 5)
      throw new Error(`after ${seconds} s:\n${worst.map(([what, times]) => `${times} x ${what}`).join("\n")}`)
    }
    await delay(pollMillis)
  }
}
