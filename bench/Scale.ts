/** How much is measured, and for how long. */
export interface Scale {
  /** Numbers of entries. */
  readonly sizes: ReadonlyArray<number>
  /** How often what takes long is repeated; less often with many entries. */
  readonly runs: number
  /** "Many entries", where only one number of them is tried. */
  readonly many: number
  readonly kills: number
  readonly clientSizes: ReadonlyArray<number>
  readonly clientRuns: number
  readonly idleSeconds: number
  /** What is given to a daemon to become calm. */
  readonly settleSeconds: number
  readonly watchers: number
  readonly megabytes: number
  readonly lines: number
}

const full: Scale = {
  sizes: [10, 100, 1000, 5000],
  runs: 5,
  many: 1000,
  kills: 30,
  clientSizes: [1, 500],
  clientRuns: 21,
  idleSeconds: 30,
  settleSeconds: 2.5,
  watchers: 50,
  megabytes: 200,
  lines: 10_000
}

export const scales = {
  full,
  /** For a look while one works on something. */
  quick: {
    ...full,
    sizes: [10, 100],
    runs: 3,
    many: 300,
    kills: 10,
    clientRuns: 11,
    idleSeconds: 5,
    megabytes: 20
  },
  /** What CI affords. */
  ci: {
    ...full,
    sizes: [100],
    runs: 2,
    many: 100,
    kills: 10,
    clientSizes: [1],
    clientRuns: 9,
    idleSeconds: 3
  },
  /** As small as it can be: whether the suite works, not what it measures. */
  tiny: {
    ...full,
    sizes: [3],
    runs: 1,
    many: 3,
    kills: 1,
    clientSizes: [3],
    clientRuns: 1,
    idleSeconds: 0.1,
    settleSeconds: 0.1,
    watchers: 2,
    megabytes: 1,
    lines: 20
  }
} satisfies Record<string, Scale>

/** How often what takes long is repeated with so many entries. */
export const runsOf = ({ runs }: Scale, size: number): number =>
  Math.max(Math.min(runs, 2), Math.min(runs, Math.round((runs * 600) / size)))
