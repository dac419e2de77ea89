// The process that runs one target, so that its memory is its own: `main.ts` starts it and hears of the result.
import * as Run from "./Run.ts"
import { named } from "./Targets.ts"
import * as Watchdog from "./Watchdog.ts"
import type { Sent } from "./Workers.ts"

const [target, seed, from, inputs, hangFile] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string
]
const hang = 60_000

const watchdog = Watchdog.start(hangFile, hang)
const plan = { seed: Number(seed), from: Number(from), inputs: Number(inputs) }
const result = await Run.run(named(target), plan, watchdog.progress)
await watchdog.stop()
const failures = result.failures.map((failure) => ({
  ...failure,
  input: Buffer.from(failure.input).toString("base64")
}))
// What is under test may have left something open, which would keep this process.
process.send!({ ...result, failures } satisfies Sent, () => process.exit())
