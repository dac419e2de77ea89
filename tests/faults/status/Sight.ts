import * as fs from "node:fs"
import { environment } from "../crash/Belonging.ts"

/** A live process of an entry, told from every other of this boot. */
export interface Seen {
  readonly pid: number
  readonly startTime: string
  /** `GROUP/TAG` of the entry that it belongs to. */
  readonly entry: string
}

/** By this variable, which their settings give them, the processes of entries are known. */
export const variable = "CLINIT_ENTRY"

const startTimeOf = (pid: number): string | undefined => {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return ["Z", "X"].includes(fields[0]!) ? undefined : fields[19]
  } catch {
    return undefined
  }
}

const keyOf = ({ pid, startTime }: Pick<Seen, "pid" | "startTime">) => `${pid} ${startTime}`

/** Whether it lives; a zombie does not. */
export const isAlive = ({ pid, startTime }: Pick<Seen, "pid" | "startTime">): boolean =>
  startTimeOf(pid) === startTime

/** Whether anything with the pid lives. */
export const hasLife = (pid: number): boolean => startTimeOf(pid) !== undefined

/** A pid is not somebody else's so soon after its process was seen: so many are not started in this time. */
const reuseMillis = 2_000

/** Looks at the live processes of entries whose environment has this mark, and remembers which it ever saw. */
export const make = (mark: string) => {
  const known = new Map<string, Seen | undefined>()
  const lastSeen = new Map<number, number>()
  return {
    /** Whether a process with this pid was among what was seen of late. */
    hasSeen: (pid: number) => performance.now() - (lastSeen.get(pid) ?? -Infinity) < reuseMillis,
    take: (): ReadonlyArray<Seen> =>
      fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
        const pid = Number(name)
        const startTime = startTimeOf(pid)
        if (startTime === undefined) return []
        const key = keyOf({ pid, startTime })
        let seen = known.get(key)
        if (!known.has(key)) {
          const variables = environment(pid)
          const entry = variables.find((each) => each.startsWith(`${variable}=`))?.slice(variable.length + 1)
          seen = entry !== undefined && variables.some((each) => each.endsWith(`=${mark}`))
            ? { pid, startTime, entry }
            : undefined
          // Before its command is executed a process has another environment: what is strange is asked again.
          if (seen !== undefined) known.set(key, seen)
        }
        if (seen !== undefined) lastSeen.set(pid, performance.now())
        return seen === undefined ? [] : [seen]
      })
  }
}
