import { escape, quote } from "@clinit/core/Quotation"
import type { Event, Happening, Requester } from "@clinit/protocol/Event"
import type { Level } from "@clinit/protocol/Names"
import type { StopReason } from "@clinit/protocol/Plan"
import type { GroupStatus, ProcessState, ProcessStatus, RunEnd } from "@clinit/protocol/Status"
import { describeEnd, describeReason } from "@clinit/protocol/StatusWords"

const digits = (value: number, width = 2) => String(value).padStart(width, "0")

/** The day by this machine's clock, as `2026-11-23`. */
const dayOf = (at: Date) => `${at.getFullYear()}-${digits(at.getMonth() + 1)}-${digits(at.getDate())}`

/** The time of day, with the day unless that is the day of `now`. Both are in milliseconds since 1970. */
export const time = (atMillis: number, nowMillis: number): string => {
  const at = new Date(atMillis)
  const day = dayOf(at)
  const clock = `${digits(at.getHours())}:${digits(at.getMinutes())}:${digits(at.getSeconds())}.${
    digits(at.getMilliseconds(), 3)
  }`
  return day === dayOf(new Date(nowMillis)) ? clock : `${day} ${clock}`
}

/** How long, in words that grow coarser: `20 ms`, `0.3 s`, `3 min`, `2 h`, `5 d`. */
export const span = (millis: number): string => {
  const seconds = Math.max(0, millis) / 1_000
  if (seconds < 0.1) return `${Math.round(seconds * 1_000)} ms`
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 2 * 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

const requester = (by: Requester): string => {
  if ("signal" in by) return `by ${by.signal}`
  const { command, pid, user } = by
  const process = [...(pid === undefined ? [] : [`pid ${pid}`]), ...(command === undefined ? [] : [command])]
  const who = user ?? "an unnamed client"
  return `by ${who}${process.length === 0 ? "" : ` (${process.join(": ")})`}`
}

const because = (reason: StopReason | undefined, to: Level | undefined): string =>
  reason === undefined ? "" : ` (${describeReason(reason, to)})`

/** Where the group goes; with a tag, what that means for this entry of it. */
const decision = (
  { from, start, stop, to }: Happening & { _tag: "Decided" },
  tag: string | undefined
): string => {
  const way = to === undefined
    ? `is halted${from === undefined ? "" : ` at level ${from}`}`
    : from === undefined
    ? `goes to level ${to}`
    : from === to
    ? `stays at level ${to}`
    : `goes from level ${from} to ${to}`
  const stops = stop.filter((each) => tag === undefined || each.tag === tag)
  const starts = start.filter((each) => tag === undefined || each === tag)
  if (tag !== undefined) {
    const [stopped] = stops
    const fate = [
      ...(stopped === undefined ? [] : [`is stopped${because(stopped.reason, to)}`]),
      ...(starts.length === 0 ? [] : ["is started"])
    ].join(" and ")
    return `${way}: ${tag} ${fate === "" ? "is left as it is" : fate}`
  }
  const deeds = [
    ...(stops.length === 0
      ? []
      : [`stops ${stops.map((each) => each.tag + because(each.reason, to)).join(", ")}`]),
    ...(starts.length === 0 ? [] : [`starts ${starts.join(", ")}`])
  ]
  return `${way}: ${deeds.length === 0 ? "nothing to stop or to start" : deeds.join("; ")}`
}

/** How a run ended, and after how long unless the words say so. */
const ended = (end: RunEnd, ranMillis: number | undefined): string =>
  `${describeEnd(end)}${
    ranMillis === undefined || end._tag === "TimedOut" ? "" : ` after ${span(ranMillis)}`
  }`

const entry = (what: Happening & { _tag: "Entry" }, nowMillis: number): string => {
  const { adopted, ranMillis, state } = what
  const last = what.end === undefined
    ? []
    : [ended(what.end, ranMillis)]
  return [...last, ...stateWords(state, adopted === true, what.end, nowMillis)].join("; ")
}

const stateWords = (
  state: ProcessState | undefined,
  isAdopted: boolean,
  ended: RunEnd | undefined,
  nowMillis: number
): ReadonlyArray<string> => {
  switch (state?._tag) {
    case undefined:
      return ["is down"]
    case "Starting":
      return [ended === undefined ? "is started" : "is started again"]
    case "Running":
      return [
        isAdopted
          ? `goes on as pid ${state.pid}, taken over from the daemon before`
          : `runs as pid ${state.pid}`
      ]
    case "Pausing":
      return [
        `pauses until ${time(state.retryAt, nowMillis)}${state.why === undefined ? "" : `: ${state.why}`}`
      ]
    case "Stopping":
      if (state.pid === undefined) return ["is down but for its loggers"]
      if (state.signal !== undefined) return [`pid ${state.pid} was sent ${state.signal}`]
      if (state.command !== undefined) return [`pid ${state.pid} is stopped by ${quote(state.command)}`]
      return [`pid ${state.pid} is stopped`]
    case "Done":
    case "Passed":
    case "Failed":
      return [state._tag.toUpperCase()]
  }
}

const words = (what: Happening, tag: string | undefined, nowMillis: number): string => {
  switch (what._tag) {
    case "Asked":
      return `was told "${what.order}" ${requester(what.by)}`
    case "Refused":
      return `refused "${what.order}" ${requester(what.by)}: ${what.reason}`
    case "Decided":
      return decision(what, tag)
    case "Group":
      return what.state === undefined ? "is forgotten" : `is ${what.state} at level ${what.level ?? "-"}`
    case "Entry":
      return entry(what, nowMillis)
    case "Daemon":
      return what.words
  }
}

/**
 * An event in one line, safe on a terminal: when, what it is of, what happened. With a tag, of a group's decision only what
 * it means for this entry.
 */
export const line = (
  { at, group, tag, what }: Event,
  { nowMillis, tag: focus }: { readonly nowMillis: number; readonly tag?: string | undefined }
): string => {
  const subject = group === undefined ? "daemon" : tag === undefined ? group : `${group}/${tag}`
  return escape(`${time(at, nowMillis)} ${subject} ${words(what, focus, nowMillis).replaceAll("\n", " ")}`)
}

const runningWords = ({ lastEnd, since, state, tag }: ProcessStatus, nowMillis: number): string => {
  const forSpan = `for ${span(nowMillis - since)}`
  switch (state._tag) {
    case "Starting":
      return `being started ${forSpan}`
    case "Running":
      return `running as pid ${state.pid} ${forSpan}`
    case "Done":
    case "Passed":
    case "Failed":
      return `${state._tag.toUpperCase()} ${forSpan}${
        lastEnd === undefined ? "" : `: ${tag} ${describeEnd(lastEnd)}`
      }`
    default:
      return stateWords(state, false, undefined, nowMillis).join("; ")
  }
}

/** What is so now of the group or of the entry with the tag; `undefined` for a group that there is no more. */
export const now = (group: GroupStatus | undefined, tag: string | undefined, nowMillis: number): string => {
  if (group === undefined) return "now: not in the cltab"
  const { level } = group
  if (tag === undefined) {
    const forSpan = group.since === undefined ? "" : ` for ${span(nowMillis - group.since)}`
    return escape(
      `now: ${level === undefined ? "never told a level" : `${group.state} at level ${level}`}${forSpan}`
    )
  }
  const process = group.processes.find((each) => each.tag === tag)
  if (process !== undefined) {
    const hand = process.byHand === true ? ", started by hand" : ""
    return escape(`now: ${runningWords(process, nowMillis)}${hand}`)
  }
  const stopped = group.stopped?.find((each) => each.tag === tag)
  if (stopped?.byHand === true) return "now: stopped by hand"
  if (level === undefined) return escape(`now: not started: ${group.group} was never told a level`)
  if (stopped?.mode === "off") return "now: not started: it is turned off"
  return escape(
    stopped === undefined
      ? `now: not started: ${group.group} is at level ${level}`
      : `now: not started: ${group.group} is at level ${level}, which its levels (${stopped.levels}) lack`
  )
}
