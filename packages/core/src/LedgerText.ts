import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import { GroupState, RunEnd } from "@clinit/protocol/Status"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Entry } from "./Cltab.ts"
import { Keeper } from "./LedgerStore.ts"
import * as Mark from "./Mark.ts"
import { quote } from "./Quotation.ts"
import { ProcessIdentity } from "./Spawner.ts"

/** What a group is to do: the level it is to be at, or `null` if it is to stand still. */
const Wish = {
  target: Schema.NullOr(Level),
  /** Entries that were started or stopped by hand since the level was told. */
  byHand: Schema.optionalKey(
    Schema.Array(Schema.Struct({ tag: Tag, order: Schema.Literals(["start", "stop"]) }))
  ),
  /** It was stopped by hand: the level that a start takes it to. */
  stoppedAt: Schema.optionalKey(Level)
}
const WishRecord = Schema.Struct(Wish)
export type Wish = typeof WishRecord.Type

/** A group that was told: where it stands, as published, and where it is to go. Times are milliseconds since 1970. */
export const GroupRecord = Schema.Struct({
  group: GroupName,
  ...Wish,
  level: Schema.optionalKey(Level),
  state: Schema.optionalKey(GroupState),
  since: Schema.optionalKey(Schema.Finite)
})
export type GroupRecord = typeof GroupRecord.Type

const RunNumber = Schema.Int.check(Schema.isGreaterThan(0))

/**
 * One run of an entry. Without `process` it is about to be started; with `end` it has ended by itself and is not to
 * be run again; with `stopping` it was told to go, and does not count as started whatever the target is by now; with
 * both it is being stopped because it timed out, and is not to be run again. `restarts` counts the runs of the entry
 * before it, unless it is the first.
 */
export const RunRecord = Schema.Struct({
  run: RunNumber,
  mark: Schema.String,
  entry: Entry,
  since: Schema.Finite,
  process: Schema.optionalKey(ProcessIdentity),
  stopping: Schema.optionalKey(Schema.Literal(true)),
  end: Schema.optionalKey(RunEnd),
  restarts: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0)))
})
export type RunRecord = typeof RunRecord.Type

/** Whether a process of the run was there and no end of it was noted. */
export const mayLive = (
  run: RunRecord
): run is RunRecord & { readonly process: NonNullable<RunRecord["process"]> } =>
  run.process !== undefined && (run.end === undefined || run.stopping === true)

/** `id` begins all marks, `key` signs them and is told nobody, `next` is above the number of every run that the ledger has ever had. */
const Header = Schema.Struct({
  clinit: Schema.Literal("ledger"),
  version: Schema.Literal(1),
  id: Schema.String.check(Schema.isPattern(/^[0-9a-z]{1,64}$/)),
  key: Schema.String.check(Schema.isPattern(/^[0-9a-z]{1,64}$/)),
  boot: Schema.optionalKey(Schema.String),
  keeper: Keeper,
  next: Schema.Int.check(Schema.isGreaterThan(0), Schema.isLessThan(10 ** Mark.runDigits))
})
export type Header = typeof Header.Type

/** What a ledger says. */
export interface Ledger extends Header {
  readonly groups: ReadonlyArray<GroupRecord>
  readonly runs: ReadonlyArray<RunRecord>
}

/** The first line. */
export const printHeader = (header: Omit<Header, "clinit" | "version">): string =>
  JSON.stringify({ clinit: "ledger", version: 1, ...header } satisfies Header)

// What these schemas decode is plain JSON already.

/** The line of a group. */
export const printGroup = (record: GroupRecord): string => JSON.stringify(record)

/** The line of a run. */
export const printRun = (record: RunRecord): string => JSON.stringify(record)

const decodeHeader = Schema.decodeUnknownResult(Header)
const decodeGroup = Schema.decodeUnknownResult(GroupRecord)
const decodeRun = Schema.decodeUnknownResult(RunRecord)

/** What became known since the ledger was written as a whole, beside groups and runs as they are now. */
const Change = Schema.Union([
  Schema.Struct({ gone: Schema.Union([GroupName, RunNumber]) }),
  Schema.Struct({ next: Header.fields.next })
])

/** The line that a group or a run has left. */
export const printGone = (gone: GroupName | number): string => JSON.stringify({ gone })

/** The line that no run below this number is to be begun. */
export const printNext = (next: number): string => JSON.stringify({ next })

const decodeChange = Schema.decodeUnknownResult(Change)

const has = (json: unknown, key: string): boolean => typeof json === "object" && json !== null && key in json

/**
 * What the text says, with the changes that were added to it, or with its line what is wrong with it. Each line of the text
 * is of another group or run; a later one of those that were added replaces what was known. Never throws.
 */
export const parse = (text: string, added = ""): Result.Result<Ledger, string> => {
  const lines = text.split("\n")
  const changes = added.split("\n")
  if (lines.pop() !== "" || changes.pop() !== "") return Result.fail("the last line is cut off")
  const groups = new Map<GroupName, GroupRecord>()
  const runs = new Map<number, RunRecord>()
  let header: Header | undefined
  let next = 0
  for (const [index, line] of [...lines, ...changes].entries()) {
    const isChange = index >= lines.length
    const problem = (reason: string) => Result.fail(`line ${index + 1}: ${reason.replaceAll(/\s+/g, " ")}`)
    const json = Result.try(() => JSON.parse(line) as unknown)
    if (Result.isFailure(json)) return problem("not JSON")
    if (header === undefined) {
      const decoded = decodeHeader(json.success)
      if (Result.isFailure(decoded)) return problem(`not a ledger's header: ${decoded.failure.message}`)
      header = decoded.success
      next = header.next
    } else if (has(json.success, "run")) {
      const decoded = decodeRun(json.success)
      if (Result.isFailure(decoded)) return problem(`not a run: ${decoded.failure.message}`)
      const record = decoded.success
      if (Mark.read(header.id, record.mark)?.run !== record.run) {
        return problem(`the mark ${quote(record.mark)} is not that of run ${record.run}`)
      }
      if (isChange) next = Math.max(next, record.run + 1)
      if (record.run >= next) return problem(`run ${record.run} is not below ${next}`)
      if (!isChange && runs.has(record.run)) return problem(`run ${record.run} was there before`)
      runs.set(record.run, record)
    } else if (isChange && (has(json.success, "gone") || has(json.success, "next"))) {
      const decoded = decodeChange(json.success, { onExcessProperty: "error" })
      if (Result.isFailure(decoded)) return problem(`not a change: ${decoded.failure.message}`)
      const change = decoded.success
      if ("next" in change) next = Math.max(next, change.next)
      else if (typeof change.gone === "string") groups.delete(change.gone)
      else {
        next = Math.max(next, change.gone + 1)
        runs.delete(change.gone)
      }
    } else {
      const decoded = decodeGroup(json.success)
      if (Result.isFailure(decoded)) return problem(`not a group: ${decoded.failure.message}`)
      const { group } = decoded.success
      if (!isChange && groups.has(group)) return problem(`group ${quote(group)} was there before`)
      groups.set(group, decoded.success)
    }
  }
  return header === undefined
    ? Result.fail("it is empty")
    : Result.succeed({ ...header, next, groups: [...groups.values()], runs: [...runs.values()] })
}
