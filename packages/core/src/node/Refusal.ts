import * as Effect from "effect/Effect"
import { SpawnError } from "../Spawner.ts"

/** The refusal of a start for what was thrown. */
export const of = (thrown: unknown): SpawnError => new SpawnError({ reason: (thrown as Error).message })

/** The same with refusals that say first which setting they are about. */
export const about =
  (setting: string) => <A, R>(work: Effect.Effect<A, SpawnError, R>): Effect.Effect<A, SpawnError, R> =>
    Effect.mapError(work, ({ reason }) => new SpawnError({ reason: `${setting}: ${reason}` }))
