import * as fs from "node:fs"
import * as path from "node:path"
import type * as Program from "../../../packages/cli/test/support/Program.ts"
import { Home } from "../crash/Home.ts"
import type { Random } from "../fuzz/Random.ts"
import * as Round from "./Round.ts"

export interface Figures {
  rounds: number
  started: number
  killed: number
  shutDown: number
  readonly millis: { readonly two: Array<number>; readonly ten: Array<number> }
}

export const noFigures = (): Figures => ({
  rounds: 0,
  started: 0,
  killed: 0,
  shutDown: 0,
  millis: { two: [], ten: [] }
})

/** One round in so many is one of ten daemons instead of two. */
const oneInCrowds = 10

/** The same directory again and again, each round on what the one before left there. */
export class Lane {
  readonly home = new Home()
  private readonly random: Random
  private readonly figures: Figures
  private expectedRefusals = 0
  /** The owner of the round before, which may not be quite gone. */
  private before: Program.Program | undefined

  constructor(random: Random, figures: Figures) {
    this.random = random
    this.figures = figures
    // A process to be adopted: two owners would show by two of it, too.
    this.home.configure(["g:a:1:respawn:sleep 100000"])
  }

  async round(): Promise<void> {
    const { figures, home, random } = this
    const count = random.below(oneInCrowds) === 0 ? 10 : 2
    const { millis, owner, refused } = await Round.contest(home, count, this.before)
    this.before = owner
    this.expectedRefusals += refused
    figures.rounds++
    figures.started += count
    figures.millis[count === 2 ? "two" : "ten"].push(millis)
    if (random.chance(0.5)) {
      figures.killed++
      if (random.chance(0.5)) await home.client.tell("g", "1", true)
      owner.kill("SIGKILL")
      // Half of the time the next ones come while this one is being removed.
      if (random.chance(0.5)) await owner.finished()
    } else {
      figures.shutDown++
      await home.shutDown()
    }
  }

  /** Whether each loser said why, and nothing is left in the end. */
  async close(): Promise<void> {
    const { home } = this
    const { refused } = await Round.contest(home, 2, this.before)
    await home.shutDown()
    const refusals = Round.refusals(home)
    const expected = this.expectedRefusals + refused
    if (refusals !== expected) {
      throw new Error(`${refusals} daemons said "${Round.refusal}" and not ${expected}`)
    }
    const remains = home.remains()
    if (remains.length > 0) throw new Error(`left behind: ${remains.join("; ")}`)
    home.wipe()
  }

  /** For a failure's report. */
  describe(): string {
    const files = fs.readdirSync(this.home.run).map((file) => path.join(this.home.run, file))
    return `kept: ${this.home.directory}\n${files.join("\n")}\n${this.home.tail()}`
  }
}
