/** How many of a run's inputs each target gets, longest runs first, for the names in `Targets.ts`. */
const shares: Readonly<Record<string, number>> = {
  cltab: 500_000,
  lines: 250_000,
  socket: 20_000,
  "ledger text": 150_000,
  "ledger file": 40_000,
  lives: 50_000,
  "blow-up": 200,
  mark: 100_000
}

export const names = Object.keys(shares)
export const total = Object.values(shares).reduce((sum, share) => sum + share, 0)

/** The inputs for this target when there are so many altogether. */
export const of = (target: string, inputs: number): number =>
  Math.max(1, Math.round(inputs * shares[target]! / total))
