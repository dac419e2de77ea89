import * as fs from "node:fs"
import * as Proc from "../../../packages/cli/test/support/Proc.ts"
import * as Cast from "./Cast.ts"
import { Lost } from "./Client.ts"
import * as Expectation from "./Expectation.ts"
import { LineWatch } from "./LineWatch.ts"
import * as Plan from "./Plan.ts"
import type { Action, Round, Wanted } from "./Plan.ts"
import { until } from "./Polling.ts"
import { pause } from "./Stage.ts"
import type { Stage } from "./Stage.ts"

/** What was measured, times in milliseconds. */
export interface Figures {
  crashes: number
  deaths: number
  untouched: number
  /** Processes that were being set up, or had yet to become what they were forked for, when a daemon was killed for that. */
  halfStarted: number
  forkersKilled: number
  /** From the exec of a daemon to its first status, and to when no group is under way any more. */
  readonly answering: Array<number>
  readonly resumed: Array<number>
  readonly calm: Array<number>
}

const transient = new Set(["STARTING", "CHECKING", "STOPPING", "HALTING"])

/** Plays a plan's rounds with their crashes, and checks after each. */
export class CrashRun {
  readonly figures: Figures = {
    crashes: 0,
    deaths: 0,
    untouched: 0,
    halfStarted: 0,
    forkersKilled: 0,
    answering: [],
    resumed: [],
    calm: []
  }
  /** Entries that were killed, are not to be run again, and may still be there. */
  readonly doubtful = new Set<string>()
  readonly stage: Stage
  readonly lines: LineWatch
  wanted: Wanted

  constructor(stage: Stage, wanted: Wanted) {
    this.stage = stage
    this.lines = new LineWatch(stage)
    this.wanted = wanted
  }

  private get home() {
    return this.stage.home
  }

  private async crash(): Promise<void> {
    await this.home.crash()
    this.figures.crashes++
  }

  /** Kills the daemon as soon as a process is half-way through its start, or when none was for some time. */
  private async crashInStart(): Promise<void> {
    const deadline = performance.now() + 300
    let halfStarted = 0
    while (halfStarted === 0 && performance.now() < deadline) {
      await pause(1)
      halfStarted = this.stage.look().unnamed.length
    }
    this.figures.halfStarted += halfStarted
    await this.crash()
  }

  private async killForker(afterMillis: number): Promise<void> {
    await pause(afterMillis)
    const { daemon } = this.home
    const forker = daemon?.isRunning() === true ? Proc.forkerOf(daemon.pid) : undefined
    if (forker === undefined) return
    Proc.kill(forker, "SIGKILL")
    this.figures.forkersKilled++
  }

  /** Takes the actions until the daemon is killed in the middle of them; returns those that have to be taken again. */
  private async actAndCrash(
    { actions, crashMillis, crashesInStart, forkerDeathMillis }: Round
  ): Promise<ReadonlyArray<Action>> {
    let crash: Promise<void> | undefined
    let index = 0
    const forkerDeath = forkerDeathMillis === undefined ? undefined : this.killForker(forkerDeathMillis)
    try {
      for (const { action, pauseMillis } of actions) {
        const isLast = index === actions.length - 1
        if (isLast && crashesInStart) crash = this.crashInStart()
        else if (isLast && crashMillis < 0) crash = pause(-crashMillis).then(() => this.crash())
        await this.stage.act(action)
        index++
        if (!isLast) await pause(pauseMillis)
      }
      if (crash === undefined) await pause(Math.max(0, crashMillis))
    } catch (error) {
      if (!(error instanceof Lost) || crash === undefined) throw error
    }
    await (crash ?? this.crash())
    await forkerDeath
    return actions.slice(index).map(({ action }) => action)
  }

  /** Kills some processes that run until they are stopped; returns the tags of their entries. */
  private killSome(fractions: ReadonlyArray<number>): ReadonlySet<string> {
    const modes = new Map(
      this.wanted.entries.map((entry) => [
        entry.tag,
        Cast.isLasting(entry) && (entry.mode === "respawn" || entry.plot._tag === "plain")
          ? entry.mode
          : "never"
      ])
    )
    const killed = new Set<string>()
    for (const fraction of fractions) {
      const leaders = [...this.stage.leaders()].filter(([tag]) => (modes.get(tag) ?? "never") !== "never")
      const [tag, pid] = leaders[Math.floor(fraction * leaders.length)] ?? []
      if (tag === undefined || pid === undefined) continue
      Proc.kill(pid, "SIGKILL")
      this.figures.deaths++
      killed.add(tag)
      if (modes.get(tag) === "once") this.doubtful.add(tag)
    }
    return killed
  }

