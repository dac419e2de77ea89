import type { Figure } from "./Figure.ts"
import type { Scale } from "./Scale.ts"
import type { Stage } from "./Stage.ts"

export interface Bench {
  readonly stage: Stage
  readonly scale: Scale
  /** Tells whoever waits how far it is. */
  readonly say: (text: string) => void
}

/** A part of the suite. */
export type Section = (bench: Bench) => Promise<ReadonlyArray<Figure>>
