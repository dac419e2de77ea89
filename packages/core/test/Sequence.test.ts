import { History } from "@clinit/core/History"
import * as Sequence from "@clinit/core/Sequence"
import { GroupName } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Node } from "./support/Node.ts"
import { cltab, withMachine } from "./support/Node.ts"

describe("where a watcher goes on", () => {
  const known = [
    { sequence: "a", after: 0 },
    { sequence: "b", after: 100 },
    { sequence: "c", after: 150 }
  ]
  const from = (since: number, sequence?: string) => Sequence.beginning(known, { since, sequence }, 200)

  it("is where it was, in the sequence that goes on, with or without its name", () => {
    for (const since of [0, 100, 149, 151, 200]) {
      assert.deepStrictEqual(from(since, "c"), { after: since })
      assert.deepStrictEqual(from(since), { after: since })
    }
  })

  it("is where it was, if the daemon that was killed had stored that", () => {
    assert.deepStrictEqual(from(0, "a"), { after: 0 })
    assert.deepStrictEqual(from(100, "a"), { after: 100 })
    assert.deepStrictEqual(from(120, "b"), { after: 120 })
    assert.deepStrictEqual(from(150, "b"), { after: 150 })
  })

  it("is behind what the killed daemon had stored, if it was told more, and that is said", () => {
    assert.deepStrictEqual(from(101, "a"), { after: 100, renumbered: true })
    assert.deepStrictEqual(from(10_000, "b"), { after: 150, renumbered: true })
  })

  it("is behind what was left of a history that was damaged since, of whichever daemon it is", () => {
    const damaged = [...known, { sequence: "d", after: 80 }]
    const from = (since: number, sequence: string) => Sequence.beginning(damaged, { since, sequence }, 90)
    for (const sequence of ["a", "b", "c"]) {
      assert.deepStrictEqual(from(80, sequence), { after: 80 })
      assert.deepStrictEqual(from(81, sequence), { after: 80, renumbered: true })
    }
  })

  it("is the beginning of all that is known, for a sequence that is not known and a number that is yet to come", () => {
    assert.deepStrictEqual(from(0, "x"), { after: 0, renumbered: true })
    assert.deepStrictEqual(from(120, "x"), { after: 0, renumbered: true })
    assert.deepStrictEqual(from(201), { after: 0, renumbered: true })
    assert.deepStrictEqual(from(201, "c"), { after: 0, renumbered: true })
  })
})

it("of daemons that are killed one after the other the last 32 are known", () => {
  let known: ReadonlyArray<Sequence.Sequence> = []
  for (let after = 0; after < 100; after++) {
    known = Sequence.followedBy(known, { sequence: `${after}`, after })
  }
  assert.strictEqual(known.length, 32)
  assert.deepStrictEqual(known[0], { sequence: "68", after: 68 })
  assert.deepStrictEqual(known.at(-1), { sequence: "99", after: 99 })
})

it.effect("a daemon's sequence has an id of its own, whatever its program's chance is seeded with", () => {
  const id = Effect.map(History, ({ sequence }) => sequence).pipe(
    Effect.provide(History.volatile, { local: true }),
    Random.withSeed("the program's")
  )
  return Effect.map(Effect.all([id, id]), ([one, other]) => assert.notStrictEqual(one, other))
})

it("a stored line that tells of no sequence is none", () => {
  for (
    const line of [
      "",
      "{}",
      "{\"seq\":1}",
      "{\"sequence\":\"\",\"after\":1}",
      "{\"sequence\":\"a\",\"after\":-1}"
    ]
  ) {
    assert.isUndefined(Sequence.read(line))
  }
  assert.deepStrictEqual(Sequence.read("{\"sequence\":\"a\",\"after\":1,\"more\":2}"), {
    sequence: "a",
    after: 1
  })
})

/** What a watcher is sent that comes back with this number of this sequence: where it begins, and the numbers. */
const sent = (node: Node, since: number, sequence?: string) => {
  const { after, close, renumbered, rest } = node.history.watch({
    since,
    ...(sequence === undefined ? {} : { sequence })
  })
  const seqs = rest().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).params.seq)
  close()
  return { after, renumbered: renumbered === true, seqs }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

const web = GroupName.make("web")

describe("who watched a daemon that was killed", () => {
  it.effect("gets from its successor exactly what comes behind the last event that it got", () =>
    withMachine(
      cltab("web:a:1:respawn:a"),
      {},
      Effect.fnUntraced(function*(machine) {
        const first = yield* machine.boot()
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        const { seq, sequence } = first.history
        const last = seq()
        yield* machine.crash
        const second = yield* machine.boot()
        yield* second.after("1 second")
        assert.notStrictEqual(second.history.sequence, sequence)
        const now = second.history.seq()
        assert.isAbove(now, last)
        for (const since of [0, last - 2, last]) {
          assert.deepStrictEqual(sent(second, since, sequence), {
            after: since,
            renumbered: false,
            seqs: range(since + 1, now)
          })
        }
        yield* machine.crash
        const third = yield* machine.boot()
        yield* third.after("1 second")
        assert.deepStrictEqual(sent(third, last, sequence), {
          after: last,
          renumbered: false,
          seqs: range(last + 1, third.history.seq())
        })
        assert.deepStrictEqual(sent(third, now, second.history.sequence), {
          after: now,
          renumbered: false,
          seqs: range(now + 1, third.history.seq())
        })
      })
    ))

  it.effect("and got what was not stored any more is told so, and gets all that its successor says instead", () =>
    withMachine(
      cltab("web:a:1:respawn:a"),
      {},
      Effect.fnUntraced(function*(machine) {
        const first = yield* machine.boot()
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        const happens = () => first.history.record({ group: web, what: { _tag: "Asked", order: "", by: {} } })
        happens()
        yield* first.after("1 millis")
        const stored = first.history.seq()
        for (let count = 0; count < 5; count++) happens()
        const { sequence } = first.history
        assert.strictEqual(first.history.seq(), stored + 5)
        yield* machine.crash
        const second = yield* machine.boot()
        yield* second.after("1 second")
        const all = range(stored + 1, second.history.seq())
        for (const since of [stored + 1, stored + 5]) {
          assert.deepStrictEqual(sent(second, since, sequence), {
            after: stored,
            renumbered: true,
            seqs: all
          })
        }
        assert.deepStrictEqual(sent(second, stored, sequence), {
          after: stored,
          renumbered: false,
          seqs: all
        })
      })
    ))

  it.effect("of before there were sequences goes on by its number, as it did", () =>
    withMachine(
      cltab("web:a:1:respawn:a"),
      {},
      Effect.fnUntraced(function*(machine) {
        const first = yield* machine.boot()
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        const last = first.history.seq()
        yield* machine.crash
        const lines = machine.historyDisk.text!.split("\n")
        machine.historyDisk.text = lines.filter((line) => !line.includes("\"sequence\"")).join("\n")
        const second = yield* machine.boot()
        assert.deepStrictEqual(second.log(), [])
        assert.deepStrictEqual(sent(second, last), {
          after: last,
          renumbered: false,
          seqs: range(last + 1, second.history.seq())
        })
        assert.isTrue(sent(second, last, "somebody's").renumbered)
      })
    ))
})
