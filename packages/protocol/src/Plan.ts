import * as Schema from "effect/Schema"
import { GroupName, Level, Mode, Tag } from "./Names.ts"
import { ProcessState } from "./Status.ts"

export { describeReason } from "./StatusWords.ts"

/**
 * Why an entry's process has to go: its level list lacks the level, its line is gone, it is turned `off`, it was stopped
 * by hand, or `what` it is started as has changed. `Refused` and `Leaving` have nothing to do with the cltab: the system
 * refused to start it, which is tried again; it was told to go before and is not down yet.
 */
export const StopReason = Schema.TaggedUnion({
  OtherLevel: {},
  Deleted: {},
  Off: {},
  ByHand: {},
  Changed: { what: Schema.Array(Schema.String) },
  Refused: {},
  Leaving: {}
})
export type StopReason = typeof StopReason.Type

/** An entry that will be stopped. The stop `schedule` is there if it runs, and then its `pid`, too, unless it is a fiber. */
export const PlannedStop = Schema.Struct({
  tag: Tag,
  reason: StopReason,
  pid: Schema.optionalKey(Schema.Int),
  schedule: Schema.optionalKey(Schema.String)
})
export type PlannedStop = typeof PlannedStop.Type

/** An entry that stays as it is, running or finished. `settings` names those that will count for it anew. */
export const PlannedKeep = Schema.Struct({
  tag: Tag,
  state: ProcessState,
  settings: Schema.Array(Schema.String)
})
export type PlannedKeep = typeof PlannedKeep.Type

/** An entry that will be started; `again` if it was started before and is among those to stop. */
export const PlannedStart = Schema.Struct({
  tag: Tag,
  mode: Mode,
  command: Schema.String,
  again: Schema.Boolean
})
export type PlannedStart = typeof PlannedStart.Type

/**
 * What a group will do: stop all of `stop` together, then start those of `start` one after the other, and leave `keep`
 * alone. `from` is absent if it was never told, `to` if it is to be halted: its cltab no longer has it.
 */
export const GroupPlan = Schema.Struct({
  group: GroupName,
  from: Schema.optionalKey(Level),
  to: Schema.optionalKey(Level),
  stop: Schema.Array(PlannedStop),
  keep: Schema.Array(PlannedKeep),
  start: Schema.Array(PlannedStart)
})
export type GroupPlan = typeof GroupPlan.Type

/** Whether the group will not do anything. */
export const isIdle = ({ keep, start, stop }: GroupPlan): boolean =>
  stop.length === 0 && start.length === 0 && keep.every(({ settings }) => settings.length === 0)
