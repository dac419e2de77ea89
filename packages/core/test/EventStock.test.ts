import * as EventFeed from "@clinit/core/EventFeed"
import type { Recorded, Subject } from "@clinit/core/EventStock"
import * as EventStock from "@clinit/core/EventStock"
import { GroupName, Tag } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

const subject = (name: string): Subject => {
  const [group, tag] = name.split("/")
  return {
    ...(group === "" ? {} : { group: GroupName.make(group!) }),
    ...(tag === undefined ? {} : { tag: Tag.make(tag) })
  }
}

const event = (seq: number, name: string, kind: Recorded["kind"] = "Entry", tags = 0): Recorded => ({
  seq,
  ...subject(name),
  kind,
  tags,
  line: `{"seq":${seq}}`
})

const small = { ofOne: 4, tags: 10, least: 2, all: 16, recent: 3, recentTags: 20 }

const stocked = (events: ReadonlyArray<Recorded>, current: ReadonlyArray<string> = []) => {
  const stock = EventStock.make(() => current.map(subject), small)
  for (const each of events) stock.add(each)
  return stock
}

const seqs = (events: ReadonlyArray<Recorded>) => events.map(({ seq }) => seq)

describe("what is retained", () => {
  it("is the last of each subject, orders and states apart", () => {
    const stock = stocked([
      event(1, "g", "Asked"),
      event(2, "g/a"),
      ...Array.from({ length: 100 }, (_, index) => event(3 + index, "g/b"))
    ])
    assert.deepStrictEqual(seqs(stock.of(subject("g/a"))), [1, 2])
    assert.deepStrictEqual(seqs(stock.of(subject("g/b"))), [1, 99, 100, 101, 102])
    assert.deepStrictEqual(seqs(stock.of(subject("g"))), [1, 2, 99, 100, 101, 102])
    assert.deepStrictEqual(seqs(stock.of(subject("other"))), [])
  })

  it("of the last events is less if they name many entries, but one at least", () => {
    const events = Array.from({ length: 50 }, (_, index) => event(1 + index, `g${index}`, "Decided", 9))
    const since = (stock: EventStock.EventStock, seq: number) => seqs(stock.since(seq))
    const many = EventStock.make(() => [], { ...small, all: 32, recent: 40 })
    for (const each of events) many.add(each)
    assert.isBelow(since(many, 0).length, 35)
    assert.deepStrictEqual(since(many, 47), [48, 49, 50])
    many.add(event(51, "h", "Decided", 5_000))
    assert.deepStrictEqual(since(many, 50), [51])
  })

  it("of decisions is less if they name many entries, but one at least", () => {
    const stock = stocked([
      event(1, "g", "Decided", 6),
      event(2, "g", "Decided", 6),
      event(3, "g", "Decided", 3),
      event(4, "h", "Decided", 5_000)
    ])
    assert.deepStrictEqual(seqs(stock.of(subject("g"))), [2, 3])
    assert.deepStrictEqual(seqs(stock.of(subject("h"))), [4])
  })

  it("is never more than the bound altogether: those who have most give way", () => {
    const names = Array.from({ length: 6 }, (_, index) => `g${index}`)
    const stock = EventStock.make(() => [], { ...small, ofOne: 8 })
    let seq = 0
    const retained = () => names.map((name) => stock.of(subject(name)).length)
    for (const name of ["g0", "g1"]) for (let each = 0; each < 20; each++) stock.add(event(++seq, name))
    assert.deepStrictEqual(retained(), [8, 8, 0, 0, 0, 0])
    stock.add(event(++seq, "g2"))
    assert.deepStrictEqual(retained(), [4, 4, 1, 0, 0, 0])
    for (let each = 0; each < 100; each++) {
      for (const name of names.slice(0, 4)) stock.add(event(++seq, name))
      assert.isAtMost(retained().reduce((sum, length) => sum + length, 0), small.all)
    }
  })

  it("of what is gone goes first when there are too many subjects, then of what was silent for longest", () => {
    const names = Array.from({ length: 4 }, (_, index) => `g${index}`)
    const stock = stocked(
      names.map((name, index) => event(index + 1, name)),
      names.filter((name) => name !== "g2")
    )
    stock.add(event(5, "g0"))
    stock.add(event(6, "new"))
    assert.deepStrictEqual([...names, "new"].filter((name) => !stock.knows(subject(name))), ["g2"])
    stock.add(event(7, "newer"))
    assert.deepStrictEqual(
      [...names, "new", "newer"].filter((name) => !stock.knows(subject(name))),
      ["g2", "new"]
    )
    const silent = EventStock.make(() => names.map(subject), small)
    for (const [index, name] of [...names, "g0"].entries()) silent.add(event(index + 1, name))
    silent.add(event(6, "new"))
    assert.deepStrictEqual(names.filter((name) => !silent.knows(subject(name))), ["g1"])
  })

  it("has all of the last events, whatever they are of, and the older ones as far as they are known", () => {
    const stock = stocked(Array.from({ length: 20 }, (_, index) => event(index + 1, "g/a")))
    assert.deepStrictEqual(seqs(stock.since(19)), [20])
    assert.deepStrictEqual(seqs(stock.since(20)), [])
    const all = seqs(stock.since(0))
    assert.deepStrictEqual(all, all.toSorted((a, b) => a - b))
    assert.includeMembers(all, [17, 18, 19, 20])
  })
})

