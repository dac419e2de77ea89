import * as SpawnQueue from "@clinit/core/SpawnQueue"
import { assert, describe, it } from "@effect/vitest"

const none = { again: 0, first: 0, looping: 0 }

/** What is let in, one after another, while none of those under way is done. */
const admitted = (waiting: SpawnQueue.Counts, underWay: SpawnQueue.Counts = none) => {
  const left = { ...waiting }
  const now = { ...underWay }
  const kinds: Array<SpawnQueue.Urgency> = []
  for (;;) {
    const kind = SpawnQueue.next(left, now)
    if (kind === undefined) return kinds
    left[kind]--
    now[kind]++
    kinds.push(kind)
  }
}

describe("SpawnQueue", () => {
  it("an entry that has lived long goes before the first starts of a level, and these before crash loops", () => {
    assert.deepStrictEqual(admitted({ again: 1, first: 2, looping: 1 }), [
      "again",
      "first",
      "first",
      "looping"
    ])
  })

  it("crash loops alone have no more than two starts under way, so that others need not wait for theirs", () => {
    assert.deepStrictEqual(admitted({ ...none, looping: 100 }), ["looping", "looping"])
    assert.deepStrictEqual(admitted({ ...none, again: 1 }, { ...none, looping: 2 }), ["again"])
  })

  it("a level of thousands that is started leaves room for an entry that dies meanwhile, and for crash loops", () => {
    const first = admitted({ ...none, first: 1_000 })
    assert.deepStrictEqual(first, Array.from({ length: 6 }, () => "first"))
    const underWay = { ...none, first: first.length }
    assert.deepStrictEqual(admitted({ again: 1, first: 994, looping: 100 }, underWay), ["again", "looping"])
  })

  it("no more than eight are under way together", () => {
    const underWay = { again: 3, first: 4, looping: 1 }
    assert.strictEqual(SpawnQueue.next({ again: 9, first: 9, looping: 9 }, underWay), undefined)
    assert.strictEqual(admitted({ again: 100, first: 100, looping: 100 }).length, 8)
  })
})
