import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/**
 * A word that no other supervisor has, of this program or of another one on this machine: processes, and a sequence of events,
 * are known by it. Chance that the program has seeded would give the same word twice.
 */
export const make: Effect.Effect<string> = Effect.provideService(
  Effect.map(Random.next, (random) => random.toString(36).slice(2)),
  Random.Random,
  Random.Random.defaultValue()
)
