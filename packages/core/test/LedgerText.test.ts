import * as Cltab from "@clinit/core/Cltab"
import * as LedgerText from "@clinit/core/LedgerText"
import * as Mark from "@clinit/core/Mark"
import { GroupName, Level } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"

const entry = Cltab.parse("web:a:1:respawn:a --flag").entries[0]!
const web = GroupName.make("web")
const header = LedgerText.printHeader({ id: "abc", key: "def", next: 9, boot: "b", keeper: { pid: 5 } })
const group = LedgerText.printGroup({
  group: web,
  target: Level.make("1"),
  level: Level.make("0"),
  state: "STOPPING"
})
const run = (number: number, pid = 100 + number) =>
  LedgerText.printRun({
    run: number,
    mark: Mark.make("abc", () => "sig", number, entry),
    entry,
    since: 5,
    process: {
      pid,
      startTime: "123",
      boot: "00000000-0000-0000-0000-000000000000",
      containment: "descendants"
    }
  })
const text = (...lines: ReadonlyArray<string>) => lines.map((line) => `${line}\n`).join("")

const problem = (text: string) => {
  const parsed = LedgerText.parse(text)
  return Result.isFailure(parsed) ? parsed.failure : "none"
}

describe("a ledger", () => {
  it("reads as it was printed", () => {
    const parsed = LedgerText.parse(text(header, group, run(3), run(4)))
    assert.isTrue(Result.isSuccess(parsed))
    if (Result.isFailure(parsed)) return
    assert.deepInclude(parsed.success, { id: "abc", key: "def", next: 9, boot: "b" })
    assert.deepStrictEqual(parsed.success.groups.map(LedgerText.printGroup), [group])
    assert.deepStrictEqual(parsed.success.runs.map(LedgerText.printRun), [run(3), run(4)])
    assert.deepStrictEqual(parsed.success.runs[0]!.entry, entry)
  })

  it("may have a pid twice, and a run whose group it does not have: the facts decide, not the ledger", () => {
    assert.strictEqual(problem(text(header, run(3, 7), run(4, 7))), "none")
  })

  const refused: ReadonlyArray<readonly [what: string, text: string, problem: RegExp]> = [
    ["nothing", "", /^it is empty$/],
    ["an empty line", "\n", /^line 1: not JSON$/],
    ["a cut off line", text(header, group).slice(0, -1), /^the last line is cut off$/],
    ["no header", text(group), /^line 1: not a ledger's header: /],
    [
      "another version",
      text(header.replace(`"version":1`, `"version":2`)),
      /^line 1: not a ledger's header: /
    ],
    [
      "an id that could not begin a mark",
      text(header.replace("abc", "a b")),
      /^line 1: not a ledger's header: /
    ],
    [
      "another run's mark",
      text(header, group, run(3).replace("abc.3.", "abc.4.")),
      /^line 3: the mark "abc\.4\..*" is not that of run 3$/
    ],
    ["no key", text(header.replace(`"key":"def",`, "")), /^line 1: not a ledger's header: /],
    ["a run from the future", text(header, group, run(9)), /^line 3: run 9 is not below 9$/],
    ["a run twice", text(header, group, run(3), run(3, 7)), /^line 4: run 3 was there before$/],
    ["a group twice", text(header, group, group), /^line 3: group "web" was there before$/],
    [
      "a state that there is not",
      text(header, group.replace("STOPPING", "DUMPING")),
      /^line 2: not a group: /
    ],
    ["pid 1", text(header, group, run(3, 1)), /^line 3: not a run: /],
    ["a negative pid", text(header, group, run(3, -5)), /^line 3: not a run: /],
    ["a pid that is a text", text(header, group, run(3, 77).replace("77", `"77"`)), /^line 3: not a run: /],
    [
      "a start time that is no number",
      text(header, group, run(3).replace(`"123"`, `"1;2"`)),
      /^line 3: not a run: /
    ],
    [
      "a number beyond all marks",
      text(header.replace(`"next":9`, `"next":1e15`)),
      /^line 1: not a ledger's header: /
    ],
    ["a second header", text(header, header), /^line 2: not a group: /],
    ["null", text(header, "null"), /^line 2: not a group: /],
    [
      "an entry without a command",
      text(header, group, run(3).replace("a --flag", "")),
      /^line 3: not a run: /
    ]
  ]
  for (const [what, text, expected] of refused) {
    it(`with ${what} is refused with the line`, () => assert.match(problem(text), expected))
  }
})

describe("what was added to a ledger", () => {
  const parse = (...added: ReadonlyArray<string>) =>
    Result.map(
      LedgerText.parse(text(header, group, run(3), run(4)), text(...added)),
      ({ groups, next, runs }) => ({
        groups: groups.map(({ target }) => target),
        next,
        runs: runs.map(({ run }) => run)
      })
    )
  const read = (...added: ReadonlyArray<string>) => Result.getOrThrow(parse(...added))

  it("replaces, adds and takes away groups and runs, in its order", () => {
    const other = LedgerText.printGroup({ group: web, target: Level.make("2") })
    assert.deepStrictEqual(read(other), { groups: [Level.make("2")], next: 9, runs: [3, 4] })
    assert.deepStrictEqual(read(run(4, 7), run(5)), { groups: [Level.make("1")], next: 9, runs: [3, 4, 5] })
    assert.deepStrictEqual(
      read(LedgerText.printGone(web), LedgerText.printGone(3), run(5), LedgerText.printGone(5)),
      { groups: [], next: 9, runs: [4] }
    )
    assert.deepStrictEqual(read(LedgerText.printGone(4), run(4)), {
      groups: [Level.make("1")],
      next: 9,
      runs: [3, 4]
    })
  })

  it("raises the number of the next run above each that it names, those that came and went among them", () => {
    assert.strictEqual(read(run(20)).next, 21)
    assert.strictEqual(read(LedgerText.printGone(30)).next, 31)
    assert.strictEqual(read(LedgerText.printNext(40)).next, 40)
    assert.strictEqual(read(LedgerText.printNext(5)).next, 9)
  })

  it("is refused with the line if it is no change", () => {
    const refusal = (...added: ReadonlyArray<string>) => Result.getOrThrow(Result.flip(parse(...added)))
    assert.match(refusal(run(5), `{"gone":0}`), /^line 6: not a change: /)
    assert.match(refusal(`{"next":"5"}`), /^line 5: not a change: /)
    assert.match(refusal(header), /^line 5: not a (change|group): /)
    assert.match(problem(text(header, LedgerText.printGone(3))), /^line 2: not a group: /)
  })
})
