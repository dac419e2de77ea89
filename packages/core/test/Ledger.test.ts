import * as Cltab from "@clinit/core/Cltab"
import { Ledger } from "@clinit/core/Ledger"
import { LedgerStore } from "@clinit/core/LedgerStore"
import * as LedgerText from "@clinit/core/LedgerText"
import * as LedgerDisk from "@clinit/core/testing/LedgerDisk"
import { Trouble } from "@clinit/core/Trouble"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"

const entries = Cltab.parse(
  Array.from({ length: 1_000 }, (_, index) => `web:a${index}:1:respawn:a${index}\n`).join("")
).entries

/** A ledger, and how long each text was that its disk was given. */
const setUp = Effect.fnUntraced(function*(disk: LedgerDisk.LedgerDisk) {
  const store = disk.store(() => true)
  const written: Array<{ readonly how: "replaced" | "added"; readonly length: number }> = []
  const layer = Ledger.layer({ resume: true }).pipe(
    Layer.provide(Trouble.layer),
    Layer.provide(Layer.succeed(LedgerStore, {
      ...store,
      replace: (text) => {
        written.push({ how: "replaced", length: text.length })
        return store.replace(text)
      },
      append: (text) => {
        written.push({ how: "added", length: text.length })
        return store.append(text)
      }
    }))
  )
  const ledger = yield* Effect.provide(Ledger, yield* Layer.build(layer))
  return { ledger, written }
})

it.effect("a change costs what it says and not what else is known: the ledger is replaced only when it has doubled", () =>
  Effect.gen(function*() {
    const disk = LedgerDisk.make()
    const { ledger, written } = yield* setUp(disk)
    const runs = yield* Effect.forEach(entries, (entry) => ledger.begin(entry, 0))
    yield* ledger.flush
    const whole = written.splice(0).at(-1)!.length
    for (const run of runs) {
      yield* ledger.setStopping(run)
      yield* TestClock.adjust("10 millis")
    }
    const added = written.filter(({ how }) => how === "added")
    assert.isAbove(added.length, 900)
    assert.isBelow(Math.max(...added.map(({ length }) => length)), 1_000)
    assert.isAtMost(written.length - added.length, 2)
    for (const run of runs) {
      yield* ledger.remove(run)
      yield* TestClock.adjust("10 millis")
    }
    assert.isBelow(written.reduce((sum, { length }) => sum + length, 0), 5 * whole)
    const { runs: left } = Result.getOrThrow(LedgerText.parse(disk.text!))
    assert.deepStrictEqual(left, [])
  }))

it.effect("what could not be added is in what is replaced next", () =>
  Effect.gen(function*() {
    const disk = LedgerDisk.make()
    const { ledger, written } = yield* setUp(disk)
    const [one, two] = [yield* ledger.begin(entries[0]!, 0), yield* ledger.begin(entries[1]!, 0)]
    yield* ledger.flush
    disk.broken = "ENOSPC"
    yield* ledger.remove(one)
    yield* ledger.flush
    disk.broken = undefined
    yield* ledger.setStopping(two)
    yield* TestClock.adjust("2 seconds")
    assert.deepStrictEqual(written.map(({ how }) => how), ["replaced", "added", "added", "replaced"])
    const { runs } = Result.getOrThrow(LedgerText.parse(disk.text!))
    assert.deepStrictEqual(runs.map(({ run, stopping }) => ({ run, stopping })), [{
      run: two.number,
      stopping: true
    }])
  }))
