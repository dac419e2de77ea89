import { toBytes } from "./ByteText.ts"
import type { ByteText } from "./ByteText.ts"
import type { Failure } from "./Failure.ts"
import { kindOf, messageOf } from "./Failure.ts"
import * as Inputs from "./Inputs.ts"
import { minimise } from "./Minimise.ts"
import type { Session, Target } from "./Target.ts"

/** The failures of a run. */
export interface FailureLog {
  readonly add: (index: number, error: unknown) => Promise<void>
  readonly count: () => number
  /** Some of each kind, cut down if the target allows it. */
  readonly kept: ReadonlyArray<Failure>
}

const keptOfAKind = 2
const kindsKept = 20

export const make = (target: Target, session: Session, seed: number): FailureLog => {
  const kept: Array<Failure> = []
  const ofKind = new Map<string, number>()
  let count = 0

  /** Checks the bytes as if they were the input with this number. */
  const failsWith = async (index: number, bytes: ByteText): Promise<string | undefined> => {
    const { random } = Inputs.make(target, seed, index)
    try {
      await session.check({ origin: "mutated", bytes }, random)
      return undefined
    } catch (error) {
      return kindOf(messageOf(error))
    }
  }

  return {
    kept,
    count: () => count,
    async add(index, error) {
      count++
      const message = messageOf(error)
      const kind = kindOf(message)
      const before = ofKind.get(kind) ?? 0
      if (before >= keptOfAKind || (before === 0 && ofKind.size >= kindsKept)) return
      ofKind.set(kind, before + 1)
      const { input: { bytes } } = Inputs.make(target, seed, index)
      const failsAlike = async (shorter: ByteText) => await failsWith(index, shorter) === kind
      const least = target.isPure && await failsAlike(bytes) ? await minimise(bytes, failsAlike) : bytes
      kept.push({ target: target.name, seed, index, message, kind, input: toBytes(least) })
    }
  }
}
