import { Scratch } from "../../../packages/cli/test/support/Scratch.ts"
import type { Figure } from "./Figure.ts"

/** One daemon of a scenario, and how to tell what was measured. */
export interface Stage {
  readonly scratch: Scratch
  readonly report: (figure: Figure) => void
}

/** Runs the plays at once, each in a scratch of its own; their figures are printed as JSON, one a line. */
export const run = async (...plays: ReadonlyArray<(stage: Stage) => Promise<void>>): Promise<void> => {
  const scratches = plays.map(() => new Scratch())
  process.once("exit", () => scratches.forEach((scratch) => scratch.wipe()))
  process.once("SIGTERM", () => process.exit(143))
  const report = (figure: Figure) => void process.stdout.write(`${JSON.stringify(figure)}\n`)
  const ends = await Promise.allSettled(plays.map(async (play, index) => {
    const scratch = scratches[index]!
    try {
      await play({ scratch, report })
      await scratch.close()
    } catch (error) {
      throw new Error(`daemon.log:\n${scratch.lines("daemon.log").slice(-40).join("\n")}`, { cause: error })
    } finally {
      scratch.wipe()
    }
  }))
  for (const end of ends) {
    if (end.status === "fulfilled") continue
    process.stderr.write(`${String((end.reason as Error).cause)}\n${(end.reason as Error).message}\n`)
    process.exitCode = 1
  }
}

/** For scenarios that cannot be played on this machine. */
export const skip = (reason: string): never => {
  process.stderr.write(`skipped: ${reason}\n`)
  process.exit(0)
}
