import * as fs from "node:fs"
import * as Proc from "../../../packages/cli/test/support/Proc.ts"
import * as Belonging from "./Belonging.ts"
import * as Worker from "./Worker.ts"

/** A process that an entry's first process is, or that it has beside it. */
export interface Member {
  readonly pid: number
  readonly tag: string
  readonly version: number
  /** Marked as such by the worker, or not the leader of its session. */
  readonly isCompanion: boolean
}

const valuesIn = (environment: ReadonlyArray<string>): ReadonlyMap<string, string> =>
  new Map(environment.map((text) => [text.split("=")[0]!, text.slice(text.indexOf("=") + 1)]))

const leadsSession = (pid: number): boolean => {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1")
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]) === pid
  } catch {
    return false
  }
}

/** What the test's processes are. */
export interface Facts {
  readonly members: ReadonlyArray<Member>
  /** Those that read what an entry writes. */
  readonly loggers: ReadonlyArray<Pick<Member, "pid" | "tag">>
  /** Those that the daemon started and that are not yet, or never, what the entry's command makes of them. */
  readonly unnamed: ReadonlyArray<number>
}

/** The live processes that bear the test's mark, but for the daemon and its forker. Nothing of the product is asked. */
export const look = (mark: string, daemon: number | undefined): Facts => {
  const members: Array<Member> = []
  const loggers: Array<Facts["loggers"][number]> = []
  const unnamed: Array<number> = []
  const daemons = new Set(daemon === undefined ? [] : [daemon])
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number)) {
    const environment = Belonging.environment(pid)
    if (pid === daemon || !Belonging.isOf(mark, environment) || Proc.forksFor(pid, daemons)) continue
    const values = valuesIn(environment)
    const [tag, version] = (values.get(Worker.entryName) ?? "").split("@")
    if (tag === undefined || version === undefined) {
      unnamed.push(pid)
      continue
    }
    const role = values.get(Worker.roleName)
    if (role === "logger") {
      loggers.push({ pid, tag })
      continue
    }
    const isCompanion = role !== undefined
    // What a worker merely waits for, such as its `sleep`, is neither.
    if (isCompanion || leadsSession(pid)) members.push({ pid, tag, version: Number(version), isCompanion })
  }
  return { members, loggers, unnamed }
}

/** The starts that were written down, as `PID STARTTIME`, by tag. */
export const starts = (directory: string, tag: string): ReadonlyArray<string> => {
  const file = `${directory}/starts/${tag}`
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n").slice(0, -1) : []
}
