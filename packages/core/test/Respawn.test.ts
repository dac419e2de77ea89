import * as Respawn from "@clinit/core/Respawn"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

/** Simulates an entry whose runs last this long; returns when each run starts. */
const starts = (runs: ReadonlyArray<number>, throttle = Respawn.defaultThrottle) => {
  const times: Array<number> = []
  let now = 0
  let history = Respawn.noDeaths
  for (const run of runs) {
    times.push(now)
    now += run
    const verdict = Respawn.afterDeath(throttle, history, now)
    history = verdict.history
    now += verdict.pauseMillis
  }
  return times
}

/** The hits after deaths with these times between them; the first counts for nothing. */
const hitsAfter = (...elapsed: ReadonlyArray<number>) => {
  let now = 0
  let { history } = Respawn.afterDeath(Respawn.defaultThrottle, Respawn.noDeaths, now)
  for (const millis of elapsed) {
    now += millis
    history = Respawn.afterDeath(Respawn.defaultThrottle, history, now).history
  }
  return history.hits
}

const many = <A>(count: number, value: A): ReadonlyArray<A> => Array.from({ length: count }, () => value)

describe("by example", () => {
  it("a command that ends at once runs 7 times, then twice after each pause of 60 s", () => {
    assert.deepStrictEqual(starts(many(13, 0)), [
      ...many(7, 0),
      ...many(2, 60_000),
      ...many(2, 120_000),
      ...many(2, 180_000)
    ])
  })

  it("the pause is counted from the death", () => {
    assert.deepStrictEqual(starts(many(10, 500)), [
      0,
      500,
      1_000,
      1_500,
      2_000,
      2_500,
      3_000,
      63_500,
      64_000,
      124_500
    ])
  })

  it("a command that lives longer than a second is never throttled", () => {
    assert.deepStrictEqual(starts(many(100, 1_001)), many(100, 0).map((_, index) => index * 1_001))
  })

  it("the first death is no quick one, not even at time 0", () => {
    assert.strictEqual(hitsAfter(), 0)
  })

  it("a quick death counts one more", () => {
    assert.strictEqual(hitsAfter(0), 1)
    assert.strictEqual(hitsAfter(0, 500, 999), 3)
  })

  it("a slow death takes one away, but no more than there are", () => {
    assert.strictEqual(hitsAfter(0, 0, 1_001), 1)
    assert.strictEqual(hitsAfter(0, 0, 3_600_000), 1)
    assert.strictEqual(hitsAfter(0, 2_000, 2_000, 2_000, 0), 1)
  })

  it("a death exactly a second after the one before changes nothing", () => {
    assert.strictEqual(hitsAfter(0, 0, 1_000), 2)
    assert.strictEqual(hitsAfter(1_000), 0)
  })

  it("two quick deaths for each slow one trip the throttle in the end", () => {
    const runs = many(20, [0, 0, 2_000]).flat()
    const times = starts(runs)
    const pauses = times.filter((time, index) => index > 0 && time - times[index - 1]! - runs[index - 1]! > 0)
    // Hits after each death: 0 1 0, 1 2 1, 2 3 2, 3 4 3, 4 5 4, 5 6.
    assert.strictEqual(pauses[0], times[17])
    assert.strictEqual(times[17]! - times[16]!, 60_000)
  })
})

describe("by property", () => {
  const Elapsed = Schema.Array(Schema.Literals([0, 1, 999, 1_000, 1_001, 60_000]))

  it.prop("hits are never negative and change by at most one", [Elapsed], ([elapsed]) => {
    elapsed.forEach((_, index) => {
      const before = hitsAfter(...elapsed.slice(0, index))
      const after = hitsAfter(...elapsed.slice(0, index + 1))
      assert.isAtLeast(after, 0)
      assert.isAtMost(Math.abs(after - before), 1)
    })
  })

  it.prop("an entry pauses exactly when its hits exceed five", [Elapsed], ([elapsed]) => {
    let now = 0
    let history = Respawn.noDeaths
    for (const millis of elapsed) {
      now += millis
      const verdict = Respawn.afterDeath(Respawn.defaultThrottle, history, now)
      history = verdict.history
      assert.strictEqual(verdict.pauseMillis, history.hits > 5 ? 60_000 : 0)
      assert.strictEqual(history.lastDeathMillis, now)
    }
  })

  it.prop("when the clock started makes no difference", [Elapsed, Schema.Int], ([elapsed, epoch]) => {
    let now = 0
    let here = Respawn.noDeaths
    let there = Respawn.noDeaths
    for (const millis of elapsed) {
      now += millis
      here = Respawn.afterDeath(Respawn.defaultThrottle, here, now).history
      there = Respawn.afterDeath(Respawn.defaultThrottle, there, now + epoch).history
      assert.strictEqual(there.hits, here.hits)
    }
  })
})
