import { GroupName, Tag } from "@clinit/protocol/Names"
import * as Hash from "effect/Hash"
import * as Schema from "effect/Schema"
import type { Entry } from "./Cltab.ts"
import * as EntryChange from "./EntryChange.ts"
import type { Stream } from "./EntryLogger.ts"
import * as EntryLogger from "./EntryLogger.ts"
import type { Mark } from "./Spawner.ts"

/** What a mark says: the run's number in its ledger, whose run it is, and whether an entry is the one that was run. */
export interface Reading {
  readonly run: number
  readonly group: GroupName
  readonly tag: Tag
  readonly logs?: Stream
  readonly isOf: (entry: Entry) => boolean
}

/** A run's number has at most so many digits, so that it is exact in JavaScript. */
export const runDigits = 15

/** Behind the ledger's id: the run, what was run, the names, which have no colons and no blanks, and what it logs. */
const pattern = new RegExp(
  `^([1-9]\\d{0,${runDigits - 1}})\\.[0-9a-z]+\\.([^:]+):([^:]+?)(?::(${EntryLogger.streams.join("|")}))?$`
)

/** What of an entry decides whether its process may stay. */
const digest = (entry: Entry): string =>
  (Hash.string(JSON.stringify([entry.group, entry.tag, EntryChange.startedAs(entry)])) >>> 0).toString(36)

/** What the marks of all runs in the ledger begin with. */
export const prefix = (id: string): string => `${id}.`

const name = ({ group, logs, tag }: Entry): string =>
  [group, tag, ...(logs === undefined ? [] : [logs])].join(":")

const isStream = Schema.is(Schema.Literals(EntryLogger.streams))

/** The mark of a run of this entry. */
export const make = (id: string, run: number, entry: Entry): Mark =>
  `${prefix(id)}${run}.${digest(entry)}.${name(entry)}`

const isGroup = Schema.is(GroupName)
const isTag = Schema.is(Tag)

/** Reads a mark of this ledger; nothing if it is none. */
export const read = (id: string, mark: Mark): Reading | undefined => {
  if (!mark.startsWith(prefix(id))) return undefined
  const [, digits, group, tag, logs] = pattern.exec(mark.slice(prefix(id).length)) ?? []
  if (!isGroup(group) || !isTag(tag)) return undefined
  const run = Number(digits)
  return {
    run,
    group,
    tag,
    ...(isStream(logs) ? { logs } : {}),
    isOf: (entry) => make(id, run, entry) === mark
  }
}
