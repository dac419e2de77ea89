// A small share of `npm run faults:status`.
import { expect, it } from "@effect/vitest"
import * as Random from "../../../tests/faults/fuzz/Random.ts"
import * as StatusRun from "../../../tests/faults/status/StatusRun.ts"

it(
  "a status never contradicts /proc, in 150 samples under kills, orders by hand, level changes and crashes",
  async () => {
    const seed = process.env["CLINIT_SEED"] ?? String(Date.now())
    const { contradictions, crashes, kills, running } = await StatusRun.play(
      "descendants",
      150,
      Random.make(seed)
    )
    expect({ seed, contradictions }).toEqual({ seed, contradictions: [] })
    expect(Math.min(kills, running, crashes + 1)).toBeGreaterThan(0)
  },
  120_000
)
