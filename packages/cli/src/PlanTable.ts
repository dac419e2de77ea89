import { escape } from "@clinit/core/Quotation"
import type { GroupPlan, PlannedKeep, PlannedStart, PlannedStop } from "@clinit/protocol/Plan"
import { describeReason, isIdle } from "@clinit/protocol/Plan"
import * as Columns from "./Columns.ts"
import * as StatusLines from "./status/StatusLines.ts"

const stop = ({ to }: GroupPlan) => ({ pid, reason, schedule, tag }: PlannedStop) =>
  [
    "stop",
    tag,
    [
      ...(schedule === undefined
        ? ["not running"]
        : [pid === undefined ? "its fiber" : `pid ${pid}`, escape(schedule)]),
      describeReason(reason, to)
    ].join("; ")
  ] as const

const keep = (now: number) => ({ settings, state, tag }: PlannedKeep) =>
  [
    "keep",
    tag,
    StatusLines.describeState(state, now) +
    (settings.length === 0 ? "" : `; from now on with another ${settings.join(", ")}`)
  ] as const

const start = ({ again, command, mode, tag }: PlannedStart) =>
  ["start", tag, `${mode}${again ? ", again" : ""}: ${escape(command)}`] as const

const way = ({ from, to }: GroupPlan): string =>
  to === undefined ? `${from ?? "-"}, halt` : from === undefined || from === to ? to : `${from} -> ${to}`

/** A group's plan: its way, then a line for each entry, in the order in which things are done. */
export const group = (now: number) => (plan: GroupPlan): ReadonlyArray<string> => {
  const lines = [...plan.stop.map(stop(plan)), ...plan.keep.map(keep(now)), ...plan.start.map(start)]
  return [
    `${plan.group} ${way(plan)}${isIdle(plan) ? ": nothing to do" : ""}`,
    ...Columns.align(lines.map(([verb, tag, rest]) => [`  ${verb.padEnd(5)}`, tag, rest]))
  ]
}

/** What would be done, for people; `now` is in milliseconds since 1970. */
export const plans = (groups: ReadonlyArray<GroupPlan>, now: number): string =>
  groups.length === 0 ? "nothing to do\n" : groups.flatMap(group(now)).map((line) => `${line}\n`).join("")