describe("a feed", () => {
  const lines = (text: string) =>
    text === "" ? [] : text.split("\n").map((line) => {
      const { method, params } = JSON.parse(line)
      return method === "event" ? params.seq as number : `missed ${params.count}, next ${params.next}`
    })

  it("tells a gap in what is known where it is, and how long it is", () => {
    const feed = EventFeed.make([event(3, "g"), event(4, "g"), event(9, "h")], 1)
    assert.deepStrictEqual(lines(feed.rest()), ["missed 1, next 3", 3, 4, "missed 4, next 9", 9])
  })

  it("drops the oldest that nobody has taken, and tells how many", () => {
    const feed = EventFeed.make([], 0, { kept: 3 })
    for (let seq = 1; seq <= 3; seq++) feed.offer(event(seq, "g"))
    assert.deepStrictEqual(lines(feed.rest()), [1, 2, 3])
    for (let seq = 4; seq <= 10; seq++) feed.offer(event(seq, "g"))
    assert.deepStrictEqual(lines(feed.rest()), ["missed 4, next 8", 8, 9, 10])
    feed.offer(event(11, "g"))
    assert.deepStrictEqual(lines(feed.rest()), [11])
  })

  it("of one group leaves the others out, and does not count them as missed", () => {
    const feed = EventFeed.make([], 0, { kept: 2, group: GroupName.make("g") })
    for (let seq = 1; seq <= 10; seq++) feed.offer(event(seq, seq % 2 === 0 ? "g/a" : seq === 5 ? "" : "h"))
    assert.deepStrictEqual(lines(feed.rest()), ["missed 3, next 8", 8, 10])
  })

  it("begins with all that is known, however much that is", () => {
    const past = Array.from({ length: 10 }, (_, index) => event(index + 1, "g"))
    const feed = EventFeed.make(past, 0, { kept: 2 })
    assert.deepStrictEqual(lines(feed.rest()), seqs(past))
  })

  it.effect("is waited for, gives what there is by then, and loses nothing if the waiting is given up", () =>
    Effect.gen(function*() {
      const feed = EventFeed.make([], 0)
      const first = yield* Effect.forkChild(feed.next, { startImmediately: true })
      yield* Fiber.interrupt(first)
      feed.offer(event(1, "g"))
      assert.deepStrictEqual(lines(yield* feed.next), [1])
      const second = yield* Effect.forkChild(feed.next, { startImmediately: true })
      feed.offer(event(2, "g"))
      feed.offer(event(3, "g"))
      assert.deepStrictEqual(lines(yield* Fiber.join(second)), [2, 3])
      assert.strictEqual(feed.rest(), "")
    }))
})
