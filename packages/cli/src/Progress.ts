import { escape, quote } from "@clinit/core/Quotation"
import type { GroupStatus, ProcessStatus } from "@clinit/protocol/Status"
import * as DisplayWidth from "./DisplayWidth.ts"
import * as Time from "./Time.ts"

/** How long a wait is before its progress is shown, and how often that is done. */
export const periodMillis = 500

/** A signal that has had no effect for this long is called ignored. */
const patienceMillis = 1_000

const short = (means: string): string => /^SIG[A-Z0-9]+$/.test(means) ? means.slice(3) : quote(means)

const named = ({ state, tag }: ProcessStatus): string =>
  "pid" in state && state.pid !== undefined ? `${tag} (pid ${state.pid})` : tag

/** What an entry is waited for that is being stopped: what it was sent, and what follows. */
const stopping = (process: ProcessStatus, now: number): string => {
  const { since, state } = process
  if (state._tag !== "Stopping") return named(process)
  const { command, next, nextAt, signal } = state
  const done = signal !== undefined
    ? `${now - since < patienceMillis ? "was sent" : "ignored"} ${short(signal)}`
    : command !== undefined
    ? `is told by ${quote(command)}`
    : "is ending"
  const follows = next === undefined || nextAt === undefined
    ? ""
    : `, ${short(next)} in ${Time.until(nextAt, now)}`
  return `${named(process)} ${done}${follows}`
}

/** What an entry is waited for that has to end before the next starts. */
const starting = (process: ProcessStatus, now: number): string =>
  `${named(process)} since ${Time.span(now - process.since)}`

const withOthers = (first: string, others: number): string =>
  others === 0 ? first : `${first} and ${others} more`

/** What the group is waiting for at the time `now`, in milliseconds since 1970; nothing if it has settled. */
export const of = ({ group, processes, state }: GroupStatus, now: number): string | undefined => {
  const going = processes.filter((process) => process.state._tag === "Stopping")
  const [last] = going.toSorted((a, b) => a.since - b.since)
  if (last !== undefined) return `stopping ${group}: ${withOthers(stopping(last, now), going.length - 1)}`
  if (state === "STOPPING" || state === "HALTING") return `stopping ${group}`
  if (state !== "STARTING" && state !== "CHECKING") return undefined
  const job = processes.find(({ mode, state }) =>
    state._tag === "Starting" || (state._tag === "Running" && (mode === "wait" || mode === "test"))
  )
  return job === undefined ? `starting ${group}` : `starting ${group}: ${starting(job, now)}`
}

/** The text as one line that a terminal of this many columns shows as one. */
export const cut = (text: string, columns: number, widthOf: DisplayWidth.WidthOf): string =>
  // The last column is left free: some terminals begin a new line behind it.
  DisplayWidth.cut(escape(text), columns - 1, widthOf)
