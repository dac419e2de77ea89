import type * as Effect from "effect/Effect"
import type { Entry } from "./Cltab.ts"
import * as Notification from "./Notification.ts"

/** The entry of a process as the cltab has it now. */
export interface EntryDefinition {
  readonly now: () => Entry
  /** Completes when what is said `now` is no longer so. */
  readonly changed: () => Effect.Effect<void>
  /** Makes this the entry, so that its settings count from the next decision on, and its timeout at once. */
  readonly redefine: (entry: Entry) => void
}

/** A definition that begins as this entry. */
export const make = (entry: Entry): EntryDefinition => {
  let latest = entry
  /** Most are never asked whether they change. */
  let change: Notification.Notification | undefined
  return {
    now: () => latest,
    changed: () => (change ??= Notification.make()).next(),
    redefine(entry) {
      latest = entry
      change?.notify()
    }
  }
}
