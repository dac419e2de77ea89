/**
 * Compares what the status of a real daemon says with /proc, under random kills, orders and crashes.
 *
 *     node --conditions=@clinit/source tests/faults/status/main.ts [--samples 10000] [--seed S] [--containment C]
 *
 * `CLINIT_BUNDLE` names a copy of `clinit.js` to test.
 */
import { parseArgs } from "node:util"
import * as Random from "../fuzz/Random.ts"
import * as StatusRun from "./StatusRun.ts"

const { values } = parseArgs({
  options: {
    samples: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Date.now()) },
    containment: { type: "string", default: "cgroup" }
  }
})
const say = (text: string) => void process.stdout.write(`${text}\n`)

say(`seed ${values.seed}, containment ${values.containment}`)
const { contradictions, millis, ...figures } = await StatusRun.play(
  values.containment,
  Number(values.samples),
  Random.make(values.seed),
  say
)
for (const contradiction of contradictions) say(`CONTRADICTION: ${contradiction}`)
say(Object.entries(figures).map(([what, count]) => `${what} ${count}`).join(", "))
const at = (share: number) => millis[Math.floor(share * (millis.length - 1))]!.toFixed(1)
say(`an answer takes ${at(0.5)} ms (median), ${at(0.99)} ms (99 %), ${at(1)} ms (longest)`)
say(`contradictions ${contradictions.length}`)
if (contradictions.length > 0) process.exitCode = 1
