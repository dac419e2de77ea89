import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** News that come again and again. */
export interface Notification {
  /** Completes with the first news after this was called, also if they come before anybody waits. */
  readonly next: () => Effect.Effect<void>
  readonly notify: () => void
}

export const make = (): Notification => {
  let coming = Deferred.makeUnsafe<void>()
  return {
    next: () => Deferred.await(coming),
    notify() {
      const come = coming
      coming = Deferred.makeUnsafe()
      Deferred.doneUnsafe(come, Effect.void)
    }
  }
}
