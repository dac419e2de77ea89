import type { Happening } from "@clinit/protocol/Event"
import { Event } from "@clinit/protocol/Event"
import type { GroupName, Tag } from "@clinit/protocol/Names"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Feed } from "./EventFeed.ts"
import * as EventFeed from "./EventFeed.ts"
import type { Recorded, Subject } from "./EventStock.ts"
import * as EventStock from "./EventStock.ts"
import * as FreshName from "./FreshName.ts"
import { HistoryStore } from "./HistoryStore.ts"
import * as Journal from "./Journal.ts"
import * as Sequence from "./Sequence.ts"
import { Trouble } from "./Trouble.ts"

/** What is recorded of an event; its number and its time come by themselves. */
export interface Draft extends Subject {
  readonly what: Happening
}

/** The last events of a subject, the newest last, and how many more of it are known. */
export interface Extract {
  readonly events: ReadonlyArray<Event>
  readonly omitted: number
}

/** What follows for a watcher, and after which number of the sequence it begins. */
export interface Watched extends Feed, Sequence.Beginning {}

/**
 * The one owner of events: what was asked, decided and done, numbered in one sequence, the last of each subject. Nobody
 * who records waits for a reader or a disk.
 *
 * It is stored behind the facts by a few milliseconds, for the daemon that comes after one that was killed.
 */
export class History extends Context.Service<History, {
  /** Records it at once, in the step of whoever calls: nothing can come between a fact and its event. */
  readonly record: (draft: Draft) => void
  /**
   * The last `limit` events of the subject: of a group with those of its entries, of an entry with what was decided about
   * it in its group, and who asked for that. The latest order and decision are among them, however long ago they were.
   */
  readonly of: (subject: Subject, limit: number) => Extract
  /** Whether anything of exactly this subject is retained. */
  readonly knows: (subject: Subject) => boolean
  /** The number of the latest event; 0 before the first. */
  readonly seq: () => number
  /** What the numbers are of: this daemon's sequence, which goes on with those of the killed ones before it. */
  readonly sequence: string
  /**
   * The events from now on or, with `since`, those after it, which is a number of this sequence or of the one that is said. To
   * be closed by whoever asked.
   */
  readonly watch: (options: {
    readonly group?: GroupName
    readonly since?: number
    readonly sequence?: string
  }) => Watched
  /** Says what is there to have events: what has gone is forgotten first if there is too much to be remembered. */
  readonly setCurrent: (current: () => Iterable<Subject>) => void
  /** Done when all events up to now are stored, or could not be, or took too long; both are troubles. */
  readonly flush: Effect.Effect<void>
  /** Removes what is stored: the end was in order. */
  readonly clear: Effect.Effect<void>
}>()("@clinit/core/History") {
  /** The history in the store, which goes on with whatever of it can be read. */
  static readonly layer: Layer.Layer<History, never, HistoryStore | Trouble> = Layer.effect(
    History,
    Effect.suspend(() => make)
  )

  /** A history that is kept in memory only. */
  static readonly volatile: Layer.Layer<History> = Layer.suspend(() =>
    History.layer.pipe(
      Layer.provide(Layer.succeed(HistoryStore, nowhere)),
      Layer.provide(Trouble.layer)
    )
  )
}

const nowhere = HistoryStore.of({
  file: "/dev/null",
  read: Effect.succeed({ text: "" }),
  replace: () => Effect.void,
  append: () => Effect.succeed(true),
  remove: Effect.void
})

/** So many events wait for a disk that hangs; of more it gets what is retained then. */
const mostBehind = EventStock.bounds.all

const terms: Journal.Terms = {
  subject: "history",
  risk: "if this daemon were killed, the next might not know what happened",
  window: Duration.millis(20),
  smallCharacters: 256 * 1_024
}

const decode = Schema.decodeUnknownResult(Event)

/** The event that a stored line is, if it is one that comes after this number. */
const read = (line: string, after: number): Recorded | undefined => {
  const json = Result.try(() => JSON.parse(line) as unknown)
  const event = Result.flatMap(json, decode)
  return Result.isSuccess(event) && event.success.seq > after
    ? EventStock.recorded(event.success, JSON.stringify(event.success))
    : undefined
}

interface Past {
  readonly events: ReadonlyArray<Recorded>
  readonly sequences: ReadonlyArray<Sequence.Sequence>
  readonly dropped: number
}

const parse = (text: string): Past => {
  const events: Array<Recorded> = []
  const sequences: Array<Sequence.Sequence> = []
  const lines = text.split("\n").filter((line) => line !== "")
  for (const line of lines) {
    const event = read(line, events.at(-1)?.seq ?? 0)
    const sequence = event === undefined ? Sequence.read(line) : undefined
    if (event !== undefined) events.push(event)
    if (sequence !== undefined) sequences.push(sequence)
  }
  return { events, sequences, dropped: lines.length - events.length - sequences.length }
}

