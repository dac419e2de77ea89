import * as fs from "node:fs"
import type * as Program from "../../../packages/cli/test/support/Program.ts"
import type { Home } from "../crash/Home.ts"
import { until } from "../crash/Polling.ts"

export const refusal = "a daemon already runs here"

/** What became of daemons that were started at the same moment. */
export interface Contest {
  readonly owner: Program.Program
  /** From the first start to when the owner answers and all others are gone. */
  readonly millis: number
  /** How many were refused. */
  readonly refused: number
}

/**
 * Starts so many daemons at once, and waits until one serves and all others have been refused. Whoever listens is
 * asked who it is, again and again, while the others are still at it: it must be the same all the time. A killed owner
 * whose last write hangs in the disk is the owner until the kernel is done with it: all are refused, and start once more.
 */
export const contest = async (
  home: Home,
  count: number,
  before?: Program.Program
): Promise<Contest> => {
  const isContested = before?.isRunning() !== true
  const began = performance.now()
  const daemons = Array.from({ length: count }, () => home.start())
  const owners = new Set<number>()
  const ask = async () => {
    const status = await home.client.attempt(home.client.status)
    if (status !== undefined) owners.add(status.pid)
    return status?.pid
  }
  await until("one daemon serves and the others are gone", async () => {
    await ask()
    const running = daemons.filter((daemon) => daemon.isRunning())
    if (running.length === 0) {
      if (isContested) throw new Error(`none of ${count} daemons won`)
      return true
    }
    return running.length === 1 && owners.has(running[0]!.pid)
  })
  if (daemons.every((daemon) => !daemon.isRunning())) {
    await before?.finished()
    const again = await contest(home, count)
    return { ...again, refused: again.refused + count }
  }
  const [owner, ...others] = daemons.toSorted((one, other) =>
    Number(other.isRunning()) - Number(one.isRunning())
  )
  for (const other of others) {
    const { exit } = await other.finished()
    if (exit !== 1) throw new Error(`a daemon that lost ended with ${JSON.stringify(exit)}`)
  }
  if (owners.size !== 1) throw new Error(`these have answered: ${[...owners].join(", ")}`)
  home.daemon = owner
  return { owner: owner!, millis: performance.now() - began, refused: count - 1 }
}

/** How many of the daemons said that another has the lock. */
export const refusals = (home: Home): number => fs.readFileSync(home.log, "utf8").split(refusal).length - 1
