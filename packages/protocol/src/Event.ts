import * as Schema from "effect/Schema"
import { GroupName, Level, Tag } from "./Names.ts"
import { StopReason } from "./Plan.ts"
import { GroupState, ProcessState, RunEnd } from "./Status.ts"

/** A client, as it says of itself: its user's name and its command line. Only the socket's owner can be a client. */
export const Client = Schema.Struct({
  pid: Schema.Int,
  user: Schema.optionalKey(Schema.String),
  command: Schema.optionalKey(Schema.String)
})
export type Client = typeof Client.Type

/** Who gave an order: a signal that the daemon got, or a client, of which nothing need be known. */
export const Requester = Schema.Union([
  Schema.Struct({ signal: Schema.String }),
  Schema.Struct({
    pid: Schema.optionalKey(Schema.Int),
    user: Schema.optionalKey(Schema.String),
    command: Schema.optionalKey(Schema.String)
  })
])
export type Requester = typeof Requester.Type

/**
 * What happened. `Asked` and `Refused`: an order, in words. `Decided`: what a group makes of a level that it is told, or
 * of a halt, which has no `to`; a stop without a reason is because of the halt. `Group` and `Entry`: a state that was
 * published, or, without one, that it is gone; of an entry with its `end` if the run before has just ended, after
 * `ranMillis` as far as that is known. `Daemon`: something about the daemon, in words.
 */
export const Happening = Schema.TaggedUnion({
  Asked: { order: Schema.String, by: Requester },
  Refused: { order: Schema.String, by: Requester, reason: Schema.String },
  Decided: {
    from: Schema.optionalKey(Level),
    to: Schema.optionalKey(Level),
    stop: Schema.Array(Schema.Struct({ tag: Tag, reason: Schema.optionalKey(StopReason) })),
    start: Schema.Array(Tag)
  },
  Group: { level: Schema.optionalKey(Level), state: Schema.optionalKey(GroupState) },
  Entry: {
    state: Schema.optionalKey(ProcessState),
    end: Schema.optionalKey(RunEnd),
    ranMillis: Schema.optionalKey(Schema.Finite),
    adopted: Schema.optionalKey(Schema.Literal(true))
  },
  Daemon: { words: Schema.String }
})
export type Happening = typeof Happening.Type

/** No daemon comes to so many events. */
const most = 2 ** 52

/**
 * One event. `seq` counts all events of a daemon from 1, and goes on in the daemon that comes after a killed one; `at` is
 * in milliseconds since 1970. One with a `tag` is of an entry, one with a `group` only of the group, others of the daemon.
 */
export const Event = Schema.Struct({
  seq: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: most })),
  at: Schema.Finite,
  group: Schema.optionalKey(GroupName),
  tag: Schema.optionalKey(Tag),
  what: Happening
})
export type Event = typeof Event.Type

/** Events that a watcher was too slow for, or that are no longer known; `next` is the one that follows the gap. */
export const Missed = Schema.Struct({ count: Schema.Int, next: Schema.Int })
export type Missed = typeof Missed.Type
