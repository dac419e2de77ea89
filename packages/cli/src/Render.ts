import { escape, quote } from "@clinit/core/Quotation"
import type { DaemonStatus, GroupStatus, ProcessState, ProcessStatus } from "@clinit/protocol/Status"
import { describeEnd } from "@clinit/protocol/Status"

const stopping = ({ command, signal }: ProcessState & { readonly _tag: "Stopping" }): string =>
  signal !== undefined ? `, sent ${signal}` : command !== undefined ? `, ran ${quote(command)}` : ""

const detail = (state: ProcessState): string => {
  switch (state._tag) {
    case "Running":
      return ` pid ${state.pid}`
    case "Stopping":
      return state.pid === undefined ? "" : ` pid ${state.pid}${stopping(state)}`
    case "Pausing":
      return ` until ${new Date(state.retryAt).toISOString()}`
    default:
      return ""
  }
}

/** What holds the process's tree together, and whether an earlier daemon started it. */
const hold = ({ adopted, containment }: ProcessStatus): string =>
  containment === undefined ? "" : ` [${containment}${adopted === true ? ", adopted" : ""}]`

/** A state with what is known of the process behind it. */
export const describeState = (state: ProcessState): string => `${state._tag.toUpperCase()}${detail(state)}`

const process = (status: ProcessStatus): string => {
  const { lastEnd, loggers = [], mode, restarts, tag } = status
  return [
    `  ${tag} ${mode} ${describeState(status.state)}${hold(status)}`,
    ...(restarts > 0 ? [`restarted ${restarts} time${restarts === 1 ? "" : "s"}`] : []),
    ...(lastEnd === undefined ? [] : [`last ${escape(describeEnd(lastEnd))}`]),
    ...loggers.map(({ pid, reads }) => `${reads} to pid ${pid}`)
  ].join(", ")
}

/** A group's line and, indented, one for each entry that it has started. */
export const group = ({ group, level, processes, state }: GroupStatus): ReadonlyArray<string> => [
  `${group} ${level ?? "-"} ${state}`,
  ...processes.map(process)
]

/** The daemon's status for people: lasting trouble, then the groups. */
export const status = ({ groups, warnings }: DaemonStatus): string =>
  [
    ...warnings.flatMap((warning) => `warning: ${warning}`.split("\n").map(escape)),
    ...groups.flatMap(group)
  ].map((line) => `${line}\n`).join("")
