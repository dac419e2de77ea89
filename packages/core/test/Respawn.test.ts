import * as Respawn from "@clinit/core/Respawn"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

/** A throttle like the original's but for this. */
const throttleWith = (numbers: Partial<Respawn.Throttle>): Respawn.Throttle => ({
  ...Respawn.defaultThrottle,
  ...numbers
})

/** Without jitter: this is the middle of it. */
const middle = 0.5

const pauseOf = ({ next }: Respawn.Verdict): number => next._tag === "Pause" ? next.millis : 0

/** Simulates an entry whose runs last this long; returns when each run starts, up to the one that it is given up after. */
const starts = (
  runs: ReadonlyArray<number>,
  throttle = Respawn.defaultThrottle,
  random: (run: number) => number = () => middle
) => {
  const times: Array<number> = []
  let now = 0
  let history = Respawn.noDeaths
  for (const [index, run] of runs.entries()) {
    times.push(now)
    now += run
    const verdict = Respawn.afterDeath(throttle, history, { atMillis: now, ranMillis: run }, random(index))
    history = verdict.history
    if (verdict.next._tag === "GiveUp") break
    now += pauseOf(verdict)
  }
  return times
}

/** The pauses between runs that last this long. */
const pauses = (
  runs: ReadonlyArray<number>,
  throttle: Respawn.Throttle,
  random?: (run: number) => number
): ReadonlyArray<number> => {
  const times = starts([...runs, 0], throttle, random)
  return times.slice(1).map((time, index) => time - times[index]! - runs[index]!).filter((millis) =>
    millis > 0
  )
}

/** The first verdicts on starts that are refused one after another. */
const refusals = (count: number, throttle: Respawn.Throttle, random = middle) => {
  let history = Respawn.noDeaths
  return Array.from({ length: count }, () => {
    const verdict = Respawn.afterRefusal(throttle, history, random)
    history = verdict.history
    return verdict.next._tag === "Pause" ? verdict.next.millis : verdict.next._tag
  })
}

/** The hits after deaths with these times between them; the first counts for nothing. */
const hitsAfter = (...elapsed: ReadonlyArray<number>) => {
  let now = 0
  const died = (history: Respawn.History, ranMillis: number) =>
    Respawn.afterDeath(Respawn.defaultThrottle, history, { atMillis: now, ranMillis }, middle).history
  let history = died(Respawn.noDeaths, 0)
  for (const millis of elapsed) {
    now += millis
    history = died(history, millis)
  }
  return history.hits
}

const many = <A>(count: number, value: A): ReadonlyArray<A> => Array.from({ length: count }, () => value)

