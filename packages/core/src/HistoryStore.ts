import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The history cannot be written or removed. */
export class HistoryUnwritable extends Schema.TaggedError<HistoryUnwritable>()("HistoryUnwritable", {
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** What was found at the history's place: its text, or the end of it, and why that is not all. */
export interface Found {
  readonly text: string
  readonly problem?: string
}

/** Where the history is kept: a file for the owner only, which grows until it is replaced. */
export class HistoryStore extends Context.Service<HistoryStore, {
  /** Its name, for messages. */
  readonly file: string
  /** What is there and may be read; whatever is there instead is a problem and no error. */
  readonly read: Effect.Effect<Found>
  readonly replace: (text: string) => Effect.Effect<void, HistoryUnwritable>
  /**
   * Adds the text to what was replaced; false, and nothing is written, if that is no longer there. After an error a part
   * of it may be there.
   */
  readonly append: (text: string) => Effect.Effect<boolean, HistoryUnwritable>
  /** Removes it, whatever it is and if it is there; a directory is an error. */
  readonly remove: Effect.Effect<void, HistoryUnwritable>
}>()("@clinit/core/HistoryStore") {}
