import type { Params, Result } from "./ClinitRpcs.ts"
import type { Event, Missed } from "./Event.ts"
import type { GroupName } from "./Names.ts"

// Without the schemas: a watch without Effect decides by it, too.

/** Behind the event with this number, 0 for the first of all; without a `sequence` whichever the daemon's is. */
export interface Position {
  readonly seq: number
  readonly sequence?: string
}

/**
 * What a watcher is told; `position` is where it is then, from where a later watch can go on.
 *
 * `Watching` comes first, and again for each new connection: from here on everything is told that happens behind `position`;
 * the daemon's latest event at this moment is `latest`. It is `renumbered` if the numbers are of another sequence than before:
 * the daemon was ended and started anew, or was killed before it had stored what it told last. Then nothing is known of what
 * may have happened in the old one after the last news, and what is known of the new one is told from its beginning. `Missed`
 * is a gap: so many events are not told.
 */
export type News =
  | {
    readonly _tag: "Watching"
    readonly position: Position
    readonly latest: number
    readonly renumbered: boolean
  }
  | { readonly _tag: "Event"; readonly position: Position; readonly event: Event }
  | { readonly _tag: "Missed"; readonly position: Position; readonly missed: Missed }

/** The params of a request for what comes after the position or, without one, from now on. */
export const request = (
  group: string | undefined,
  position: Position | undefined
): Params<"watch"> => ({
  ...(group === undefined ? {} : { group: group as GroupName }), // whoever sends it checks it
  ...(position === undefined ? {} : { since: position.seq }),
  ...(position?.sequence === undefined ? {} : { sequence: position.sequence })
})

/** What the answer to that request means. */
export const begun = (
  asked: Position | undefined,
  { after, renumbered, seq, sequence }: Result<"watch">
): Extract<News, { readonly _tag: "Watching" }> => {
  // An older daemon says nothing of this, and sends all that it knows after a number that it has not come to.
  const isAhead = after === undefined && asked !== undefined && asked.seq > seq
  const from = after ?? (asked === undefined ? seq : isAhead ? 0 : asked.seq)
  return {
    _tag: "Watching",
    position: { seq: from, ...(sequence === undefined ? {} : { sequence }) },
    latest: seq,
    renumbered: renumbered === true || isAhead
  }
}

/** The news that an event is at this position; none if it was told already. */
export const afterEvent = (at: Position, event: Event): News | undefined =>
  event.seq > at.seq ? { _tag: "Event", position: { ...at, seq: event.seq }, event } : undefined

/** The news that a gap is at this position. */
export const afterMissed = (at: Position, missed: Missed): News => ({
  _tag: "Missed",
  position: { ...at, seq: Math.max(at.seq, missed.next - 1) },
  missed
})
