import { escape, quote } from "@clinit/core/Quotation"
import type { Event, Happening, Requester } from "@clinit/protocol/Event"
import type { Level } from "@clinit/protocol/Names"
import type { StopReason } from "@clinit/protocol/Plan"
import type { ProcessState, RunEnd } from "@clinit/protocol/Status"
import { describeEnd, describeReason } from "@clinit/protocol/StatusWords"
import * as Time from "./Time.ts"

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
    ranMillis === undefined || end._tag === "TimedOut" ? "" : ` after ${Time.fineSpan(ranMillis)}`
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
          : `runs as ${state.pid === undefined ? "a fiber" : `pid ${state.pid}`}`
      ]
    case "Pausing":
      return [
        `pauses until ${Time.clock(state.retryAt, nowMillis)}${
          state.why === undefined ? "" : `: ${state.why}`
        }`
      ]
    case "Stopping": {
      const who = state.pid === undefined ? "its fiber" : `pid ${state.pid}`
      if (state.signal !== undefined) return [`${who} was sent ${state.signal}`]
      if (state.command !== undefined) return [`${who} is stopped by ${quote(state.command)}`]
      return [state.pid === undefined ? "is down but for its loggers" : `${who} is stopped`]
    }
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
  return escape(
    `${Time.fineClock(at, nowMillis)} ${subject} ${words(what, focus, nowMillis).replaceAll("\n", " ")}`
  )
}