const nothing = () => []

const eventOf = ({ line }: Recorded) => JSON.parse(line) as Event

const decides = (event: Recorded, tag: Tag): boolean => {
  const { what } = eventOf(event)
  return what._tag === "Decided" && (what.start.includes(tag) || what.stop.some((stop) => stop.tag === tag))
}

/** The entry's own events and, of its group's, what was decided about it, who asked for that, and what was refused. */
const concerning = (tag: Tag, events: ReadonlyArray<Recorded>): ReadonlyArray<Recorded> => {
  let asked: Recorded | undefined
  return events.flatMap((event) => {
    if (event.kind === "Asked") asked = event.tag === undefined ? event : undefined
    if (event.tag !== undefined || event.kind === "Refused") return [event]
    if (event.kind !== "Decided") return []
    const question = asked
    asked = undefined
    if (!decides(event, tag)) return []
    return question === undefined ? [event] : [question, event]
  }).sort((a, b) => a.seq - b.seq)
}

/** The last of these; -0 would be a place before the first. */
const lastOf = (events: ReadonlyArray<Recorded>, limit: number) => limit >= 1 ? events.slice(-limit) : []

/** The last of these, but among them the latest order and the latest decision. */
const extract = (events: ReadonlyArray<Recorded>, limit: number): Extract => {
  const latest = (...kinds: ReadonlyArray<Recorded["kind"]>) =>
    events.findLast(({ kind }) => kinds.includes(kind))
  const reasons = [latest("Asked", "Refused"), latest("Decided")].filter((event) => event !== undefined)
  const last = lastOf(events, limit)
  const missing = reasons.filter((event) => !last.includes(event)).sort((a, b) => a.seq - b.seq)
  const older = lastOf(missing, limit)
  const chosen = [...older, ...last.slice(older.length)]
  return { events: chosen.map(eventOf), omitted: events.length - chosen.length }
}

const make = Effect.gen(function*() {
  const store = yield* HistoryStore
  const clock = yield* Clock.Clock
  let current: () => Iterable<Subject> = nothing
  const stock = EventStock.make(() => current())
  const feeds = new Set<EventFeed.EventFeed>()

  const found = yield* store.read
  const past = parse(found.text)
  for (const event of past.events) stock.add(event)
  let seq = past.events.at(-1)?.seq ?? 0
  const own: Sequence.Sequence = { sequence: yield* FreshName.make, after: seq }
  const sequences = Sequence.followedBy(past.sequences, own)
  const problems = [
    ...(found.problem === undefined ? [] : [found.problem]),
    ...(past.dropped === 0 ? [] : [`${past.dropped} lines cannot be read`])
  ]
  if (problems.length > 0) {
    yield* Effect.logWarning(
      `${store.file}: ${problems.join(", ")}; of what happened before ${seq} events are known`
    )
  }

  let behind: Array<string> = []
  let isTooFarBehind = false

  const caughtUp = (lines: ReadonlyArray<string>) => {
    behind = []
    isTooFarBehind = false
    return lines
  }

  const journal = yield* Journal.keep(store, terms, {
    whole: () =>
      caughtUp([
        ...sequences.map((each) => JSON.stringify(each)),
        ...stock.since(0).map(({ line }) => line)
      ]),
    news: () => isTooFarBehind ? undefined : caughtUp(behind)
  })

  const add = (event: Event) => {
    const line = JSON.stringify(event)
    const made = EventStock.recorded(event, line)
    stock.add(made)
    behind.push(line)
    if (behind.length > mostBehind) {
      behind = []
      isTooFarBehind = true
    }
    journal.changed()
    for (const feed of feeds) feed.offer(made)
  }

  return History.of({
    record: ({ group, tag, what }) =>
      add({
        seq: ++seq,
        at: clock.currentTimeMillisUnsafe(),
        ...(group === undefined ? {} : { group }),
        ...(tag === undefined ? {} : { tag }),
        what
      }),
    of(subject, limit) {
      const all = stock.of(subject)
      return extract(subject.tag === undefined ? all : concerning(subject.tag, all), limit)
    },
    knows: stock.knows,
    seq: () => seq,
    sequence: own.sequence,
    watch({ group, sequence, since }) {
      const beginning = since === undefined
        ? { after: seq }
        : Sequence.beginning(sequences, { sequence, since }, seq)
      const { after } = beginning
      const feed = EventFeed.make(stock.since(after), after, { group })
      feeds.add(feed)
      return { ...feed, ...beginning, close: () => void feeds.delete(feed) }
    },
    setCurrent: (subjects) => void (current = subjects),
    flush: journal.flush,
    clear: journal.clear
  })
})
