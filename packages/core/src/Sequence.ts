import * as ClinitRpcs from "@clinit/protocol/ClinitRpcs"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/**
 * One daemon's part of the numbers of events: those `after` this one are its own. Those up to it were of the killed daemon before
 * it, as far as that had stored them: of what it told in its last moments the successor knows nothing, and gives the same numbers
 * to other events. Hence each daemon has an id of its own.
 */
export const Sequence = Schema.Struct({
  sequence: ClinitRpcs.SequenceId,
  after: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
})
export type Sequence = typeof Sequence.Type

/** So many daemons that came one after the other are known; who watched one before them begins anew. */
const mostKnown = 32

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Sequence))

/** The sequence that a stored line tells of, if it tells of one. */
export const read = (line: string): Sequence | undefined => Result.getOrUndefined(decode(line))

/** The daemons up to this one, the last of them. */
export const followedBy = (
  before: ReadonlyArray<Sequence>,
  own: Sequence
): ReadonlyArray<Sequence> => [...before.slice(1 - mostKnown), own]

/** Where a watcher's events begin: after this number; `renumbered` if what it asked for is no number of this sequence. */
export interface Beginning {
  readonly after: number
  readonly renumbered?: true
}

/** The number of an event; without a `sequence` of the one that goes on. */
export interface Asked {
  readonly since: number
  readonly sequence?: string | undefined
}

/**
 * Where it goes on for who asks so, with what is `known`: sequences one behind the other, of which the last goes on and has come to
 * `latest`. A number that was not kept, because its daemon had not stored it or the file was damaged, goes on behind those that were;
 * one of a sequence that is not known goes on with all that is.
 */
export const beginning = (
  known: ReadonlyArray<Sequence>,
  { sequence, since }: Asked,
  latest: number
): Beginning => {
  const index = sequence === undefined
    ? known.length - 1
    : known.findIndex((each) => each.sequence === sequence)
  if (index < 0) return { after: 0, renumbered: true }
  const later = known.slice(index + 1)
  if (later.length === 0) return since > latest ? { after: 0, renumbered: true } : { after: since }
  const kept = Math.min(...later.map(({ after }) => after))
  return since > kept ? { after: kept, renumbered: true } : { after: since }
}
