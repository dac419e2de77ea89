import * as Effect from "effect/Effect"
import * as SpawnQueue from "../SpawnQueue.ts"

/** The turns in which processes are started. */
export interface SpawnTurns {
  /** Runs the start when it is its turn. */
  readonly take: <A, E, R>(
    urgency: SpawnQueue.Urgency,
    start: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
}

/**
 * A spawn blocks for about a millisecond. Without turns clients, and deaths of other processes, would wait for as long as
 * a whole level takes to start. So a start counts as under way until the event loop has come round behind it.
 */
const afterThisTurn = (over: () => void) => void setImmediate(over)

/** Turns as the queue gives them, to those of the same urgency in the order in which they came. */
export const make = (whenDone: (over: () => void) => void = afterThisTurn): SpawnTurns => {
  const waiting = {
    again: new Set<() => void>(),
    first: new Set<() => void>(),
    looping: new Set<() => void>()
  }
  const underWay = { again: 0, first: 0, looping: 0 }

  const admit = () => {
    for (;;) {
      const { again, first, looping } = waiting
      const urgency = SpawnQueue.next(
        { again: again.size, first: first.size, looping: looping.size },
        underWay
      )
      if (urgency === undefined) return
      const [go] = waiting[urgency]
      waiting[urgency].delete(go!)
      underWay[urgency]++
      go!()
    }
  }

  const isOver = (urgency: SpawnQueue.Urgency) => () => {
    underWay[urgency]--
    admit()
  }
  const over = { again: isOver("again"), first: isOver("first"), looping: isOver("looping") }

  return {
    take: (urgency, start) =>
      Effect.suspend(() => {
        let isAdmitted = false
        const turn = Effect.callback<void>((resume) => {
          const go = () => {
            isAdmitted = true
            resume(Effect.void)
          }
          waiting[urgency].add(go)
          admit()
          return Effect.sync(() => void waiting[urgency].delete(go))
        })
        return Effect.ensuring(
          Effect.andThen(turn, start),
          Effect.sync(() => isAdmitted && whenDone(over[urgency]))
        )
      })
  }
}
