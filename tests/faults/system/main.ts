/**
 * Faults that take longer than tests may: `node tests/faults/system/main.ts [SCENARIO...]`. Prints what was measured and
 * ends with 1 if something is not as it has to be. Needs the bundle (`npm run build`).
 */
import { spawn } from "node:child_process"
import * as Figure from "./Figure.ts"

type Scenario = readonly [name: string, ...args: ReadonlyArray<string>]

/** Most of their time these wait: they run at once. */
const waiting: ReadonlyArray<Scenario> = [
  ["FrozenProcess"],
  ["RefusedStarts"],
  ["ClockSteps"],
  ["RemovedStatusFile"]
]

/** These load the machine, and are disturbed by each other. */
const measuring: ReadonlyArray<Scenario> = [
  ["Flood"],
  ["ManyZombies", "cgroup"],
  ["ManyZombies", "descendants"],
  ["ManyZombies", "group"]
]

const print = (line: string) => void process.stdout.write(`${line}\n`)

/** Whether all was as it has to be. */
const play = ([name, ...args]: Scenario): Promise<boolean> =>
  new Promise((resolve) => {
    const file = new URL(`${name}.ts`, import.meta.url).pathname
    const began = performance.now()
    const scenario = spawn(
      process.execPath,
      ["--conditions=@clinit/source", "--disable-warning=ExperimentalWarning", file, ...args],
      { stdio: ["ignore", "pipe", "pipe"] }
    )
    let stdout = ""
    let stderr = ""
    scenario.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text)
    scenario.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text)
    scenario.once("close", (code) => {
      const figures = stdout.split("\n").filter((line) => line !== "").map((line) =>
        JSON.parse(line) as Figure.Figure
      )
      print(`${[name, ...args].join(" ")} (${((performance.now() - began) / 1_000).toFixed(0)} s)`)
      for (const figure of figures) print(`  ${Figure.print(figure)}`)
      for (const line of stderr.split("\n").filter((line) => line !== "")) print(`  ${line}`)
      if (code !== 0) print(`  FAIL ended with ${code}`)
      resolve(code === 0 && figures.every(Figure.isGood))
    })
  })

const asked = process.argv.slice(2)
const chosen = (scenarios: ReadonlyArray<Scenario>) =>
  scenarios.filter(([name]) => asked.length === 0 || asked.includes(name))

const verdicts = await Promise.all(chosen(waiting).map(play))
for (const scenario of chosen(measuring)) verdicts.push(await play(scenario))
process.exitCode = verdicts.every(Boolean) ? 0 : 1
