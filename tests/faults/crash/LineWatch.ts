import * as fs from "node:fs"
import * as Cast from "./Cast.ts"
import * as Lines from "./Lines.ts"
import { until } from "./Polling.ts"
import type { Stage } from "./Stage.ts"

/** Checks the logs: what is missing has to have been in the hands of a logger that was killed. */
export class LineWatch {
  lines = 0
  /** Lines in the hands of killed loggers. */
  lost = 0
  /** Lines that were left in a pipe when the last of those who had it open was gone, and no daemon ran. */
  spilt = 0
  private readonly stage: Stage
  private readonly tags: ReadonlyArray<string>
  /** By tag: how many of its loggers were killed. */
  private readonly kills = new Map<string, number>()
  private killedLately = new Set<string>()
  /** Runs that were there at the end of a round, and those that have ended and were looked at. */
  private readonly known = new Set<string>()
  private readonly closed = new Map<string, number>()

  constructor(stage: Stage) {
    this.stage = stage
    this.tags = Cast.tags(
      Cast.entries(false).filter(({ plot }) => plot._tag === "talk" || plot._tag === "chat")
    )
  }

  killed(tag: string): void {
    this.kills.set(tag, (this.kills.get(tag) ?? 0) + 1)
    this.killedLately.add(tag)
  }

  get killCount(): number {
    return [...this.kills.values()].reduce((sum, kills) => sum + kills, 0)
  }

  private runs(tag: string): ReadonlyArray<Lines.RunLines> {
    const read = (name: string) => {
      const file = this.stage.home.path(`${name}/${tag}`)
      return fs.readFileSync(file, "utf8")
    }
    // First what was written: the log may only have more.
    const wrote = read("wrote")
    try {
      return Lines.runs(read("logs"), wrote)
    } catch (error) {
      throw new Error(`log of ${tag}: ${(error as Error).message}`, { cause: error })
    }
  }

  /** To be called when all is calm. */
  async check(): Promise<void> {
    const leaders = this.stage.leaders()
    this.lines = this.lost = 0
    for (const tag of this.tags) {
      const ended = (await this.settled(tag, leaders.get(tag))).filter(({ run }) => !this.closed.has(run))
      for (const { logged, run, written } of ended) {
        const missing = Math.max(0, written - logged)
        this.closed.set(run, missing)
        if (missing === 0) continue
        // Without a daemon nobody replaces a logger that was killed, or was not there yet.
        const isExcused = this.killedLately.has(tag) || !this.known.has(run)
        if (!isExcused) throw new Error(`${tag}: ${run} wrote ${written} lines, and ${logged} are logged`)
        this.spilt += missing
      }
      const all = this.runs(tag)
      for (const { run } of all) this.known.add(run)
      const gaps = all.reduce((sum, { gaps }) => sum + gaps, 0)
      const kills = this.kills.get(tag) ?? 0
      if (gaps > kills) throw new Error(`${tag}: ${gaps} lines are missing, and ${kills} loggers were killed`)
      this.lost += gaps
      this.lines += all.reduce((sum, { logged }) => sum + logged, 0)
    }
    this.killedLately = new Set()
  }

  /** The runs that have ended, once their logger, which may go on with the next, has read what they wrote. */
  private async settled(tag: string, leader: number | undefined): Promise<ReadonlyArray<Lines.RunLines>> {
    const ended = () => this.runs(tag).filter(({ run }) => run.split("-")[0] !== String(leader))
    const isRead = () => {
      const runs = this.runs(tag)
      const live = runs.find(({ run }) => run.split("-")[0] === String(leader))
      return (live?.logged ?? 0) > 0 ||
        ended().every(({ logged, run, written }) => this.closed.has(run) || logged >= written)
    }
    await until(`the log of ${tag} is complete`, isRead, 5).catch(() => {})
    return ended()
  }
}
