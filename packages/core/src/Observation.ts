import type * as Event from "@clinit/protocol/Event"
import type { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { GroupState, ProcessState, ProcessStatus, RunEnd } from "@clinit/protocol/Status"
import type { Entry } from "./Cltab.ts"
import type { Facts } from "./StatusBoard.ts"

/** One group's way to a level, or without `to` to a halt, from the decision on. */
export interface Transition {
  readonly group: GroupName
  readonly from?: Level
  readonly to?: Level
  readonly beganNanos: bigint
}

/**
 * One run of an entry, from its start until nothing of it is left; `run` counts the starts before it since the entry
 * was started first. One that an earlier daemon started was taken over at `beganNanos`, and runs `sinceMillis` of 1970.
 */
export interface Life {
  readonly group: GroupName
  readonly tag: Tag
  readonly run: number
  readonly beganNanos: bigint
  readonly sinceMillis?: number
}

/** How a transition ended: as the group's state says, before it came to its end by another one, or with the group at rest. */
export type Outcome = "DONE" | "PASSED" | "FAILED" | "superseded" | "halted"

/**
 * What metrics and spans tell of. `Ended`: how a run ended by itself or timed out, before what it left is stopped; an
 * end that was asked for is the `end` of `Down`. Times are seconds.
 */
export type Occurrence =
  | { readonly _tag: "Began"; readonly transition: Transition }
  | {
    readonly _tag: "Settled"
    readonly transition: Transition
    readonly outcome: Outcome
    readonly seconds: number
  }
  | { readonly _tag: "Starting"; readonly life: Life; readonly again: boolean }
  | { readonly _tag: "Running"; readonly life: Life; readonly pid?: number; readonly seconds?: number }
  /** The step of a stop, counted from 1: a signal that is sent, or a command. */
  | { readonly _tag: "Step"; readonly life: Life; readonly number: number; readonly means: string }
  | { readonly _tag: "Ended"; readonly life: Life; readonly end: RunEnd }
  | {
    readonly _tag: "Down"
    readonly life: Life
    readonly end?: RunEnd
    /** It ended in a way that makes a respawn entry start again, or another one fail. */
    readonly failed: boolean
    /** How long it was being stopped, if it was. */
    readonly stopSeconds?: number
  }
  | { readonly _tag: "Paused"; readonly group: GroupName; readonly tag: Tag }
  | { readonly _tag: "GivenUp"; readonly group: GroupName; readonly tag: Tag }

interface Open {
  readonly life: Life
  steps: number
  stoppingSinceNanos?: bigint
  end?: RunEnd
}

interface Known {
  lastEnd: RunEnd | undefined
  open: Open | undefined
}

const seconds = (fromNanos: bigint, toNanos: bigint) => Number(toNanos - fromNanos) / 1e9

const nameOf = ({ group, tag }: Entry) => `${group}:${tag}`

/** What a step of a stop does, in one word. */
const meansOf = (state: ProcessState): string | undefined =>
  state._tag !== "Stopping" ? undefined : state.command === undefined ? state.signal : "command"

const settledIn = { DONE: "DONE", PASSED: "PASSED", FAILED: "FAILED", CONFIGURED: "halted" } as const

/** What makes occurrences of the published state: the same calls that change it, each made just after the change. */
export interface Observation {
  readonly decided: (group: GroupName, decided: Event.Happening & { _tag: "Decided" }) => void
  readonly setGroup: (group: GroupName, state: GroupState) => void
  readonly removeGroup: (group: GroupName) => void
  readonly setProcess: (
    entry: Entry,
    state: ProcessState,
    facts: Facts | undefined,
    status: ProcessStatus | undefined
  ) => void
  readonly removeProcess: (entry: Entry, end?: RunEnd) => void
}

/** Tells of each occurrence once, in the step in which it is published; `nowNanos` is the monotonic clock. */
export const make = (tell: (occurrence: Occurrence) => void, nowNanos: () => bigint): Observation => {
  const transitions = new Map<GroupName, Transition>()
  const states = new Map<GroupName, GroupState>()
  const entries = new Map<string, Known>()

  const settle = (group: GroupName, outcome: Outcome) => {
    const transition = transitions.get(group)
    if (transition === undefined) return
    transitions.delete(group)
    tell({ _tag: "Settled", transition, outcome, seconds: seconds(transition.beganNanos, nowNanos()) })
  }

  const over = (known: Known, failed: boolean, end = known.open?.end) => {
    const { open } = known
    if (open === undefined) return
    known.open = undefined
    const { life, stoppingSinceNanos } = open
    tell({
      _tag: "Down",
      life,
      failed,
      ...(end === undefined ? {} : { end }),
      ...(stoppingSinceNanos === undefined
        ? {}
        : { stopSeconds: seconds(stoppingSinceNanos, nowNanos()) })
    })
  }

  const begin = (known: Known, { group, tag }: Entry, run: number, sinceMillis?: number): Life => {
    const adopted = sinceMillis === undefined ? {} : { sinceMillis }
    const life = { group, tag, run, beganNanos: nowNanos(), ...adopted }
    known.open = { life, steps: 0 }
    return life
  }

  const step = ({ open }: Known, means: string) => {
    if (open === undefined) return
    open.steps++
    open.stoppingSinceNanos ??= nowNanos()
    tell({ _tag: "Step", life: open.life, number: open.steps, means })
  }

  return {
    decided(group, { from, to }) {
      settle(group, "superseded")
      // A group that stands still already publishes nothing when it is halted.
      const state = states.get(group)
      if (to === undefined && (state === undefined || state === "CONFIGURED")) return
      const transition = {
        group,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        beganNanos: nowNanos()
      }
      transitions.set(group, transition)
      tell({ _tag: "Began", transition })
    },
    setGroup(group, state) {
      states.set(group, state)
      if (state in settledIn) settle(group, settledIn[state as keyof typeof settledIn])
    },
    removeGroup(group) {
      states.delete(group)
      transitions.delete(group)
    },
    setProcess(entry, state, facts, status) {
      const { group, tag } = entry
      const name = nameOf(entry)
      let known = entries.get(name)
      const again = known !== undefined
      if (known === undefined) entries.set(name, known = { lastEnd: undefined, open: undefined })
      const end = facts?.lastEnd
      if (end !== undefined && end !== known.lastEnd) {
        known.lastEnd = end
        if (known.open !== undefined) {
          known.open.end = end
          tell({ _tag: "Ended", life: known.open.life, end })
        }
      }
      const run = status?.restarts ?? 0
      switch (state._tag) {
        case "Starting":
          over(known, !isInOrder(known.lastEnd))
          return tell({ _tag: "Starting", life: begin(known, entry, run), again })
        case "Running": {
          const begun = known.open?.life
          const life = begun ?? begin(known, entry, run, facts?.since)
          const took = begun === undefined ? {} : { seconds: seconds(begun.beganNanos, nowNanos()) }
          return tell({ _tag: "Running", life, ...pidOf(state), ...took })
        }
        case "Stopping": {
          const means = meansOf(state)
          // Nothing is left but its loggers.
          if (means === undefined) return over(known, false)
          if (known.open === undefined && facts?.adopted === true) {
            tell({ _tag: "Running", life: begin(known, entry, run, facts.since), ...pidOf(state) })
          }
          return step(known, means)
        }
        case "Pausing":
          over(known, true)
          return tell({ _tag: "Paused", group, tag })
        case "Failed":
          over(known, true)
          return entry.mode === "respawn" ? tell({ _tag: "GivenUp", group, tag }) : undefined
        default:
          return over(known, false)
      }
    },
    removeProcess(entry, end) {
      const name = nameOf(entry)
      const known = entries.get(name)
      if (known === undefined) return
      over(known, false, known.open?.end ?? end)
      entries.delete(name)
    }
  }
}

const isInOrder = (end: RunEnd | undefined) => end?._tag === "Exited" && end.code === 0

const pidOf = ({ pid }: { readonly pid?: number | undefined }) => pid === undefined ? {} : { pid }
