import type { GroupName, Tag } from "@clinit/protocol/Names"
import type { Entry } from "./Cltab.ts"
import type * as LedgerText from "./LedgerText.ts"
import * as Mark from "./Mark.ts"
import type { Found } from "./Spawner.ts"

/** What a daemon makes of the ledger of one that was killed. */
export interface Resumption {
  /** By group: the runs to take over, each with a process or an end. Every entry has one at most. */
  readonly runs: ReadonlyMap<GroupName, ReadonlyArray<LedgerText.RunRecord>>
  /** Process trees that were started and not recorded, and that no entry of the cltab can be said to have started. */
  readonly strays: ReadonlyArray<Found>
  /** Above the number of every run that was recorded or found. */
  readonly next: number
}

/**
 * Compares the ledger with the marked process trees that were found. The ledger is written behind the facts, so a run
 * that it was about to start, or does not know yet, is known by its mark; one that was about to start and has no
 * process counts as not started. Marked trees of older runs were left alone on purpose and stay so. `now` (milliseconds since 1970) is when a run counts as started whose start was not recorded.
 */
export const plan = (
  ledger: LedgerText.Ledger,
  found: ReadonlyArray<Found>,
  entries: ReadonlyArray<Entry>,
  now: number
): Resumption => {
  const groups = new Set(ledger.groups.map(({ group }) => group))
  const known = new Map(ledger.runs.map((record) => [record.run, record]))
  const latest = new Map<Tag, LedgerText.RunRecord>()
  const strays: Array<Found> = []
  let next = ledger.next
  const take = (record: LedgerText.RunRecord) => {
    const before = latest.get(record.entry.tag)
    if (before === undefined || before.run < record.run) latest.set(record.entry.tag, record)
  }

  for (const record of ledger.runs) if (record.process ?? record.end) take(record)
  for (const tree of found) {
    const reading = Mark.read(ledger.id, tree.mark)
    if (reading === undefined) continue
    next = Math.max(next, reading.run + 1)
    const record = known.get(reading.run)
    if (record !== undefined) {
      if (!(record.process ?? record.end)) take({ ...record, process: tree.identity })
    } else if (reading.run >= ledger.next) {
      const entry = entries.find((entry) => groups.has(entry.group) && reading.isOf(entry))
      if (entry === undefined) strays.push(tree)
      else take({ run: reading.run, entry, since: now, process: tree.identity })
    }
  }

  const runs = new Map<GroupName, Array<LedgerText.RunRecord>>()
  for (const record of latest.values()) {
    const ofGroup = runs.get(record.entry.group)
    if (ofGroup === undefined) runs.set(record.entry.group, [record])
    else ofGroup.push(record)
  }
  return { runs, strays, next }
}
