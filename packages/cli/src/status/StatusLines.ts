import { escape, quote } from "@clinit/core/Quotation"
import type {
  DaemonStatus,
  GroupStatus,
  ProcessState,
  ProcessStatus,
  StoppedEntry
} from "@clinit/protocol/Status"
import { describeEnd } from "@clinit/protocol/StatusWords"
import * as Time from "../Time.ts"
import * as Paint from "./Paint.ts"

/** As what a status is shown: at which time (milliseconds since 1970), with all entries or only those that were started. */
export interface View {
  readonly now: number
  readonly all: boolean
  readonly paint: Paint.Paint
}

/** Without colours, and without what has not been started. */
export const plainly = (now: number): View => ({ now, all: false, paint: Paint.none })

/** What was done last to stop it. */
export const stopping = ({ command, signal }: ProcessState & { readonly _tag: "Stopping" }): string =>
  signal !== undefined ? `sent ${signal}` : command !== undefined ? `ran ${quote(command)}` : ""

const detail = (state: ProcessState, now: number): string => {
  switch (state._tag) {
    case "Running":
      return state.pid === undefined ? "" : ` pid ${state.pid}`
    case "Stopping": {
      if (state.pid === undefined) return ""
      const done = stopping(state)
      return ` pid ${state.pid}${done === "" ? "" : `, ${done}`}`
    }
    case "Pausing":
      return ` until ${Time.clock(state.retryAt, now)}`
    default:
      return ""
  }
}

/** A state's name, as it is printed. */
export const nameOf = (state: ProcessState): string => state._tag.toUpperCase()

/** A state with what is known of the process behind it. */
export const describeState = (state: ProcessState, now: number): string =>
  `${nameOf(state)}${detail(state, now)}`

/** What comes next, if nothing else happens before. */
export const next = (state: ProcessState, now: number): ReadonlyArray<string> => {
  switch (state._tag) {
    case "Pausing":
      return [
        `retry in ${Time.until(state.retryAt, now)}`,
        ...(state.why === undefined ? [] : [escape(state.why)])
      ]
    case "Stopping":
      return state.next === undefined || state.nextAt === undefined
        ? []
        : [`${escape(state.next)} in ${Time.until(state.nextAt, now)}`]
    default:
      return []
  }
}

/** What else is known of an entry that was started. */
export const remarks = (
  { byHand, lastEnd, loggers = [], modified }: ProcessStatus
): ReadonlyArray<string> => [
  ...(lastEnd === undefined ? [] : [`last ${escape(describeEnd(lastEnd))}`]),
  ...(byHand === true ? ["started by hand"] : []),
  ...(modified === true ? ["modified since loaded"] : []),
  ...loggers.map(({ pid, reads }) => `${reads} to pid ${pid}`)
]

/** What holds the process's tree together, and whether an earlier daemon started it: `cgroup, adopted`. */
export const hold = ({ adopted, containment }: ProcessStatus): string =>
  containment === undefined ? "" : `${containment}${adopted === true ? ", adopted" : ""}`

/** What is known of an entry that was started, but for what it is called. */
export const facts = ({ now, paint }: View, status: ProcessStatus): string => {
  const { containment, restarts, since, state } = status
  const held = hold(status)
  // What a process that has ended was sent last does not matter to what it has left; a fiber has no pid to begin with.
  const done = containment === "fiber" && state._tag === "Stopping" ? stopping(state) : ""
  const painted = `${paint(Paint.ofEntry(state), nameOf(state))}${detail(state, now)}${
    done === "" ? "" : `, ${done}`
  }`
  return [
    `${painted}${held === "" ? "" : ` [${held}]`}`,
    `${state._tag === "Running" ? "up" : "since"} ${Time.span(now - since)}`,
    ...next(state, now),
    ...(restarts > 0 ? [`restarted ${restarts} time${restarts === 1 ? "" : "s"}`] : []),
    ...remarks(status)
  ].join(", ")
}

const started = (view: View) => (entry: ProcessStatus): string =>
  `  ${escape(entry.tag)} ${entry.mode} ${facts(view, entry)}`

/** Why an entry of the cltab does not run. */
export const reason = ({ byHand, levels, mode }: StoppedEntry): string =>
  byHand === true ? "by hand" : mode === "off" ? "turned off" : `levels ${escape(levels)}`

const stopped = ({ paint }: View) => (entry: StoppedEntry): string =>
  `  ${escape(entry.tag)} ${entry.mode} ${paint("idle", "STOPPED")}, ${reason(entry)}`

/** What of a group's stopped entries is shown: what was stopped by hand always, the others if all were asked for. */
export const shownOf = ({ stopped = [] }: GroupStatus, { all }: View): ReadonlyArray<StoppedEntry> =>
  stopped.filter(({ byHand }) => all || byHand === true)

/** A group's own line. */
export const heading = ({ now, paint }: View, { group, level, since, state }: GroupStatus): string =>
  `${escape(`${group} ${level ?? "-"}`)} ${paint(Paint.ofGroup(state), state)}${
    since === undefined ? "" : ` since ${Time.span(now - since)}`
  }`

/** A group's line and, indented, one for each entry that it has started. */
export const group = (view: View) => (status: GroupStatus): ReadonlyArray<string> => [
  heading(view, status),
  ...status.processes.map(started(view)),
  ...shownOf(status, view).map(stopped(view))
]

/** Lasting trouble. */
export const warnings = ({ warnings }: DaemonStatus): ReadonlyArray<string> =>
  warnings.flatMap((warning) => `warning: ${warning}`.split("\n").map(escape))

/** The daemon's status line by line, for grep: lasting trouble, then the groups. */
export const status = (view: View, daemon: DaemonStatus): string =>
  [...warnings(daemon), ...daemon.groups.flatMap(group(view))].map((line) => `${line}\n`).join("")
