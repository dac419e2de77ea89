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

/**
 * One run of an entry. Without `process` it is about to be started; with `end` it has ended by itself and is not to
 * be run again; with `stopping` it was told to go, and does not count as started whatever the target is by now; with
 * both it is being stopped because it timed out, and is not to be run again. `restarts` counts the runs of the entry
 * before it, unless it is the first.
 */
export const RunRecord = Schema.Struct({
  run: Schema.Int.check(Schema.isGreaterThan(0)),
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

const isRun = (json: unknown): boolean => typeof json === "object" && json !== null && "run" in json

/** What the text says, or with its line what is wrong with it. Never throws. */
export const parse = (text: string): Result.Result<Ledger, string> => {
  const lines = text.split("\n")
  if (lines.pop() !== "") return Result.fail("the last line is cut off")
  const groups = new Map<GroupName, GroupRecord>()
  const runs = new Map<number, RunRecord>()
  let header: Header | undefined
  for (const [index, line] of lines.entries()) {
    const problem = (reason: string) => Result.fail(`line ${index + 1}: ${reason.replaceAll(/\s+/g, " ")}`)
    const json = Result.try(() => JSON.parse(line) as unknown)
    if (Result.isFailure(json)) return problem("not JSON")
    if (header === undefined) {
      const decoded = decodeHeader(json.success)
      if (Result.isFailure(decoded)) return problem(`not a ledger's header: ${decoded.failure.message}`)
      header = decoded.success
    } else if (isRun(json.success)) {
      const decoded = decodeRun(json.success)
      if (Result.isFailure(decoded)) return problem(`not a run: ${decoded.failure.message}`)
      const record = decoded.success
      if (record.run >= header.next) return problem(`run ${record.run} is not below ${header.next}`)
      if (Mark.read(header.id, record.mark)?.run !== record.run) {
        return problem(`the mark ${quote(record.mark)} is not that of run ${record.run}`)
      }
      if (runs.has(record.run)) return problem(`run ${record.run} was there before`)
      runs.set(record.run, record)
    } else {
      const decoded = decodeGroup(json.success)
      if (Result.isFailure(decoded)) return problem(`not a group: ${decoded.failure.message}`)
      if (groups.has(decoded.success.group)) {
        return problem(`group ${quote(decoded.success.group)} was there before`)
      }
      groups.set(decoded.success.group, decoded.success)
    }
  }
  return header === undefined
    ? Result.fail("it is empty")
    : Result.succeed({ ...header, groups: [...groups.values()], runs: [...runs.values()] })
}
