import * as Effect from "effect/Effect"
import * as Print from "./Print.ts"

/** Results: what scripts read. */
export const print = (text: string): Effect.Effect<void> => Effect.sync(() => Print.print(text))

/** What is no complaint of clinit's own: findings about a file, which editors know by `FILE:LINE:COLUMN` at the beginning. */
export const note = (text: string): Effect.Effect<void> => Effect.sync(() => Print.note(text))

/** What went wrong, for people; control characters are shown, not sent to the terminal. */
export const complain = (text: string): Effect.Effect<void> => Effect.sync(() => Print.complain(text))

export const warn = (warnings: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.sync(() => Print.warn(warnings))
