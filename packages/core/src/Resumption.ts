import type { GroupName } from "@clinit/protocol/Names"
import type { Entry } from "./Cltab.ts"
import * as EntryChange from "./EntryChange.ts"
import * as EntryLogger from "./EntryLogger.ts"
import type * as LedgerText from "./LedgerText.ts"
import * as Mark from "./Mark.ts"
import type { Found } from "./Spawner.ts"

/** What a daemon makes of the ledger of one that was killed. */
export interface Resumption {
  /** By group: the runs to take over, each with a process or an end. Every entry has one at most. */
  readonly runs: ReadonlyMap<GroupName, ReadonlyArray<LedgerText.RunRecord>>
  /** Above the number of every run that was recorded or found. */
  readonly next: number
}

/**
 * Compares the ledger with the marked process trees that were found. The ledger is written behind the facts, so a run
 * that it was about to start, or does not know yet, is known by its mark: it is taken over if an entry of the cltab is
 * what was run and its group was told, and else has to be stopped. One that was about to start and has no process
 * counts as not started, and so does one whose set-up the kill cut short. Only marks that this ledger's key has signed
 * are believed. An entry's latest run counts: no run begins before the one before is gone. Marked trees of older runs
 * were left alone on purpose and stay so. What is taken over is supervised as the cltab says now. `now` (milliseconds
 * since 1970) is when a run counts as started whose start was not recorded.
 */
export const plan = (
  ledger: LedgerText.Ledger,
  sign: Mark.Sign,
  found: ReadonlyArray<Found>,
  entries: ReadonlyArray<Entry>,
  now: number
): Resumption => {
  const told = new Set(ledger.groups.map(({ group }) => group))
  const known = new Map(ledger.runs.map((record) => [record.run, record]))
  const runnable = entries.flatMap((entry) => [entry, ...EntryLogger.of(entry)])
  /** By name: an entry that was moved may still run in its old group. */
  const latest = new Map<string, LedgerText.RunRecord>()
  let next = ledger.next
  const take = (record: LedgerText.RunRecord) => {
    const name = nameOf(record.entry)
    const before = latest.get(name)
    if (before === undefined || before.run < record.run) latest.set(name, record)
  }

  for (const record of ledger.runs) if (record.process ?? record.end) take(record)
  for (const { identity: process, mark, unbegun } of found) {
    const reading = Mark.read(ledger.id, mark)
    if (reading?.isSigned(sign) !== true) continue
    const { group, run } = reading
    next = Math.max(next, run + 1)
    const record = known.get(run)
    const neverBegins = unbegun === true ? { stopping: true as const } : {}
    if (record !== undefined) {
      if (!(record.process ?? record.end)) take({ ...record, process, ...neverBegins })
    } else if (run >= ledger.next) {
      const entry = runnable.find((entry) => told.has(group) && reading.isOf(entry))
      take(
        entry === undefined
          ? { run, mark, entry: unknownEntry(reading), since: now, process, stopping: true }
          : { run, mark, entry, since: now, process, ...neverBegins }
      )
    }
  }

  const runs = new Map<GroupName, Array<LedgerText.RunRecord>>()
  const current = new Map(runnable.map((entry) => [nameOf(entry), entry]))
  for (const recorded of latest.values()) {
    const entry = current.get(nameOf(recorded.entry))
    const isCurrent = entry !== undefined && EntryChange.restarting(recorded.entry, entry).length === 0
    const record = isCurrent ? { ...recorded, entry } : recorded
    const ofGroup = runs.get(record.entry.group)
    if (ofGroup === undefined) runs.set(record.entry.group, [record])
    else ofGroup.push(record)
  }
  return { runs, next }
}

/** An entry and its loggers are different runs of one tag. */
const nameOf = ({ group, logs, tag }: Pick<Entry, "group" | "tag" | "logs">): string =>
  `${group}:${tag}:${logs ?? ""}`

/** An entry of which nothing but its names is known any more; it is there to be stopped. */
const unknownEntry = ({ group, logs, tag }: Mark.Reading): Entry => ({
  group,
  tag,
  ...(logs === undefined ? {} : { logs }),
  levels: "-",
  mode: "once",
  command: "?",
  line: 1
})
