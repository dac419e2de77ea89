// A small share of the fault suite's fuzzing, which `node tests/faults/fuzz/main.ts` does at length.
import { assert, describe, it, vi } from "@effect/vitest"
import * as ByteText from "../../../tests/faults/fuzz/ByteText.ts"
import * as Memory from "../../../tests/faults/fuzz/Memory.ts"
import { minimise } from "../../../tests/faults/fuzz/Minimise.ts"
import * as Run from "../../../tests/faults/fuzz/Run.ts"
import type { Target } from "../../../tests/faults/fuzz/Target.ts"
import { pure } from "../../../tests/faults/fuzz/Target.ts"
import { named } from "../../../tests/faults/fuzz/Targets.ts"

// On a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const plan = { seed: 1, from: 0, inputs: 0 }

describe("fuzzing", () => {
  const shares: Readonly<Record<string, number>> = {
    cltab: 300,
    lines: 300,
    lives: 100,
    socket: 40,
    "ledger text": 400,
    "ledger file": 150,
    mark: 300,
    "blow-up": 1
  }
  for (const [name, inputs] of Object.entries(shares)) {
    it(`of ${name} finds nothing`, async () => {
      const { failures } = await Run.run(named(name), { ...plan, inputs })
      assert.deepStrictEqual(
        failures.map(({ index, input, message }) => `#${index} ${message}: ${ByteText.escape(input)}`),
        []
      )
    })
  }
})

describe("the fuzzer", () => {
  /** Breaks down at an `x`, and is slow at a `y`. */
  const broken: Target = {
    name: "broken",
    generate: (random) => ({ origin: "noise", bytes: `abc${random.pick(["x", "y", "z"])}def` }),
    open: pure(({ bytes }) => {
      if (bytes.includes("x")) throw new TypeError("x")
      const end = performance.now() + (bytes.includes("y") ? 20 : 0)
      while (performance.now() < end);
    }),
    settleEvery: 10,
    lanes: 1,
    patience: 5,
    isPure: true
  }

  it("tells of an exception and of an input that takes long, cut down to what does it", async () => {
    const { failed, failures, slowest } = await Run.run(broken, { ...plan, inputs: 20 })
    assert.isAbove(failed, 5)
    const kinds = new Set(
      failures.map(({ input, kind }) => `${kind.slice(0, 18)}: ${ByteText.escape(input)}`)
    )
    assert.isTrue(kinds.has("threw TypeError: x: x"))
    assert.isTrue([...kinds].some((kind) => kind.startsWith("takes # ms")))
    assert.isAbove(slowest.millis, 5)
  })

  it("makes the same input again from seed and number, and others from others", async () => {
    const inputs: Array<string> = []
    const collector: Target = { ...named("cltab"), open: pure(({ bytes }) => void inputs.push(bytes)) }
    await Run.run(collector, { seed: 7, from: 0, inputs: 20 })
    await Run.run(collector, { seed: 7, from: 10, inputs: 10 })
    await Run.run(collector, { seed: 8, from: 10, inputs: 10 })
    assert.deepStrictEqual(inputs.slice(20, 30), inputs.slice(10, 20))
    assert.notDeepEqual(inputs.slice(30), inputs.slice(10, 20))
  })

  it("cuts an input down as long as it fails", async () => {
    assert.strictEqual(await minimise("some a and some b", async (text) => /a.*b/.test(text)), "ab")
  })

  it("sees memory that grows, and not its ups and downs", () => {
    const run = (heap: (sample: number) => number) =>
      Memory.growth(Array.from({ length: 40 }, (_, sample) => ({ heap: heap(sample) * 2 ** 20, rss: 0 })))
    assert.isUndefined(run((sample) => sample % 7))
    assert.isUndefined(run((sample) => Math.min(sample, 8)))
    assert.match(run((sample) => sample / 4)!, /^grew: heap /)
  })
})
