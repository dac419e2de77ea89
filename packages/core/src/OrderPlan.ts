import { EntryOff, NeverTold } from "@clinit/protocol/ClinitRpcs"
import type { Level, Tag } from "@clinit/protocol/Names"
import type { ProcessState as ProcessStateShown } from "@clinit/protocol/Status"
import * as Result from "effect/Result"
import * as ByHand from "./ByHand.ts"
import type { Entry } from "./Cltab.ts"
import type { Standing } from "./GroupPlanning.ts"
import type { AtLevel, Halt } from "./GroupTarget.ts"
import * as GroupTarget from "./GroupTarget.ts"
import * as LevelChange from "./LevelChange.ts"
import * as LevelList from "./LevelList.ts"
import * as ProcessState from "./ProcessState.ts"

/** An order by hand on the entry or, without one, on the whole group. */
export interface Order {
  readonly verb: ByHand.Verb
  /** The group's entries as the cltab has them, and the one among them. */
  readonly now: ReadonlyArray<Entry>
  readonly entry: Entry | undefined
}

/** A group as an order finds it: what it was told, if it was told anything, and what there is of it. */
export interface Found extends Pick<Standing, "group" | "started" | "leaving" | "stateOf"> {
  readonly target: Omit<AtLevel, "outcome"> | Omit<Halt, "down"> | undefined
}

/** What has to be done for an order. */
export interface OrderPlan {
  /** Where the group is, or is to be once it is started; nothing if it is at no level. */
  readonly level: Level | undefined
  /** The entries that the order is about. */
  readonly tags: ReadonlyArray<Tag>
  /** It is so already. */
  readonly isIdle: boolean
  readonly step: Step
  /** What is waited for: that all of `tags` that has to go is down, or what becomes of the target as it is then. */
  readonly until: "Down" | "Settled"
}

export type Step =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "Halt" }
  /** These go at once, whatever comes after; then the level, as its entries and the orders are now, is the target. */
  | {
    readonly _tag: "Tell"
    readonly level: Level
    readonly letGo: ReadonlyArray<Tag>
    readonly entries: ReadonlyArray<Entry>
    readonly byHand: ByHand.Orders
  }

const nothing: Step = { _tag: "Nothing" }

/** It stands still already, and has no level to start at. */
const atNoLevel = (
  { now, verb }: Order,
  { group, target }: Found,
  tags: ReadonlyArray<Tag>
): Result.Result<OrderPlan, NeverTold> => {
  if (verb === "stop") {
    return Result.succeed({ level: undefined, tags, isIdle: true, step: nothing, until: "Down" })
  }
  const stoppedAt = target && GroupTarget.levelOf(target)
  const where = stoppedAt === undefined
    ? { levels: LevelList.named(now.map(({ levels }) => levels)) }
    : { stoppedAt }
  return Result.fail(new NeverTold({ group, ...where }))
}

/** Whether a start begins it afresh: it does not run, and is no respawn entry about to. */
const beginsAfresh = ({ mode }: Entry, state: ProcessStateShown | undefined): boolean =>
  state !== undefined &&
  (!ProcessState.isLive(state) || (state._tag === "Stopping" && mode !== "respawn"))

const ofEntry = (
  order: Order,
  entry: Entry,
  found: Found
): Result.Result<OrderPlan, NeverTold | EntryOff> => {
  const { verb } = order
  const { tag } = entry
  const tags = [tag]
  if (verb !== "stop" && entry.mode === "off") {
    return Result.fail(new EntryOff({ name: `${found.group}/${tag}` }))
  }
  if (found.target?._tag !== "Level") return atNoLevel(order, found, tags)
  const { byHand, entries, level } = found.target
  const started = found.started.get(tag)
  const isWanted = [entry, ...entries].some((each) => each.tag === tag && ByHand.belongs(byHand, each, level))
  const goesOn = verb === "start" && started !== undefined && !beginsAfresh(started, found.stateOf(tag))
  const isIdle = goesOn ? isWanted : verb === "stop" && started === undefined && !isWanted
  const step: Step = isIdle ? nothing : {
    _tag: "Tell",
    level,
    letGo: started === undefined || goesOn ? [] : tags,
    entries: ByHand.withEntry(entries, entry, order.now),
    byHand: ByHand.withOrder(byHand, verb, entry, level)
  }
  return Result.succeed({ level, tags, isIdle, step, until: verb === "stop" ? "Down" : "Settled" })
}

const hasFailed = (state: ProcessStateShown | undefined): boolean =>
  state?._tag === "Failed" || state?._tag === "Pausing"

const ofGroup = (order: Order, found: Found): Result.Result<OrderPlan, NeverTold> => {
  const { now, verb } = order
  const { leaving, started, target } = found
  const level = target && GroupTarget.levelOf(target)
  if (target === undefined || level === undefined) return atNoLevel(order, found, [])
  const isHalted = target._tag === "Halt"
  if (verb === "stop") {
    const tags = [...new Set([...leaving.map(({ tag }) => tag), ...started.keys()])]
    return Result.succeed({ level, tags, isIdle: isHalted, step: { _tag: "Halt" }, until: "Settled" })
  }
  const goesOn = verb === "start" && !isHalted
  const byHand = goesOn ? ByHand.withoutStops(target.byHand) : ByHand.none
  const tags = LevelChange.plan([], now, level, undefined, byHand).sequence.map(({ tag }) => tag)
  const letGo = [...started.keys()].filter((tag) => !goesOn || hasFailed(found.stateOf(tag)))
  const isIdle = goesOn && letGo.length === 0 && byHand.size === target.byHand.size
  const step: Step = isIdle ? nothing : { _tag: "Tell", level, letGo, entries: now, byHand }
  return Result.succeed({ level, tags, isIdle, step, until: "Settled" })
}

/**
 * What has to be done for the order, or its refusal. A start leaves alone what runs; of a group that is at its
 * level it takes back the stops of single entries, and begins afresh what has failed or pauses.
 */
export const of = (order: Order, found: Found): Result.Result<OrderPlan, NeverTold | EntryOff> =>
  order.entry === undefined ? ofGroup(order, found) : ofEntry(order, order.entry, found)
