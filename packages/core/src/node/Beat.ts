import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

const make = (periodMillis: number): Effect.Effect<void> => {
  const waiting = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  const beat = () => {
    timer = undefined
    const due = [...waiting]
    waiting.clear()
    for (const go of due) go()
  }
  return Effect.callback((resume) => {
    const go = () => resume(Effect.void)
    waiting.add(go)
    timer ??= setTimeout(beat, periodMillis)
    return Effect.sync(() => {
      waiting.delete(go)
      if (waiting.size > 0) return
      clearTimeout(timer)
      timer = undefined
    })
  })
}

const beats = new Map<number, Effect.Effect<void>>()

/**
 * Completes within this period, for all who wait for the same period in the same moment: however much is looked after
 * now and again, an idle daemon wakes once for all of it.
 */
export const every = (period: Duration.Duration): Effect.Effect<void> => {
  const millis = Duration.toMillis(period)
  const known = beats.get(millis)
  if (known !== undefined) return known
  const beat = make(millis)
  beats.set(millis, beat)
  return beat
}
