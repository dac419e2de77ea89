import * as Cltab from "@clinit/core/Cltab"
import type * as LedgerText from "@clinit/core/LedgerText"
import * as Mark from "@clinit/core/Mark"
import * as Resumption from "@clinit/core/Resumption"
import type { Found } from "@clinit/core/Spawner"
import { GroupName, Level } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Hash from "effect/Hash"

const web = GroupName.make("web")
const entries = Cltab.parse("web:a:1:respawn:a\nweb:b:1:once:b\nother:c:1:once:c\n").entries
const [a, b, c] = entries as [Cltab.Entry, Cltab.Entry, Cltab.Entry]
const changed = { ...a, command: "changed" }

const process = (pid: number) => ({ pid, startTime: "1", containment: "descendants" as const })
const sign: Mark.Sign = (text) => `${Math.abs(Hash.string(`key ${text}`))}`
const ledger = (next: number, ...runs: ReadonlyArray<LedgerText.RunRecord>): LedgerText.Ledger => ({
  clinit: "ledger",
  version: 1,
  id: "id",
  key: "key",
  keeper: { pid: 5 },
  next,
  groups: [{ group: web, target: Level.make("1") }],
  runs
})
const found = (run: number, entry: Cltab.Entry, pid: number, id = "id"): Found => ({
  mark: Mark.make(id, sign, run, entry),
  identity: process(pid)
})
const plan = (ledger: LedgerText.Ledger, ...trees: ReadonlyArray<Found>) =>
  [...Resumption.plan(ledger, sign, trees, entries, 99).runs].map(([group, runs]) => [
    group,
    ...runs.map(({ end, entry, process, run, stopping }) =>
      `${run} ${entry.tag} ${end === undefined ? process?.pid : end._tag}${
        stopping === true ? " stopping" : ""
      }`
    )
  ])

describe("a resumption", () => {
  it("takes over what is recorded, whether its process is found or not", () => {
    const recorded = ledger(3, {
      run: 1,
      mark: Mark.make("id", sign, 1, a),
      entry: a,
      since: 0,
      process: process(11)
    }, {
      run: 2,
      mark: Mark.make("id", sign, 2, b),
      entry: b,
      since: 0,
      end: { _tag: "Exited", code: 0 }
    })
    assert.deepStrictEqual(plan(recorded), [["web", "1 a 11", "2 b Exited"]])
    assert.deepStrictEqual(plan(recorded, found(1, a, 12)), [["web", "1 a 11", "2 b Exited"]])
  })

  it("counts a run that was about to start as not started, unless its process is found", () => {
    const recorded = ledger(2, { run: 1, mark: Mark.make("id", sign, 1, a), entry: a, since: 0 })
    assert.deepStrictEqual(plan(recorded), [])
    assert.deepStrictEqual(plan(recorded, found(1, a, 12)), [["web", "1 a 12"]])
  })

  it("counts a run whose command never began as not started: what is left of its set-up has to be stopped", () => {
    const recorded = ledger(2, { run: 1, mark: Mark.make("id", sign, 1, a), entry: a, since: 0 })
    const unbegun = (run: number, entry: Cltab.Entry) => ({
      ...found(run, entry, 12),
      unbegun: true as const
    })
    assert.deepStrictEqual(plan(recorded, unbegun(1, a)), [["web", "1 a 12 stopping"]])
    assert.deepStrictEqual(plan(recorded, unbegun(2, b)), [["web", "2 b 12 stopping"]])
  })

  it("takes over what was started after the last record if an entry is the one that was run", () => {
    assert.deepStrictEqual(plan(ledger(2), found(2, a, 12)), [["web", "2 a 12"]])
    assert.deepStrictEqual(plan(ledger(2), found(2, changed, 12)), [["web", "2 a 12 stopping"]])
    assert.deepStrictEqual(plan(ledger(2), found(2, c, 12)), [["other", "2 c 12 stopping"]], "never told")
  })

  it("takes the latest of an entry's runs", () => {
    const recorded = ledger(2, {
      run: 1,
      mark: Mark.make("id", sign, 1, a),
      entry: a,
      since: 0,
      process: process(11)
    })
    assert.deepStrictEqual(plan(recorded, found(2, a, 12)), [["web", "2 a 12"]])
  })

  it("believes no mark that another key has signed, or that was altered after it was signed", () => {
    const begun = ledger(2, { run: 1, mark: Mark.make("id", sign, 1, a), entry: a, since: 0 })
    const genuine = found(2, a, 12)
    for (
      const mark of [
        Mark.make("id", (text) => sign(`another ${text}`), 2, a),
        Mark.make("id", (text) => sign(`another ${text}`), 1, a),
        genuine.mark.replace("id.2.", "id.1."),
        genuine.mark.replace("id.2.", "id.3."),
        genuine.mark.replace("web:a", "web:b"),
        genuine.mark.replace("web:a", "other:c"),
        `${genuine.mark}:output`,
        genuine.mark.replace(/^(id\.2\.)[0-9a-z]+/, "$1y"),
        genuine.mark.replace(/\.[0-9a-z]+(?=\.web)/, "")
      ]
    ) {
      assert.deepStrictEqual(plan(begun, { ...genuine, mark }), [], mark)
    }
    assert.deepStrictEqual(plan(begun, genuine), [["web", "2 a 12"]])
  })

  it("takes the latest run also if something lives that the recorded one before has left", () => {
    const recorded = ledger(2, {
      run: 1,
      mark: Mark.make("id", sign, 1, a),
      entry: a,
      since: 0,
      process: process(11)
    })
    assert.deepStrictEqual(plan(recorded, found(1, a, 13), found(2, a, 12)), [["web", "2 a 12"]])
  })

  it("leaves alone what older runs left on purpose, and what other ledgers marked", () => {
    assert.deepStrictEqual(
      plan(ledger(5), found(4, b, 12), found(7, b, 13, "idd"), found(7, b, 14, "other")),
      []
    )
  })

  it("believes no mark that it cannot read", () => {
    for (
      const mark of [
        "id",
        "id.",
        "id.7",
        "id.7.y",
        "id.7.y.a",
        "id.7.y.z",
        "id.7.y.a:b",
        "id.7.y.z.:a",
        "id.7.y.z.a:",
        "id.7.y.z.a:b:c",
        "id.7..z.a:b",
        "id.7.y..a:b",
        "id.x.y.z.a:b",
        "id.0.y.z.a:b",
        "id.-1.y.z.a:b",
        "id.1e9.y.z.a:b",
        "other.7.y.z.a:b"
      ]
    ) {
      assert.isUndefined(Mark.read("id", mark), mark)
    }
    assert.isDefined(Mark.read("id", "id.7.y.z.a:b"))
  })
})
