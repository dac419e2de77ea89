import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * The ledger that is there must not be used: it is damaged, or somebody else's, or no regular file; or it is `kept`
 * by a daemon that runs, and must not be put aside either.
 */
export class LedgerRefused extends Schema.TaggedError<LedgerRefused>()("LedgerRefused", {
  file: Schema.String,
  reason: Schema.String,
  kept: Schema.optionalKey(Schema.Literal(true))
}) {
  override get message() {
    return `${this.file}: ${this.reason}`
  }
}

/** The ledger cannot be written or removed. */
export class LedgerUnwritable extends Schema.TaggedError<LedgerUnwritable>()("LedgerUnwritable", {
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** A process that keeps a ledger; `startTime` as in `ProcessIdentity`. */
export const Keeper = Schema.Struct({
  pid: Schema.Int.check(Schema.isGreaterThan(0)),
  startTime: Schema.optionalKey(Schema.String)
})
export type Keeper = typeof Keeper.Type

/** What was kept: the text that was replaced last, and what was added to it since then. */
export interface Kept {
  readonly text: string
  readonly added: string
  /** What was being added when its writer was killed, or the disk was full, is not whole and left out. */
  readonly isTorn: boolean
}

/**
 * Where the ledger is kept: a file for the owner only, which is replaced as a whole or added to, and whose every byte is
 * checked.
 */
export class LedgerStore extends Context.Service<LedgerStore, {
  /** Its name, for messages. */
  readonly file: string
  /** What was kept last, or nothing if there is none. */
  readonly read: Effect.Effect<Kept | undefined, LedgerRefused>
  readonly replace: (text: string) => Effect.Effect<void, LedgerUnwritable>
  /**
   * Adds the text to what was replaced; false, and nothing is written, if that is no longer there. After an error the store
   * has to be replaced.
   */
  readonly append: (text: string) => Effect.Effect<boolean, LedgerUnwritable>
  /** Removes it, whatever it is and if it is there; a directory is an error. */
  readonly remove: Effect.Effect<void, LedgerUnwritable>
  /** A word of lower case letters and digits that nobody can guess, different at each call. */
  readonly freshId: Effect.Effect<string>
  /** Signs the text with the key: a word of lower case letters and digits that nobody without the key can tell. */
  readonly sign: (key: string, text: string) => string
  /** What identifies this boot of the host; nothing where the system does not tell. */
  readonly boot: string | undefined
  /** This process. */
  readonly keeper: Keeper
  /** Whether another process than this one, which kept a ledger in this boot, still runs. */
  readonly isRunning: (keeper: Keeper) => boolean
}>()("@clinit/core/LedgerStore") {}