  private killLoggers(fractions: ReadonlyArray<number>): void {
    for (const fraction of fractions) {
      const loggers = this.stage.loggers()
      const logger = loggers[Math.floor(fraction * loggers.length)]
      if (logger === undefined) continue
      Proc.kill(logger.pid, "SIGKILL")
      this.lines.killed(logger.tag)
    }
  }

  /** Starts the daemon that is to live, and measures how soon it is what the one before was. */
  private async resume(): Promise<void> {
    const began = performance.now()
    const daemon = this.home.start()
    await this.home.isUp(daemon)
    this.figures.answering.push(performance.now() - began)
    await until("all groups have settled", async () => {
      const { groups } = await this.home.client.status()
      return groups.every(({ state }) => !transient.has(state))
    })
    this.figures.resumed.push(performance.now() - began)
  }

  async begin(): Promise<void> {
    this.stage.writeCltab(this.wanted)
    await this.home.isUp(this.home.start())
    for (const [group, level] of this.wanted.targets) await this.home.client.tell(group, level)
    await this.stage.isCalm(this.wanted, this.doubtful)
  }

  async play(round: Round): Promise<void> {
    const pidsBefore = this.stage.leaders()
    const startsBefore = new Map(
      Cast.tags(this.wanted.entries).map((tag) => [tag, this.stage.startCount(tag)])
    )
    this.killLoggers(round.loggerDeaths.before)
    const passed = [this.wanted]
    const pass = (action: Action) => {
      const after = Plan.applied(this.wanted, action)
      // A daemon that was killed in between reads the new cltab, and does not know of the tell.
      passed.push({ entries: after.entries, targets: this.wanted.targets }, after)
      this.wanted = after
    }
    for (const { action } of round.actions) pass(action)

    const again = [...await this.actAndCrash(round)]
    if (round.silentEdit !== undefined) {
      pass(round.silentEdit)
      if (again.length === 0) this.stage.writeCltab(round.silentEdit)
      else again.push(round.silentEdit)
    }
    const killed = this.killSome(round.deaths)
    this.killLoggers(round.loggerDeaths.meanwhile)
    if (round.downMillis > 0) await pause(round.downMillis)
    for (const millis of round.successorMillis) {
      const successor = this.home.start()
      await pause(millis)
      if (!successor.isRunning()) throw new Error(`a daemon ended by itself:\n${this.home.tail()}`)
      await this.crash()
    }
    const began = performance.now()
    await this.resume()
    for (const action of again) await this.stage.act(action)
    await this.stage.isCalm(this.wanted, this.doubtful)
    this.figures.calm.push(performance.now() - began)
    const retried = new Set(
      round.actions.flatMap(({ action }) => action._tag === "retry" ? [action.group] : [])
    )
    this.checkUntouched(passed, killed, retried, pidsBefore, startsBefore)
    await this.lines.check()
    const active = new Set(Cast.tags(Expectation.active(this.wanted)))
    for (const tag of this.doubtful) if (!active.has(tag)) this.doubtful.delete(tag)
  }

  /** What was to stay throughout has its process still; what had finished was not run again. */
  private checkUntouched(
    passed: ReadonlyArray<Wanted>,
    killed: ReadonlySet<string>,
    retried: ReadonlySet<string>,
    pidsBefore: ReadonlyMap<string, number>,
    startsBefore: ReadonlyMap<string, number>
  ): void {
    const entries = new Map(this.wanted.entries.map((entry) => [entry.tag, entry]))
    const pids = this.stage.leaders()
    for (const tag of Expectation.untouched(passed)) {
      const entry = entries.get(tag)!
      // Those die by themselves, or are given up by each daemon anew.
      if (killed.has(tag) || Expectation.isFlighty(entry) || entry.fate === "given up") continue
      if (retried.has(entry.group) && Expectation.stateOf(entry) === "Failed") continue
      if (pids.get(tag) !== pidsBefore.get(tag)) {
        throw new Error(
          `${tag} was left alone, and its pid was ${pidsBefore.get(tag)} and is ${pids.get(tag)}`
        )
      }
      if (this.stage.startCount(tag) !== startsBefore.get(tag)) {
        throw new Error(`${tag} was left alone, and was started ${this.stage.startCount(tag)} times now`)
      }
      this.figures.untouched++
    }
  }

  /** How often the daemons logged this. */
  logged(text: string): number {
    return fs.readFileSync(this.home.log, "utf8").split(text).length - 1
  }
}
