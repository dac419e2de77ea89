import type { Random } from "./Random.ts"
import * as RandomNumbers from "./Random.ts"
import type { Input, Target } from "./Target.ts"

/** The input with this number, and the random numbers behind it: the same for the same seed, whatever came before. */
export const make = (
  target: Target,
  seed: number,
  index: number
): { readonly input: Input; readonly random: Random } => {
  const random = RandomNumbers.forInput(seed, target.name, index)
  return { input: target.generate(random), random }
}
