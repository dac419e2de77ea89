import * as Effect from "effect/Effect"

/** Runs as a user whom file permissions bind: root would be allowed everything. */
export const unprivileged = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  process.geteuid?.() !== 0 ? effect : Effect.acquireUseRelease(
    Effect.sync(() => {
      process.setegid?.(65534)
      process.seteuid?.(65534)
    }),
    () => effect,
    () =>
      Effect.sync(() => {
        process.seteuid?.(0)
        process.setegid?.(0)
      })
  )
