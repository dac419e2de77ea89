import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import type { Mark } from "../Spawner.ts"
import * as ControlGroup from "./ControlGroup.ts"

/** How many control groups that were left with processes in them are looked at on one occasion. */
const lookedAfter = 4

/** Whoever an earlier daemon had just started when it was killed is in its control group by then. */
const entranceMillis = 2_000

/** Who was to end with a forker has ended by then. */
const endMillis = 1_000

/** The control groups of this daemon's trees: removed when they are empty, at the latest when the scope ends. */
export const make = Effect.fnUntraced(function*(base: string | undefined) {
  /** Those whose leader, which may not even have moved in yet, runs; and those whose leader has gone. */
  const running = new Set<string>()
  const left = new Set<string>()
  /** Those that have been made for whatever is started next. */
  const spare = new Set<string>()

  const ended = (directory: string | undefined) => {
    if (directory === undefined) return
    running.delete(directory)
    if (ControlGroup.remove(directory)) left.delete(directory)
    else left.add(directory)
  }
  /** What an entry leaves running ends some day, and nobody tells. */
  const lookAfter = () => {
    for (const directory of [...left].slice(0, lookedAfter)) {
      left.delete(directory)
      ended(directory)
    }
  }

  const inherited = leftBefore(base)
  const timer = setTimeout(() => {
    for (const directory of inherited) ended(directory)
  }, entranceMillis)
  const spareGone = Effect.gen(function*() {
    for (let millis = 0; millis < endMillis; millis += 5) {
      for (const directory of spare) if (ControlGroup.remove(directory)) spare.delete(directory)
      if (spare.size === 0) return
      yield* Effect.sleep("5 millis")
    }
  })
  yield* Effect.addFinalizer(() =>
    Effect.andThen(spareGone, () => {
      clearTimeout(timer)
      for (const directory of inherited) ended(directory)
      for (const directory of left) ended(directory)
      if (base !== undefined) ControlGroup.removeIfEmpty(base)
      return Effect.void
    })
  )
  return {
    /** That of a tree which is about to be started; whoever forks makes it. */
    begin: (mark: Mark): string => {
      setImmediate(lookAfter)
      const directory = ControlGroup.treeIn(base!, mark)
      running.add(directory)
      return directory
    },
    /** One that a tree may take in place of its own; whoever forks makes it. */
    spare: (): string => {
      const directory = ControlGroup.spareIn(base!, randomBytes(16).toString("hex"))
      spare.add(directory)
      return directory
    },
    /** Whoever was to wait there is gone, or was never there. */
    unspare: (directory: string) => {
      if (ControlGroup.remove(directory)) spare.delete(directory)
    },
    /** The tree is there, in place of its own. */
    taken: (directory: string | undefined, own: string | undefined) => {
      if (directory === undefined || directory === own) return
      spare.delete(directory)
      running.add(directory)
      if (own !== undefined) running.delete(own)
    },
    /** The leader is gone; others may be there. */
    left: (directory: string | undefined) => {
      if (directory === undefined) return
      running.delete(directory)
      left.add(directory)
    },
    /** Nobody is there any more. */
    ended
  }
})

/** Those of an earlier daemon with our name. */
const leftBefore = (base: string | undefined): ReadonlyArray<string> => {
  try {
    return base === undefined ? [] : ControlGroup.below(base)
  } catch {
    return []
  }
}
