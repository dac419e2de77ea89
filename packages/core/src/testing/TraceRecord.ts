import { ChildExit, describeEnd, GroupState, Stream } from "@clinit/protocol/Status"
import * as Schema from "effect/Schema"
import { Signal } from "../Signal.ts"

/**
 * What happened. Of a process: it was started, or `Refused` to be; it got a signal; it ended; a further process `Ran` in its
 * tree, for a command of a stop schedule, or could not be run; it wrote a line, or as a logger read one; it could not be
 * started since the pipe of its logger was not open. Of an entry as it is published: it pauses for `millis`, or is given
 * up. Of a group: a state was published, or the group was forgotten. Of both: a state that the tables of legal successors
 * do not have. `Noted` is whatever a test adds.
 */
export const Happening = Schema.TaggedUnion({
  Started: {},
  Refused: { reason: Schema.String },
  Signalled: { signal: Signal },
  Ended: { end: ChildExit },
  Ran: { command: Schema.String },
  NotRun: { command: Schema.String, reason: Schema.String },
  Wrote: { line: Schema.String, to: Stream },
  Read: { line: Schema.String },
  WithoutPipe: {},
  Paused: { millis: Schema.Finite },
  GivenUp: {},
  Group: { level: Schema.String, state: GroupState },
  Forgotten: {},
  Illegal: { from: Schema.String, to: Schema.String },
  Noted: { words: Schema.String }
})
export type Happening = typeof Happening.Type

/** The kind of what happened. */
export type Kind = Happening["_tag"]

/**
 * What happened, and when: `atMillis` counts from the trace's begin. One with a `tag` is of an entry, or, with `logs`, of the
 * logger of that output; one with a `group` only is of the group.
 */
export const TraceRecord = Schema.Struct({
  atMillis: Schema.Finite,
  group: Schema.optionalKey(Schema.String),
  tag: Schema.optionalKey(Schema.String),
  logs: Schema.optionalKey(Stream),
  what: Happening
})
export type TraceRecord = typeof TraceRecord.Type

/** A record before it is known when it was. */
export type Occurrence = Omit<TraceRecord, "atMillis">

const subjectOf = ({ group, logs, tag, what }: Occurrence): ReadonlyArray<string> => {
  if (what._tag === "Illegal") return [[group, tag].filter((name) => name !== undefined).join("/")]
  if (tag !== undefined) return [logs === undefined ? tag : `${tag}/${logs}`]
  return group === undefined ? [] : [group]
}

const wordsOf = (what: Happening): string => {
  switch (what._tag) {
    case "Started":
      return "started"
    case "Refused":
      return "refused"
    case "Signalled":
      return what.signal
    case "Ended":
      return what.end._tag === "Unknown" ? "vanished" : describeEnd(what.end)
    case "Ran":
      return `runs ${what.command}`
    case "NotRun":
      return `cannot run ${what.command}`
    case "Wrote":
      return what.to === "output" ? `wrote ${what.line}` : `wrote to ${what.to}: ${what.line}`
    case "Read":
      return `read ${what.line}`
    case "WithoutPipe":
      return "has no pipe"
    case "Paused":
      return `pauses for ${what.millis / 1_000}s`
    case "GivenUp":
      return "given up"
    case "Group":
      return `${what.level} ${what.state}`
    case "Forgotten":
      return "forgotten"
    case "Illegal":
      return `ILLEGAL ${what.from} -> ${what.to}`
    case "Noted":
      return what.words
  }
}

/** What happened to whom, as a line has it behind the time: `worker SIGTERM`. */
export const describe = (occurrence: Occurrence): string =>
  [...subjectOf(occurrence), wordsOf(occurrence.what)].join(" ")

/** The record as a line, with the time in seconds: `5s worker SIGTERM`. */
export const print = (record: TraceRecord): string => `${record.atMillis / 1_000}s ${describe(record)}`

/** Which records are meant: those of this group, of entries with this tag and their loggers, of these kinds. */
export interface Selection {
  readonly group?: string
  readonly tag?: string
  readonly kind?: Kind | ReadonlyArray<Kind>
}

/** Whether the record is one of those. */
export const isOf = ({ group, kind, tag }: Selection, record: TraceRecord): boolean =>
  (group === undefined || record.group === group) &&
  (tag === undefined || record.tag === tag) &&
  (kind === undefined || (typeof kind === "string" ? [kind] : kind).includes(record.what._tag))
