// Fuzzes everything that reads what others write: `node tests/faults/fuzz/main.ts [--inputs N] [--seed S]`. Of a failure
// it prints how to replay it: `--target T --seed S --from N --inputs 1`, from the beginning if the target remembers.
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import * as ByteText from "./ByteText.ts"
import type { Failure } from "./Failure.ts"
import * as Memory from "./Memory.ts"
import type { Result } from "./Run.ts"
import * as Shares from "./Shares.ts"
import * as Table from "./Table.ts"
import type { Outcome } from "./Workers.ts"
import * as Workers from "./Workers.ts"

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: String(Shares.total) },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    target: { type: "string" },
    from: { type: "string", default: "0" },
    workers: { type: "string", default: "2" },
    failures: { type: "string" }
  }
})
const inputs = Number(values.inputs)
const seed = Number(values.seed)
const directory = values.failures ?? fs.mkdtempSync(path.join(os.tmpdir(), "clinit-fuzz-failures-"))
fs.mkdirSync(directory, { recursive: true })

const report = ({ index, input, message, target }: Failure) => {
  const file = path.join(directory, `${target.replaceAll(" ", "-")}-${seed}-${index}`)
  fs.writeFileSync(file, input)
  console.log(`FAILED ${target} #${index} (seed ${seed}): ${message}\n  ${ByteText.escape(input)}\n  ${file}`)
}

/** What is wrong with a target's run as a whole, if anything. */
const verdict = (result: Result): string | undefined => Memory.growth(result.samples)

const conclude = (outcome: Outcome): boolean => {
  if ("died" in outcome) {
    console.log(`FAILED ${outcome.target} (seed ${seed}): ${outcome.died}`)
    return false
  }
  outcome.result.failures.forEach(report)
  const wrong = verdict(outcome.result)
  if (wrong !== undefined) console.log(`FAILED ${outcome.target} (seed ${seed}): ${wrong}`)
  return outcome.result.failed === 0 && wrong === undefined
}

const begin = performance.now()
const waiting = values.target === undefined ? [...Shares.names] : [values.target]
const results: Array<Result> = []
let isSound = true
console.log(`seed ${seed}`)
const work = async () => {
  for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
    const share = values.target === undefined ? Shares.of(target, inputs) : inputs
    const outcome = await Workers.run(target, { seed, from: Number(values.from), inputs: share }, directory)
    isSound = conclude(outcome) && isSound
    if ("result" in outcome) results.push(outcome.result)
  }
}
await Promise.all(Array.from({ length: Number(values.workers) }, work))

console.log(
  Table.render(results.sort((a, b) => Shares.names.indexOf(a.target) - Shares.names.indexOf(b.target)))
)
const bounds = `heap ${Memory.bounds.heap / 2 ** 20} MiB, rss ${Memory.bounds.rss / 2 ** 20} MiB`
console.log(
  `${results.reduce((sum, result) => sum + result.inputs, 0)} inputs in ${
    ((performance.now() - begin) / 1000).toFixed(0)
  } s; ` +
    `growth allowed from the second fifth of a run to the last: ${bounds}`
)
console.log(isSound ? "sound" : `NOT sound; inputs that failed are in ${directory}`)
if (isSound && values.failures === undefined) fs.rmSync(directory, { recursive: true, force: true })
process.exitCode = isSound ? 0 : 1
