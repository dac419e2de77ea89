import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { cltab, withNode } from "./support/Node.ts"

const quick = { runs: 0, exits: 1 } as const

/** The times, in seconds, at which `r` was started. */
const starts = (lines: ReadonlyArray<string>): ReadonlyArray<number> =>
  lines.filter((line) => line.endsWith(" r started")).map((line) => Number.parseFloat(line))

const exponential = [":::web/r/respawn.hits:0", ":::web/r/respawn.pause:2s", ":::web/r/respawn.factor:2"]

it.effect("pauses in a row double up to the cap, with two runs after each as ever", () =>
  withNode(
    cltab(...exponential, ":::web/r/respawn.cap:5s", "web:r:1:respawn:r"),
    { r: quick },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      assert.deepStrictEqual(
        starts(yield* node.after("18 seconds")),
        [0, 0, 2, 2, 6, 6, 11, 11, 16, 16]
      )
      assert.deepStrictEqual(
        node.log().filter((line) => line.includes("too rapidly")).slice(0, 3),
        [2, 4, 5].map((seconds) => `Warn: r respawning too rapidly: sleeping ${seconds} seconds`)
      )
    })
  ))

it.effect("a run that lasts as long as is called stable makes pauses begin anew", () =>
  withNode(
    cltab(...exponential, ":::respawn.stable:10s", "web:r:1:respawn:r"),
    { r: [quick, quick, quick, quick, quick, { runs: "10 seconds" }, quick] },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      // The second run that begins at 6 s is stable; its own death counts for nothing.
      assert.deepStrictEqual(starts(yield* node.after("23 seconds")), [0, 0, 2, 2, 6, 6, 16, 18, 18, 22, 22])
    })
  ))

it.effect("jitter spreads pauses within its bounds, the same for the same chance", () =>
  Effect.gen(function*() {
    const pauses = (seed: string) =>
      withNode(
        cltab(":::respawn.hits:0", ":::respawn.pause:10s", ":::respawn.jitter:20%", "web:r:1:respawn:r"),
        { r: quick },
        Effect.fnUntraced(function*(node) {
          yield* node.tell("web", "1")
          const times = [...new Set(starts(yield* node.after("10 minutes")))]
          return times.slice(1).map((time, index) => Math.round((time - times[index]!) * 1_000))
        })
      ).pipe(Random.withSeed(seed))
    const one = yield* pauses("one")
    assert.isAtLeast(one.length, 45)
    for (const millis of one) {
      assert.isAtLeast(millis, 8_000)
      assert.isAtMost(millis, 12_000)
    }
    assert.isAbove(new Set(one).size, 20)
    assert.deepStrictEqual(yield* pauses("one"), one)
    assert.notDeepEqual(yield* pauses("other"), one)
  }))

it.effect("the status tells when a pause ends that chance has lengthened or shortened", () =>
  withNode(
    cltab(":::respawn.hits:0", ":::respawn.jitter:50%", "web:r:1:respawn:r"),
    { r: quick },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      const state = node.process("web", "r")!.state
      if (state._tag !== "Pausing") return assert.fail(state._tag)
      const [first] = starts((yield* node.after("2 minutes")).slice(1)).filter((time) => time > 0)
      assert.strictEqual(first, state.retryAt / 1_000)
    })
  ))

it.effect("a changed setting counts for the entry that runs from its next death on, with all that was before", () =>
  withNode(
    cltab("web:r:1:respawn:r"),
    { r: quick },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      yield* node.after("70 seconds")
      node.news()
      node.cltab.write(cltab(":::respawn.pause:10s", ":::respawn.factor:2", "web:r:1:respawn:r"))
      yield* node.tell("web", "1")
      // The pause that is under way stays as it is, the next is the third in a row.
      assert.deepStrictEqual(starts(yield* node.after("2 minutes")), [120, 120, 160, 160])
    })
  ))

it.effect("refused starts are tried again after 1, 2, 4 s up to the pause", () =>
  withNode(
    cltab(":::respawn.pause:5s", "web:r:1:respawn:r"),
    { r: { refused: "EAGAIN" } },
    Effect.fnUntraced(function*(node) {
      yield* node.tell("web", "1")
      assert.deepStrictEqual(
        (yield* node.after("18 seconds")).filter((line) => line.endsWith("refused")),
        [0, 1, 3, 7, 12, 17].map((seconds) => `${seconds}s r refused`)
      )
    })
  ))
