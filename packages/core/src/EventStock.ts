import type { Event } from "@clinit/protocol/Event"
import type { GroupName, Tag } from "@clinit/protocol/Names"

/** What an event is of: an entry, a group, or without a group the daemon. */
export interface Subject {
  readonly group?: GroupName
  readonly tag?: Tag
}

/** An event as one line of JSON, beside it what it is found by. */
export interface Recorded extends Subject {
  readonly seq: number
  readonly kind: Event["what"]["_tag"]
  /** How many entries it names beside its own. */
  readonly tags: number
  readonly line: string
}

export const recorded = (event: Event, line: string): Recorded => ({
  seq: event.seq,
  ...(event.group === undefined ? {} : { group: event.group }),
  ...(event.tag === undefined ? {} : { tag: event.tag }),
  kind: event.what._tag,
  tags: event.what._tag === "Decided" ? event.what.stop.length + event.what.start.length : 0,
  line
})

/** How much is retained. */
export interface Bounds {
  /** Events of one subject, orders and states apart. */
  readonly ofOne: number
  /** Entries that the events of one subject may name altogether. */
  readonly tags: number
  /** So many of one subject are left at least when there are too many altogether. */
  readonly least: number
  /** Events altogether. */
  readonly all: number
  /** The last events are retained without a gap, whatever they are of. */
  readonly recent: number
  /** They are fewer if they name more entries than this. */
  readonly recentTags: number
}

export const bounds: Bounds = {
  ofOne: 64,
  tags: 4_096,
  least: 2,
  all: 32_768,
  recent: 4_096,
  recentTags: 32_768
}

/** Orders and states of one subject, each for itself: a crash loop must not push out what was asked. */
interface Shelf extends Subject {
  readonly events: Array<Recorded>
  tags: number
}

export interface EventStock {
  readonly add: (event: Recorded) => void
  /** What is retained of the subject, by `seq`; a group's with that of its entries, an entry's with that of its group. */
  readonly of: (subject: Subject) => ReadonlyArray<Recorded>
  readonly knows: (subject: Subject) => boolean
  /** What is retained of everything after this one, by `seq`. */
  readonly since: (seq: number) => ReadonlyArray<Recorded>
}

const isOrder = ({ kind }: Recorded) => kind === "Asked" || kind === "Refused" || kind === "Decided"

const nameOf = ({ group, tag }: Subject) => `${group ?? ""} ${tag ?? ""}`

const bySeq = (a: Recorded, b: Recorded) => a.seq - b.seq

const latest = ({ events }: Shelf) => events.at(-1)?.seq ?? 0

/**
 * The last events of each subject and the last events of all. When there are too many subjects, those that are not
 * `current` any more are forgotten first, and those first that were silent for longest.
 */
export const make = (
  current: () => Iterable<Subject>,
  { all, least, ofOne, recent: ofAll, recentTags: tagsOfAll, tags }: Bounds = bounds
): EventStock => {
  const most = Math.floor(all / (2 * least))
  const shelves = new Map<string, Shelf>()
  let recent: Array<Recorded> = []
  let recentTags = 0
  let count = 0

  const trim = (shelf: Shelf, length: number) => {
    const { events } = shelf
    while (events.length > length || (shelf.tags > tags && events.length > 1)) {
      shelf.tags -= events.shift()!.tags
      count--
    }
  }

  /** Takes from those who have most, and more than has to be, so that it is not done for each event. */
  const level = () => {
    const length = Math.max(least, Math.floor((3 * all) / (4 * shelves.size)))
    for (const shelf of shelves.values()) trim(shelf, length)
  }

  /** Several at a time, since it looks at all of them. */
  const forget = () => {
    const kept = new Set(Array.from(current(), nameOf))
    const isKept = (shelf: Shelf) => shelf.group === undefined || kept.has(nameOf(shelf))
    const silentFirst = [...shelves].sort(([, a], [, b]) => latest(a) - latest(b))
    const going = [
      ...silentFirst.filter(([, shelf]) => !isKept(shelf)),
      ...silentFirst.filter(([, shelf]) => isKept(shelf))
    ].slice(0, Math.ceil(most / 16))
    for (const [name, { events }] of going) {
      count -= events.length
      shelves.delete(name)
    }
  }

  const shelfOf = (name: string, { group, tag }: Subject): Shelf => {
    const known = shelves.get(name)
    if (known !== undefined) return known
    if (shelves.size >= most) forget()
    const shelf: Shelf = {
      ...(group === undefined ? {} : { group }),
      ...(tag === undefined ? {} : { tag }),
      events: [],
      tags: 0
    }
    shelves.set(name, shelf)
    return shelf
  }

  /** Forgets more of the recent events than has to be, so that it is not done for each event. */
  const forgetRecent = () => {
    let named = 0
    const tooOld = recent.findLastIndex((event, index) => {
      named += event.tags
      return named > tagsOfAll || recent.length - index > ofAll
    })
    recent = recent.slice(Math.min(tooOld + 1, recent.length - 1))
    recentTags = recent.reduce((sum, event) => sum + event.tags, 0)
  }

  const retained = () => Array.from(shelves.values(), ({ events }) => events).flat()

  return {
    add(event) {
      const shelf = shelfOf(`${nameOf(event)} ${isOrder(event) ? "orders" : "states"}`, event)
      shelf.events.push(event)
      shelf.tags += event.tags
      count++
      trim(shelf, ofOne)
      if (count > all) level()
      recent.push(event)
      recentTags += event.tags
      if (recent.length >= 2 * ofAll || recentTags > 2 * tagsOfAll) forgetRecent()
    },
    of: ({ group, tag }) =>
      [...shelves.values()]
        .filter((shelf) =>
          shelf.group === group && (tag === undefined || shelf.tag === undefined || shelf.tag === tag)
        )
        .flatMap(({ events }) => events)
        .sort(bySeq),
    knows: (subject) => ["orders", "states"].some((kind) => shelves.has(`${nameOf(subject)} ${kind}`)),
    since(seq) {
      const first = recent[0]?.seq ?? Infinity
      if (first <= seq + 1) return recent.filter((event) => event.seq > seq)
      const older = retained().filter((event) => event.seq > seq && event.seq < first)
      return [...older.sort(bySeq), ...recent]
    }
  }
}
