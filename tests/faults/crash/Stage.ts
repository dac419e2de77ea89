import * as fs from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import * as Cast from "./Cast.ts"
import * as Expectation from "./Expectation.ts"
import * as Facts from "./Facts.ts"
import { Home } from "./Home.ts"
import type { Action, Wanted } from "./Plan.ts"
import { untilContent } from "./Polling.ts"
import * as Worker from "./Worker.ts"

/** Long enough for a stop by TERM on a machine with much else to do. */
const calmSeconds = 60

/** A home whose cltab has the cast's entries, and the actions of an operator there. */
export class Stage {
  readonly home = new Home()
  private readonly settings: ReadonlyArray<string>

  constructor(containment: string) {
    this.settings = [`:::containment:${containment}`]
    Worker.install(this.home.directory, Cast.tags(Cast.entries(false)))
  }

  writeCltab({ entries }: Pick<Wanted, "entries">): void {
    this.home.configure([
      ...this.settings,
      ...entries.flatMap((entry) => Cast.lines(entry, this.home.directory))
    ])
  }

  /** Takes the action; throws `Lost` if the daemon went away, and it is to be taken again. */
  async act(action: Action): Promise<void> {
    if ("entries" in action) this.writeCltab(action)
    if (action._tag === "delete") await this.home.client.reread()
    else if (action._tag === "apply") await this.home.client.apply()
    else if (action._tag === "retry") await this.home.client.retry(action.group)
    else await this.home.client.tell(action.group, action.level)
  }

  look(): Facts.Facts {
    return Facts.look(this.home.directory, this.home.daemon?.pid)
  }

  /** The pids of the entries' first processes. */
  leaders(): ReadonlyMap<string, number> {
    return new Map(
      this.look().members.filter(({ isCompanion }) => !isCompanion).map(({ pid, tag }) => [tag, pid])
    )
  }

  /** The pids of the loggers. */
  loggers(): Facts.Facts["loggers"] {
    return this.look().loggers
  }

  startCount(tag: string): number {
    return Facts.starts(this.home.directory, tag).length
  }

  /** Waits until everything is as it should be, by the status and by the facts; fails if that does not come. */
  async isCalm(wanted: Wanted, doubtful: ReadonlySet<string>): Promise<void> {
    let unnamedBefore: ReadonlyArray<number> = []
    await untilContent(async () => {
      const { loggers, members, unnamed } = this.look()
      // Every process is unnamed for a moment: between fork and exec, and while a shell moves into its control group.
      const lasting = unnamed.filter((pid) => unnamedBefore.includes(pid))
      unnamedBefore = unnamed
      const status = await this.home.client.status()
      return Expectation.complaint(wanted, { members, loggers, status, unnamed: lasting }, doubtful)
    }, calmSeconds)
    for (const [file, what] of [["duplicates", "run twice"], ["misfits", "not set up"]] as const) {
      const found = fs.readFileSync(this.home.path(file), "utf8")
      if (found !== "") throw new Error(`${what}: ${found}`)
    }
    const defects = fs.readFileSync(this.home.log, "utf8").split("\n").filter((line) =>
      line.includes("internal error")
    )
    if (defects.length > 0) throw new Error(defects.join("\n"))
  }

  /**
   * Brings it to where the same actions always lead: entries that ended unseen are started again, each group is at its
   * level by the latest cltab.
   */
  async conclude(wanted: Wanted, doubtful: ReadonlySet<string>): Promise<ReadonlyArray<string>> {
    const groups = new Set(
      wanted.entries.filter(({ tag }) => doubtful.has(tag)).map(({ group }) => group)
    )
    for (const [group, level] of wanted.targets) {
      if (groups.has(group)) await this.home.client.tell(group, "0", true)
      await this.home.client.tell(group, level, true)
    }
    await this.isCalm(wanted, new Set())
    const status = await this.home.client.status()
    const flighty = new Set(Cast.tags(wanted.entries.filter(Expectation.isFlighty)))
    return [
      ...Expectation.groupsIn(status),
      ...status.groups.flatMap(({ processes }) =>
        processes.map(({ state, tag }) => flighty.has(tag) ? `${tag} is there` : `${tag} ${state._tag}`)
      ),
      ...this.look().members.filter(({ tag }) => !flighty.has(tag)).map(({ isCompanion, tag, version }) =>
        `${tag} runs in version ${version}${isCompanion ? ", beside its first process" : ""}`
      )
    ].toSorted()
  }

  /** Shuts down in order; nothing may be left. */
  async close(): Promise<void> {
    await this.home.shutDown()
    const remains = this.home.remains()
    if (remains.length > 0) throw new Error(`left behind by the shutdown: ${remains.join("; ")}`)
  }
}

/** Waits; nothing else is to happen in the meantime that could be waited for. */
export const pause = (millis: number): Promise<void> => delay(millis)
