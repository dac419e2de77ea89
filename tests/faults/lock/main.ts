/**
 * Starts daemons at the same moment on one run directory, a thousand times: exactly one may serve, the others have to
 * say that a daemon already runs here. Between the rounds the owner is killed or shut down.
 *
 *     node --conditions=@clinit/source tests/faults/lock/main.ts [--rounds 1000] [--lanes 2] [--seed S]
 *
 * Each lane has a directory of its own. `CLINIT_BUNDLE` names a copy of `clinit.js` to test.
 */
import { parseArgs } from "node:util"
import { spread } from "../crash/Statistics.ts"
import * as Random from "../fuzz/Random.ts"
import { Lane, noFigures } from "./Lane.ts"

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1000" },
    lanes: { type: "string", default: "2" },
    seed: { type: "string", default: String(Date.now()) }
  }
})
const rounds = Number(values.rounds)
const say = (text: string) => void process.stdout.write(`${text}\n`)
say(`seed ${values.seed}, ${rounds} rounds, ${values.lanes} lanes`)

const began = performance.now()
const figures = noFigures()
let begun = 0
let done = 0

const play = async (index: number) => {
  const lane = new Lane(Random.make(`${values.seed}/${index}`), figures)
  try {
    while (begun++ < rounds) {
      await lane.round()
      if (++done % 100 === 0) say(`  ${done} rounds`)
    }
    await lane.close()
  } catch (error) {
    begun = rounds
    process.exitCode = 1
    say(`FAILED with seed ${values.seed} in lane ${index}, after ${figures.rounds} rounds`)
    say(error instanceof Error ? error.stack ?? error.message : String(error))
    say(lane.describe())
    lane.home.killAll()
  }
}

await Promise.all(Array.from({ length: Number(values.lanes) }, (_, index) => play(index)))
say([
  `rounds ${figures.rounds}, daemons ${figures.started}, owners killed ${figures.killed}, shut down ${figures.shutDown}`,
  `two at once, to one owner and one refusal: ${spread(figures.millis.two)}`,
  `ten at once, to one owner and nine refusals: ${spread(figures.millis.ten)}`,
  `per round ${((performance.now() - began) / figures.rounds).toFixed(0)} ms of wall time`
].join("\n"))
