/** What the figures are to be. Nowhere else stands a bound. */
import { ratio } from "./Figure.ts"
import type { Figure } from "./Figure.ts"

export interface Goal {
  readonly what: string
  /** Counts for this number of entries only. */
  readonly size?: number
  /** The floor of which `atMost` is a multiple; without it, it is in the figure's own unit. */
  readonly of?: string
  readonly atMost: number
}

/** Those of a full run, on a machine that is quiet. */
export const goals: ReadonlyArray<Goal> = [
  { what: "bring-up", size: 1000, of: "Node", atMost: 1.2 },
  { what: "growth of bring-up", atMost: 1.05 },
  { what: "longest wait for a status during a bring-up", atMost: 50 },
  { what: "stop", size: 1000, of: "Node", atMost: 2 },
  { what: "respawn", of: "Node", atMost: 1.2 },
  { what: "respawn after quick deaths", of: "Node", atMost: 1.2 },
  { what: "respawn during a crash storm", of: "quiet", atMost: 2 },
  { what: "clinit status", of: "node -e 0", atMost: 2.5 },
  { what: "clinit status --json", of: "node -e 0", atMost: 2.5 },
  { what: "clinit is-up g", of: "node -e 0", atMost: 2.5 },
  { what: "PSS beside a bare Node", size: 0, atMost: 45 },
  { what: "PSS for each entry", size: 1000, atMost: 12 },
  { what: "idle: context switches", size: 100, atMost: 2 },
  { what: "clinit reread, one line changed", size: 10_000, atMost: 150 },
  // Nothing but what an idle daemon takes meanwhile.
  { what: "supervisor's CPU of 200 MB of output to a file, by line", atMost: 5 },
  { what: "supervisor's CPU of 200 MB of output to a file, by 64 KiB", atMost: 5 }
]

/**
 * Those of the short run in CI, on a machine that is not: about twice what is measured. Of clients the time on processors counts, which the
 * work of others disturbs less.
 */
export const ciBounds: ReadonlyArray<Goal> = [
  { what: "bring-up", size: 100, of: "Node", atMost: 6 },
  { what: "CPU of a bring-up", size: 100, of: "Node", atMost: 10 },
  { what: "stop", size: 100, of: "Node", atMost: 13 },
  { what: "respawn", of: "Node", atMost: 3 },
  { what: "respawn after quick deaths", of: "Node", atMost: 4 },
  { what: "CPU of clinit status", of: "node -e 0", atMost: 3 },
  { what: "CPU of clinit g 1 (no change)", of: "node -e 0", atMost: 3.5 },
  { what: "anonymous memory", size: 0, atMost: 36 },
  { what: "anonymous memory for each entry", size: 100, atMost: 280 },
  { what: "idle: context switches", size: 100, atMost: 10 }
]

/** The goal that there is for the figure. */
export const find = (goals: ReadonlyArray<Goal>, { size, what }: Figure): Goal | undefined =>
  goals.find((goal) => goal.what === what && (goal.size === undefined || goal.size === size))

export const isMet = (goal: Goal, figure: Figure): boolean =>
  (goal.of === undefined ? figure.ours.median : ratio(figure, goal.of) ?? Infinity) <= goal.atMost
