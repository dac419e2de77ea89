import type { GroupName } from "@clinit/protocol/Names"
import type { RunEnd } from "@clinit/protocol/Status"
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import * as Metrics from "./Metrics.ts"
import type { Occurrence } from "./Observation.ts"

/** The metrics of one entry, or of a group itself, by what else tells them apart. */
type Series = Map<string, Metric.Metric<number, unknown>>

type OfGroup = { readonly group: GroupName } & Metrics.Labels
type OfEntry = { readonly tag: string } & OfGroup

/** How a run that was not told to end did end; nothing if it did not begin. */
const kindOf = (end: RunEnd): string | undefined => {
  switch (end._tag) {
    case "Exited":
      return end.code === 0 ? "success" : "failure"
    case "Signaled":
      return "signal"
    case "TimedOut":
      return "timeout"
    case "Unknown":
      return "unknown"
    case "NotSpawned":
      return undefined
  }
}

/** What a daemon's occurrences make of the metrics in the registry of a context. */
export interface Meter {
  readonly record: (occurrence: Occurrence) => void
  /** Forgets what was measured of the entry: the cltab has it no longer. */
  readonly forgetEntry: (group: GroupName, tag: string) => void
  readonly forgetGroup: (group: GroupName) => void
  /** Forgets what was measured of all entries but those that are named. */
  readonly forgetOthers: (isKept: (group: GroupName, tag: string) => boolean) => void
}

/**
 * Counts and measures in the context's registry, with the context's `Metric.CurrentMetricAttributes`. What was measured
 * stays in it until the entry or its group is forgotten: one that goes on is counted on by the next daemon.
 */
export const make = (context: Context.Context<never>): Meter => {
  /** By group, tag (none for the group itself), and the rest of a series' identity. */
  const series = new Map<GroupName, Map<string, Series>>()

  const find = (
    name: Metrics.Name,
    { group, tag = "", ...others }: OfGroup & { readonly tag?: string },
    make: (labels: Metrics.Labels) => Metric.Metric<number, unknown>
  ) => {
    let ofGroup = series.get(group)
    if (ofGroup === undefined) series.set(group, ofGroup = new Map())
    let ofEntry = ofGroup.get(tag)
    if (ofEntry === undefined) ofGroup.set(tag, ofEntry = new Map())
    const rest = Object.values(others)[0]
    const key = rest === undefined ? name : `${name} ${rest}`
    const known = ofEntry.get(key)
    if (known !== undefined) return known
    const labels = { group, ...(tag === "" ? {} : { tag }), ...others }
    const made = make(labels)
    ofEntry.set(key, made)
    return made
  }

  const count = (name: Metrics.OfType<"counter">, labels: OfEntry, by = 1) =>
    find(name, labels, (all) => Metrics.counter(name, all)).updateUnsafe(by, context)
  const measure = (name: Metrics.OfType<"histogram">, labels: OfGroup, seconds: number) =>
    find(name, labels, (all) => Metrics.histogram(name, all)).updateUnsafe(seconds, context)
  const remove = (ofEntry: Series) => ofEntry.forEach((metric) => Metric.removeUnsafe(metric, context))

  const forgetEntry = (group: GroupName, tag: string) => {
    const ofGroup = series.get(group)
    const ofEntry = ofGroup?.get(tag)
    if (ofEntry !== undefined) remove(ofEntry)
    ofGroup?.delete(tag)
  }

  return {
    record(occurrence) {
      switch (occurrence._tag) {
        case "Began":
          return
        case "Settled": {
          const { outcome, seconds, transition: { group } } = occurrence
          return measure("transition", { group, outcome }, seconds)
        }
        case "Starting": {
          const { again, life: { group, tag } } = occurrence
          count("starts", { group, tag })
          count("restarts", { group, tag }, again ? 1 : 0)
          // A rate can only be seen of what was there before it was counted for the first time.
          if (!again) {
            for (const name of ["refusals", "pauses", "giveUps"] as const) count(name, { group, tag }, 0)
          }
          return
        }
        case "Running": {
          const { life: { group }, seconds } = occurrence
          return seconds === undefined ? undefined : measure("start", { group }, seconds)
        }
        case "Step": {
          const { life: { group, tag }, means, number } = occurrence
          return number === 1 ? undefined : count("escalations", { group, tag, signal: means })
        }
        case "Ended": {
          const { end, life: { group, tag } } = occurrence
          const kind = kindOf(end)
          return kind === undefined
            ? count("refusals", { group, tag })
            : count("ends", { group, tag, end: kind })
        }
        case "Down": {
          const { life: { group }, stopSeconds } = occurrence
          return stopSeconds === undefined ? undefined : measure("stop", { group }, stopSeconds)
        }
        case "Paused":
          return count("pauses", { group: occurrence.group, tag: occurrence.tag })
        case "GivenUp":
          return count("giveUps", { group: occurrence.group, tag: occurrence.tag })
      }
    },
    forgetEntry,
    forgetGroup(group) {
      series.get(group)?.forEach(remove)
      series.delete(group)
    },
    forgetOthers(isKept) {
      for (const [group, ofGroup] of series) {
        for (const tag of ofGroup.keys()) if (tag !== "" && !isKept(group, tag)) forgetEntry(group, tag)
      }
    }
  }
}
