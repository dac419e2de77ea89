import { assert, describe, it } from "@effect/vitest"
import * as ModelVerdict from "./support/ModelVerdict.ts"

// Random schedules of orders, edits, crashes and disk troubles against a machine of scripted processes, with a witness
// that knows only what was told and what can be seen. CLINIT_MODEL_RUNS says how many, CLINIT_MODEL_SEED replays one.

const runs = Number(process.env["CLINIT_MODEL_RUNS"] ?? 1500)
const only = process.env["CLINIT_MODEL_SEED"]
const first = Number(only ?? 1)
const last = only === undefined ? runs : first

/** So many schedules are a test: the report names the ones that fail, and none takes for ever. */
const batch = 100

describe("whatever is done to it and whenever it is killed, the daemon keeps its promises", () => {
  for (let from = first; from <= last; from += batch) {
    const to = Math.min(last, from + batch - 1)
    it(`seeds ${from} to ${to}`, { timeout: 300_000 }, async () => {
      for (let seed = from; seed <= to; seed++) {
        const failure = await ModelVerdict.failureOf(seed)
        if (failure !== undefined) assert.fail(ModelVerdict.print(failure))
      }
    })
  }
})
