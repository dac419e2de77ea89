import { GroupName, Tag } from "@clinit/protocol/Names"
import { Stream } from "@clinit/protocol/Status"
import * as Hash from "effect/Hash"
import * as Schema from "effect/Schema"
import type { Entry } from "./Cltab.ts"
import * as EntryChange from "./EntryChange.ts"
import type { Mark } from "./Spawner.ts"

/** What a mark says: the run's number in its ledger, whose run it is, and whether an entry is the one that was run. */
export interface Reading {
  readonly run: number
  readonly group: GroupName
  readonly tag: Tag
  readonly logs?: Stream
  readonly isOf: (entry: Entry) => boolean
  /** Whether a keeper of the ledger has made it. Who has seen other marks of the ledger can have made up the rest. */
  readonly isSigned: (sign: Sign) => boolean
}

/** Signs a text with the key of a ledger: a word of lower case letters and digits that nobody else can tell. */
export type Sign = (text: string) => string

/** A run's number has at most so many digits, so that it is exact in JavaScript. */
export const runDigits = 15

/**
 * Behind the ledger's id: the run, what was run, the signature, the names, which have no colons and no blanks, and what
 * it logs.
 */
const pattern = new RegExp(
  `^([1-9]\\d{0,${runDigits - 1}})\\.([0-9a-z]+)\\.([0-9a-z]+)\\.` +
    `(([^:]+):([^:]+?)(?::(${Stream.literals.join("|")}))?)$`
)

/** What of an entry decides whether its process may stay. */
const digest = (entry: Entry): string =>
  (Hash.string(JSON.stringify([entry.group, entry.tag, EntryChange.startedAs(entry)])) >>> 0).toString(36)

/** What the marks of all runs in the ledger begin with. */
export const prefix = (id: string): string => `${id}.`

const name = ({ group, logs, tag }: Entry): string =>
  [group, tag, ...(logs === undefined ? [] : [logs])].join(":")

const isStream = Schema.is(Stream)

const signature = (sign: Sign, run: number, what: string, whose: string) => sign(`${run}.${what}.${whose}`)

/** The mark of a run of this entry. */
export const make = (id: string, sign: Sign, run: number, entry: Entry): Mark => {
  const what = digest(entry)
  const whose = name(entry)
  return `${prefix(id)}${run}.${what}.${signature(sign, run, what, whose)}.${whose}`
}

const isGroup = Schema.is(GroupName)
const isTag = Schema.is(Tag)

/** Reads a mark of this ledger; nothing if it is none. */
export const read = (id: string, mark: Mark): Reading | undefined => {
  if (!mark.startsWith(prefix(id))) return undefined
  const [, digits, what = "", signed, whose = "", group, tag, logs] =
    pattern.exec(mark.slice(prefix(id).length)) ?? []
  if (!isGroup(group) || !isTag(tag)) return undefined
  const run = Number(digits)
  return {
    run,
    group,
    tag,
    ...(isStream(logs) ? { logs } : {}),
    isOf: (entry) => digest(entry) === what && name(entry) === whose,
    isSigned: (sign) => signature(sign, run, what, whose) === signed
  }
}
