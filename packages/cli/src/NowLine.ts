import { escape } from "@clinit/core/Quotation"
import type { GroupStatus } from "@clinit/protocol/Status"
import * as StatusLines from "./status/StatusLines.ts"

const ofEntry = (group: GroupStatus, tag: string, now: number): string => {
  const started = group.processes.find((each) => each.tag === tag)
  if (started !== undefined) return StatusLines.facts(StatusLines.plainly(now), started)
  const { level } = group
  const stopped = group.stopped?.find((each) => each.tag === tag)
  if (stopped?.byHand === true || stopped?.mode === "off") return `STOPPED, ${StatusLines.reason(stopped)}`
  if (level === undefined) return `STOPPED, ${escape(group.group)} was never told a level`
  const lack = stopped === undefined ? "" : `, which its levels (${stopped.levels}) lack`
  return escape(`STOPPED, ${group.group} is at level ${level}${lack}`)
}

/**
 * What is so now of the group, or of its entry with the tag: what `clinit status` says, and of an entry that is not started
 * why that is. `undefined` is a group that there is no more. The time is in milliseconds since 1970.
 */
export const line = (group: GroupStatus | undefined, tag: string | undefined, now: number): string => {
  if (group === undefined) return "now: not in the cltab"
  if (tag !== undefined) return `now: ${ofEntry(group, tag, now)}`
  return group.level === undefined
    ? "now: never told a level"
    : `now: ${StatusLines.heading(StatusLines.plainly(now), group)}`
}
