import * as Effect from "effect/Effect"

/**
 * Lets the event loop come round. A child that has ended has sent its signal before anybody could know of it; what the
 * signal's handler wrote is read when the loop polls next, which is between one immediate and another.
 */
export const whole: Effect.Effect<void> = Effect.callback<void>((resume) =>
  void setImmediate(() => setImmediate(() => resume(Effect.void)))
)
