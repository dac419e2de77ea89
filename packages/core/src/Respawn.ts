import type { Entry } from "./Cltab.ts"
import * as SettingDefaults from "./SettingDefaults.ts"
import * as SettingValue from "./SettingValue.ts"
import type { Urgency } from "./SpawnQueue.ts"

/** When deaths in quick succession, and refused starts, make an entry pause. All times are in milliseconds. */
export interface Throttle {
  /** A death less than this after the one before is a quick one. */
  readonly windowMillis: number
  /** More quick deaths than this make the entry pause; with 0 each does. */
  readonly hits: number
  /** The first pause. */
  readonly pauseMillis: number
  /** By how much each pause in a row is longer than the one before, until they reach `capMillis`. */
  readonly factor: number
  readonly capMillis: number
  /** By which share, from 0 to 1, chance makes a pause shorter or longer. */
  readonly jitter: number
  /** A run that has lived this long is reason to forget all that was before. */
  readonly stableMillis: number
  /** The entry is given up instead of its pause with this number in a row. */
  readonly giveUp: number
}

/** The throttle of an entry with these settings; nothing is left to chance and nobody is given up unless they say so. */
export const throttleOf = ({ settings }: Pick<Entry, "settings">): Throttle => {
  const made = { ...SettingDefaults.values, ...settings }
  return {
    windowMillis: made["respawn.window"],
    hits: made["respawn.hits"],
    pauseMillis: made["respawn.pause"],
    factor: made["respawn.factor"],
    capMillis: made["respawn.cap"] ?? SettingValue.longestMillis,
    jitter: made["respawn.jitter"] / 100,
    stableMillis: made["respawn.stable"] ?? Number.POSITIVE_INFINITY,
    giveUp: made["respawn.give-up"] ?? Number.POSITIVE_INFINITY
  }
}

/** The original's numbers (its section 9): every pause is the same. */
export const defaultThrottle: Throttle = throttleOf({})

/**
 * What the throttle remembers of an entry: when the last death was, how many quick ones still count, how many pauses
 * there were in a row, and how often the operating system has refused a start since the last death.
 */
export interface History {
  readonly lastDeathMillis: number
  readonly hits: number
  readonly pauses: number
  readonly refusals: number
}

export const noDeaths: History = {
  lastDeathMillis: Number.NEGATIVE_INFINITY,
  hits: 0,
  pauses: 0,
  refusals: 0
}

/** What comes next: a start at once, a start after a time, or none. */
export type Next =
  | { readonly _tag: "Start" }
  | { readonly _tag: "Pause"; readonly millis: number }
  | { readonly _tag: "GiveUp" }

export interface Verdict {
  readonly history: History
  readonly next: Next
}

/** A death: when it was on a monotonic clock, and how long the run lived. */
export interface Death {
  readonly atMillis: number
  readonly ranMillis: number
}

/**
 * One pause more in a row, which would last this long but for its cap and for jitter; `random` is a number from 0 up to
 * 1. Whatever is multiplied, dates can show its end.
 */
const pause = (throttle: Throttle, history: History, millis: number, random: number): Verdict => {
  const pauses = history.pauses + 1
  const spread = 1 + throttle.jitter * (2 * random - 1)
  return {
    history: { ...history, pauses },
    next: pauses >= throttle.giveUp
      ? { _tag: "GiveUp" }
      : {
        _tag: "Pause",
        millis: Math.round(Math.min(millis, throttle.capMillis, SettingValue.longestMillis) * spread)
      }
  }
}

/** The times `factor` to the power of `exponent`; nothing stays nothing, however huge the power is. */
const times = (millis: number, factor: number, exponent: number): number =>
  millis === 0 ? 0 : millis * factor ** exponent

/**
 * What to do after a death. A quick one counts one more, a slow one takes one away, so that a mixed pattern can still
 * trip the throttle. Pauses are in a row until no quick death counts any more; but if it is only for a pause that a
 * death was slow, the run having lived less than `windowMillis`, they still are.
 */
export const afterDeath = (
  throttle: Throttle,
  before: History,
  { atMillis, ranMillis }: Death,
  random: number
): Verdict => {
  const past = ranMillis >= throttle.stableMillis ? noDeaths : before
  const elapsed = atMillis - past.lastDeathMillis
  const hits = elapsed < throttle.windowMillis ?
    past.hits + 1 :
    elapsed > throttle.windowMillis ?
    Math.max(0, past.hits - 1) :
    past.hits
  const isOver = hits === 0 && ranMillis >= throttle.windowMillis
  const history = { lastDeathMillis: atMillis, hits, pauses: isOver ? 0 : past.pauses, refusals: 0 }
  return hits > throttle.hits
    ? pause(throttle, history, times(throttle.pauseMillis, throttle.factor, history.pauses), random)
    : { history, next: { _tag: "Start" } }
}

/** A run that has lived less than this is brief: starts of those that only ever live so are the ones that can wait. */
const briefMillis = 1_000

/** How urgent the start is that follows this death. */
export const urgencyAfter = ({ ranMillis }: Pick<Death, "ranMillis">): Urgency =>
  ranMillis < briefMillis ? "looping" : "again"

/** Why it pauses after a death that left this history, in words that follow "it". */
export const describePause = ({ windowMillis }: Throttle, { hits }: History): string =>
  hits === 0
    ? "pauses whenever it has died"
    : `died ${hits} time${hits === 1 ? "" : "s"}, each within ${windowMillis / 1_000} s of the one before`

/** How long the first pause is after the operating system has refused a start. */
const firstRefusalMillis = 1_000

/**
 * What to do when the operating system refused a start. Nothing has died, and the cause may be gone in a moment: the
 * pauses begin at a second and double up to `pauseMillis`.
 */
export const afterRefusal = (throttle: Throttle, history: History, random: number): Verdict =>
  pause(
    throttle,
    { ...history, refusals: history.refusals + 1 },
    Math.min(times(firstRefusalMillis, 2, history.refusals), throttle.pauseMillis),
    random
  )
