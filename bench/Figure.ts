import type { Sample } from "./Statistics.ts"

/** Something that was measured of clinit, and of what it is compared with in the same run. */
export interface Figure {
  readonly what: string
  /** The number of entries. */
  readonly size?: number
  /** Of a growth: between which numbers of entries. */
  readonly range?: readonly [number, number]
  readonly unit: "ms" | "ms/s" | "/s" | "MiB" | "KiB" | "exponent" | ""
  readonly ours: Sample
  /** By their names: the same work done by something that can do nothing else. */
  readonly floors: Readonly<Record<string, Sample>>
}

export const ratio = ({ ours, floors }: Figure, floor: string): number | undefined =>
  floors[floor] === undefined ? undefined : ours.median / floors[floor].median