describe("by example, the original's throttle", () => {
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

describe("by example, what settings make of it", () => {
  it("other hits, window and pause make other numbers of the same throttle", () => {
    const throttle = throttleWith({ hits: 1, windowMillis: 5_000, pauseMillis: 10_000 })
    assert.deepStrictEqual(starts(many(7, 4_000), throttle), [
      0,
      4_000,
      8_000,
      22_000,
      26_000,
      40_000,
      44_000
    ])
  })

  it("with 0 hits every quick death makes a pause", () => {
    const throttle = throttleWith({ hits: 0, pauseMillis: 10_000 })
    assert.deepStrictEqual(starts(many(6, 0), throttle), [0, 0, 10_000, 10_000, 20_000, 20_000])
  })

  it("a factor makes each pause in a row longer, up to the cap", () => {
    const throttle = throttleWith({ hits: 0, pauseMillis: 1_000, factor: 3, capMillis: 20_000 })
    assert.deepStrictEqual(pauses(many(12, 0), throttle), [1_000, 3_000, 9_000, 20_000, 20_000, 20_000])
  })

  it("a cap below the pause counts for the first as well", () => {
    assert.deepStrictEqual(pauses(many(2, 0), throttleWith({ hits: 0, capMillis: 5_000 })), [5_000])
  })

  it("chance makes pauses shorter or longer by the jitter at most", () => {
    const throttle = throttleWith({ hits: 0, pauseMillis: 10_000, jitter: 0.2 })
    const chance = [0, 0, 0, 0.5, 0, 0.999_999_99]
    assert.deepStrictEqual(pauses(many(6, 0), throttle, (run) => chance[run]!), [8_000, 10_000, 12_000])
  })

  it("pauses are in a row until no quick death counts any more", () => {
    const throttle = throttleWith({ hits: 1, pauseMillis: 2_000, factor: 2 })
    // Hits after each death: 0 1 2, 1 2, 1 0, 1 2.
    assert.deepStrictEqual(pauses([0, 0, 0, 0, 0, 5_000, 5_000, 0, 0], throttle), [2_000, 4_000, 2_000])
  })

  it("a pause by itself does not end the row: the run after it must have lived as long as the window", () => {
    const throttle = throttleWith({ hits: 0, pauseMillis: 2_000, factor: 2 })
    assert.deepStrictEqual(pauses([0, 0, 999, 0, 0, 0], throttle), [2_000, 4_000, 8_000])
    assert.deepStrictEqual(pauses([0, 0, 1_000, 0, 0, 0], throttle), [2_000, 2_000, 4_000])
  })

  it("a run that was stable makes everything forgotten, its own death included", () => {
    const throttle = throttleWith({ hits: 2, pauseMillis: 60_000, factor: 2, stableMillis: 10_000 })
    const crashing = many(4, 0)
    assert.deepStrictEqual(pauses([...crashing, 10_000, 0, 0, 0], throttle), [60_000, 60_000])
    assert.deepStrictEqual(pauses([...crashing, 9_999, 0, 0, 0], throttle), [60_000, 120_000, 240_000])
  })

  it("a run can be stable that is shorter than the window", () => {
    const throttle = throttleWith({ hits: 0, windowMillis: 60_000, stableMillis: 5_000 })
    assert.deepStrictEqual(pauses(many(9, 5_000), throttle), [])
    assert.deepStrictEqual(pauses(many(2, 4_999), throttle), [60_000])
  })

  it("the entry is given up instead of the N-th pause in a row", () => {
    assert.deepStrictEqual(starts(many(99, 0), throttleWith({ giveUp: 3 })), [
      ...many(7, 0),
      ...many(2, 60_000),
      ...many(2, 120_000)
    ])
    assert.deepStrictEqual(starts(many(99, 0), throttleWith({ giveUp: 1 })), many(7, 0))
  })

  it("a pause of no time counts as one of the row", () => {
    assert.deepStrictEqual(
      starts(many(99, 0), throttleWith({ hits: 1, pauseMillis: 0, giveUp: 3 })),
      many(5, 0)
    )
  })

  it("refused starts make pauses of 1, 2, 4 s up to the pause, whatever the window and the factor", () => {
    const throttle = throttleWith({ pauseMillis: 10_000, windowMillis: 7_000, factor: 10 })
    assert.deepStrictEqual(refusals(6, throttle), [1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
    assert.deepStrictEqual(refusals(3, throttleWith({ pauseMillis: 300 })), [300, 300, 300])
  })

  it("refused starts have cap and jitter, too, and are pauses in a row for who gives up", () => {
    const throttle = throttleWith({ capMillis: 3_000, jitter: 0.5, giveUp: 4 })
    assert.deepStrictEqual(refusals(4, throttle, 0), [500, 1_000, 1_500, "GiveUp"])
  })

  it("settings that an entry has replace the original's numbers one by one", () => {
    assert.deepStrictEqual(Respawn.throttleOf({}), Respawn.defaultThrottle)
    assert.deepStrictEqual(
      Respawn.throttleOf({ settings: { "respawn.hits": 0, "respawn.give-up": 3, "respawn.stable": 5_000 } }),
      throttleWith({ hits: 0, giveUp: 3, stableMillis: 5_000 })
    )
    assert.deepStrictEqual(
      Respawn.throttleOf({
        settings: {
          "respawn.window": 2_000,
          "respawn.pause": 3_000,
          "respawn.factor": 1.5,
          "respawn.cap": 4_000,
          "respawn.jitter": 10
        }
      }),
      throttleWith({ windowMillis: 2_000, pauseMillis: 3_000, factor: 1.5, capMillis: 4_000, jitter: 0.1 })
    )
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

  const Counts = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))
  const Millis = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400_000_000 }))
  const Chance = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.999_999 }))
  const Throttle = Schema.Struct({
    windowMillis: Millis,
    hits: Schema.Literals([0, 1, 5, 1_000_000]),
    pauseMillis: Millis,
    factor: Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 100 })),
    capMillis: Millis,
    jitter: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
    stableMillis: Millis,
    giveUp: Schema.Literals([1, 2, 1_000_000])
  })
  const history = (pauses: number, hits = 1_000_001): Respawn.History => ({
    lastDeathMillis: 0,
    hits,
    pauses,
    refusals: pauses
  })
  /** A verdict on a death, so quick that it makes a pause whatever the hits are, after so many pauses. */
  const onDeath = (throttle: Respawn.Throttle, pauses: number, random: number) =>
    Respawn.afterDeath(
      { ...throttle, windowMillis: 1, stableMillis: Infinity },
      history(pauses),
      { atMillis: 0, ranMillis: 0 },
      random
    ).next

  /** What settings can say, and what the default is. */
  const longestMillis = 86_400_000_000

  it.prop(
    "no pause is shorter or longer than the jitter permits, however huge its number and the factor are",
    [Throttle, Counts, Chance],
    ([throttle, count, random]) => {
      const next = onDeath({ ...throttle, giveUp: Infinity }, count, random)
      if (next._tag !== "Pause") return assert.fail(next._tag)
      const { capMillis, jitter, pauseMillis } = throttle
      assert.isAtLeast(next.millis, Math.min(pauseMillis, capMillis) * (1 - jitter) - 1)
      assert.isAtMost(next.millis, Math.min(capMillis, longestMillis) * (1 + jitter) + 1)
      assert.isTrue(Number.isInteger(next.millis))
    }
  )

  it.prop(
    "without jitter no pause is shorter than the one before",
    [Throttle, Counts],
    ([throttle, count]) => {
      const calm = { ...throttle, jitter: 0, giveUp: Infinity }
      const [one, next] = [onDeath(calm, count, middle), onDeath(calm, count + 1, middle)]
      if (one._tag !== "Pause" || next._tag !== "Pause") return assert.fail(`${one._tag}, ${next._tag}`)
      assert.isAtLeast(next.millis, one.millis)
    }
  )

  it.prop(
    "refusals never pause longer than a death would",
    [Throttle, Counts, Chance],
    ([throttle, count, random]) => {
      const calm = { ...throttle, giveUp: Infinity }
      const [refused, died] = [
        Respawn.afterRefusal(calm, history(count), random).next,
        onDeath(calm, count, random)
      ]
      if (refused._tag !== "Pause" || died._tag !== "Pause") {
        return assert.fail(
          `${refused._tag}, ${died._tag}`
        )
      }
      assert.isAtMost(refused.millis, died.millis)
      assert.isTrue(Number.isInteger(refused.millis))
    }
  )

  it.prop(
    "an entry is given up exactly at the pause with that number",
    [Throttle, Counts],
    ([throttle, count]) => {
      const given = onDeath(throttle, count, middle)._tag === "GiveUp"
      assert.strictEqual(given, count + 1 >= throttle.giveUp)
    }
  )

  it.prop("an entry pauses exactly when its hits exceed five", [Elapsed], ([elapsed]) => {
    let now = 0
    let history = Respawn.noDeaths
    for (const millis of elapsed) {
      now += millis
      const death = { atMillis: now, ranMillis: millis }
      const verdict = Respawn.afterDeath(Respawn.defaultThrottle, history, death, middle)
      history = verdict.history
      assert.strictEqual(pauseOf(verdict), history.hits > 5 ? 60_000 : 0)
      assert.strictEqual(history.lastDeathMillis, now)
    }
  })

  it.prop("when the clock started makes no difference", [Elapsed, Schema.Int], ([elapsed, epoch]) => {
    let now = 0
    let here = Respawn.noDeaths
    let there = Respawn.noDeaths
    for (const ranMillis of elapsed) {
      now += ranMillis
      const at = (atMillis: number, history: Respawn.History) =>
        Respawn.afterDeath(Respawn.defaultThrottle, history, { atMillis, ranMillis }, middle).history
      here = at(now, here)
      there = at(now + epoch, there)
      assert.strictEqual(there.hits, here.hits)
    }
  })

  it("a run that has lived for a second is started again before first starts, a brief one after them", () => {
    assert.strictEqual(Respawn.urgencyAfter({ ranMillis: 1_000 }), "again")
    assert.strictEqual(Respawn.urgencyAfter({ ranMillis: 999 }), "looping")
  })
})
