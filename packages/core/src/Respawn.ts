/** When deaths in quick succession make an entry pause. All times are in milliseconds. */
export interface Throttle {
  /** A death less than this after the one before is a quick one. */
  readonly quickMillis: number
  /** More quick deaths than this make the entry pause. */
  readonly hits: number
  readonly pauseMillis: number
}

/** The original's numbers (its section 9). */
export const defaultThrottle: Throttle = { quickMillis: 1_000, hits: 5, pauseMillis: 60_000 }

/**
 * What the throttle remembers of an entry: when the last death was, how many quick ones still count, and how often the
 * operating system has refused a start since.
 */
export interface History {
  readonly lastDeathMillis: number
  readonly hits: number
  readonly refusals: number
}

export const noDeaths: History = { lastDeathMillis: Number.NEGATIVE_INFINITY, hits: 0, refusals: 0 }

export interface Verdict {
  readonly history: History
  /** How long to wait before the next start; 0 for at once. */
  readonly pauseMillis: number
}

/**
 * What to do after a death at `nowMillis` of a monotonic clock. A quick death counts one more, a slow one takes
 * one away, so that a mixed pattern can still trip the throttle.
 */
export const afterDeath = (throttle: Throttle, history: History, nowMillis: number): Verdict => {
  const elapsed = nowMillis - history.lastDeathMillis
  const hits = elapsed < throttle.quickMillis ?
    history.hits + 1 :
    elapsed > throttle.quickMillis ?
    Math.max(0, history.hits - 1) :
    history.hits
  return {
    history: { lastDeathMillis: nowMillis, hits, refusals: 0 },
    pauseMillis: hits > throttle.hits ? throttle.pauseMillis : 0
  }
}

/**
 * What to do when the operating system refused a start. Nothing has died, and the cause may be gone in a moment: the
 * pauses begin at `quickMillis` and double up to `pauseMillis`.
 */
export const afterRefusal = ({ pauseMillis, quickMillis }: Throttle, history: History): Verdict => ({
  history: { ...history, refusals: history.refusals + 1 },
  pauseMillis: Math.min(quickMillis * 2 ** history.refusals, pauseMillis)
})
