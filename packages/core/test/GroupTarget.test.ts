import * as Cltab from "@clinit/core/Cltab"
import * as GroupTarget from "@clinit/core/GroupTarget"
import type * as LedgerText from "@clinit/core/LedgerText"
import { Level, Tag } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"

const { entries } = Cltab.parse("web:a:1:respawn:a\n")
const level = Level.make("1")

const wishes: ReadonlyArray<LedgerText.Wish> = [
  { target: level },
  { target: level, byHand: [{ tag: Tag.make("a"), order: "stop" }] },
  { target: null, stoppedAt: level },
  { target: null }
]

const taken = (wish: LedgerText.Wish, now = entries): GroupTarget.GroupTarget => {
  const target = GroupTarget.ofWish(wish, now)
  return target._tag === "Level"
    ? { ...target, outcome: Deferred.makeUnsafe() }
    : { ...target, down: Deferred.makeUnsafe() }
}

describe("a target", () => {
  it("that is recorded and taken up is recorded the same again", () => {
    assert.deepStrictEqual(wishes.map((wish) => GroupTarget.wishOf(taken(wish))), wishes)
  })

  it("of a group that the cltab no longer has, or that was told nothing, is to go and be forgotten", () => {
    for (const wish of wishes) {
      const target = taken(wish, [])
      assert.strictEqual(target._tag === "Halt" ? target.after : target._tag, "forget")
    }
    assert.strictEqual(GroupTarget.levelOf(taken({ target: null })), undefined)
  })

  it("has a level to start at, by hand too, only if it is one or the group was stopped there by hand", () => {
    assert.deepStrictEqual(wishes.map((wish) => GroupTarget.levelOf(taken(wish))), [
      level,
      level,
      level,
      undefined
    ])
  })
})
