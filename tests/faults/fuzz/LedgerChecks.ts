import * as Cltab from "@clinit/core/Cltab"
import * as LedgerText from "@clinit/core/LedgerText"
import * as Mark from "@clinit/core/Mark"
import * as Resumption from "@clinit/core/Resumption"
import type { Found } from "@clinit/core/Spawner"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { claim } from "./Failure.ts"
import * as Mutation from "./Mutation.ts"
import type { Random } from "./Random.ts"
import { signAs } from "./SignAs.ts"

/** Control characters, and those that turn the direction of writing round or end a line. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u

/** A reason for a refusal goes into one line of the log. */
export const checkReason = (reason: string) => {
  claim(reason !== "", "refused without a reason")
  claim(
    !unprintable.test(reason),
    () => `a reason is not one printable line: ${JSON.stringify(reason.slice(0, 300))}`
  )
  claim(reason.length <= 1_000, `a reason is ${reason.length} characters long`)
}

const isGroup = Schema.is(LedgerText.GroupRecord)
const isRun = Schema.is(LedgerText.RunRecord)

const entries =
  Cltab.parse("web:a:1:respawn:a\nweb:b:1:once:b\ndb:c:1:once:c\n__proto__:é:1:test:x\n").entries

const print = (ledger: LedgerText.Ledger): string => {
  const { groups, runs, ...header } = ledger
  return [
    LedgerText.printHeader(header),
    ...groups.map(LedgerText.printGroup),
    ...runs.map(LedgerText.printRun)
  ].map((line) => `${line}\n`).join("")
}

const checkLedger = (ledger: LedgerText.Ledger) => {
  const groups = new Set<string>()
  for (const record of ledger.groups) {
    claim(isGroup(record), () => `is no GroupRecord: ${JSON.stringify(record)}`)
    claim(!groups.has(record.group), "a group twice")
    groups.add(record.group)
  }
  const runs = new Set<number>()
  for (const record of ledger.runs) {
    claim(isRun(record), () => `is no RunRecord: ${JSON.stringify(record)}`)
    claim(record.run > 0 && record.run < ledger.next && !runs.has(record.run), `run ${record.run}`)
    runs.add(record.run)
    if (record.process === undefined) continue
    const { pid } = record.process
    claim(Number.isSafeInteger(pid) && pid > 1, `pid ${pid}`)
    claim(Mark.read(ledger.id, record.mark)?.run === record.run, `the mark of run ${record.run}`)
  }
  const again = LedgerText.parse(print(ledger))
  // As text, in which 0 and -0 are the same.
  const same = Result.isSuccess(again) && JSON.stringify(again.success) === JSON.stringify(ledger)
  claim(same, "prints as another ledger")
}

/** Process trees that a daemon could find after it read this ledger. */
const trees = (random: Random, { id, key, next, runs }: LedgerText.Ledger): ReadonlyArray<Found> =>
  Array.from({ length: random.below(6) }, (_, index) => {
    const run = random.pick([...runs.map((each) => each.run), next, next + 1, random.between(1, 2_000)])
    const recorded = runs.find((each) => each.run === run)?.entry
    const mark = Mark.make(
      id,
      signAs(random.chance(0.9) ? key : "another"),
      run,
      recorded ?? random.pick(entries)
    )
    return {
      mark: random.chance(0.2) ? Mutation.mutate(random, mark, [".", id]) : mark,
      identity: { pid: 5_000 + index, startTime: "1", containment: "group" as const }
    }
  })

const checkPlan = (ledger: LedgerText.Ledger, random: Random) => {
  const found = trees(random, ledger)
  const { next, runs } = Resumption.plan(ledger, signAs(ledger.key), found, entries, 99)
  const planned = [...runs].flatMap(([group, records]) => records.map((record) => ({ group, record })))
  const names = new Set<string>()
  for (const { group, record } of planned) {
    const { end, entry, process, run } = record
    claim(group === entry.group, "a run under another group")
    claim(run < next, `run ${run} is not below ${next}`)
    const name = JSON.stringify([group, entry.tag])
    claim(!names.has(name), () => `two runs of ${name}`)
    names.add(name)
    claim(process !== undefined || end !== undefined, `run ${run} has neither a process nor an end`)
    claim(process === undefined || process.pid > 1, () => `run ${run} has pid ${process?.pid}`)
    claim(isRun(record), () => `planned what is no RunRecord: ${JSON.stringify(record)}`)
  }
}

/** What must hold of any text that is given for a ledger's; `isWanted` if it must not be refused. */
export const checkText = (text: string, random: Random, isWanted: boolean) => {
  const parsed = LedgerText.parse(text)
  if (Result.isFailure(parsed)) {
    claim(!isWanted, () => `a ledger that a daemon could have written is refused: ${parsed.failure}`)
    return checkReason(parsed.failure)
  }
  checkLedger(parsed.success)
  checkPlan(parsed.success, random)
}
