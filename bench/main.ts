/**
 * How fast clinit is and how much it takes, beside what the machine and Node allow and beside other supervisors. After
 * `npm run build`:
 *
 *     node bench/main.ts [--only cycle,respawn] [--sizes 10,100] [--runs 5] [--quick | --ci | --tiny]
 *                        [--json FILE] [--markdown | --document] [--from FILE]
 *
 * `CLINIT_BUNDLE` names another `clinit.js` to measure. Ends with 1 if a goal is missed.
 */
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import * as os from "node:os"
import { parseArgs } from "node:util"
import type { Figure } from "./Figure.ts"
import * as Goals from "./Goals.ts"
import * as Growth from "./Growth.ts"
import * as Report from "./Report.ts"
import { scales } from "./Scale.ts"
import type { Scale } from "./Scale.ts"
import type { Section } from "./Section.ts"
import * as Answers from "./sections/Answers.ts"
import * as Clients from "./sections/Clients.ts"
import * as Cycle from "./sections/Cycle.ts"
import * as Idle from "./sections/Idle.ts"
import * as Output from "./sections/Output.ts"
import * as Peers from "./sections/Peers.ts"
import * as Reread from "./sections/Reread.ts"
import * as Respawn from "./sections/Respawn.ts"
import * as Switch from "./sections/Switch.ts"
import * as Watchers from "./sections/Watchers.ts"
import { Stage } from "./Stage.ts"

const sections: Readonly<Record<string, Section>> = {
  cycle: Cycle.measure,
  answers: Answers.measure,
  switch: Switch.measure,
  respawn: Respawn.measure,
  client: Clients.measure,
  idle: Idle.measure,
  watchers: Watchers.measure,
  output: Output.measure,
  reread: Reread.measure,
  peers: Peers.measure
}

const ciSections = ["cycle", "respawn", "client", "idle"]

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    sizes: { type: "string" },
    runs: { type: "string" },
    quick: { type: "boolean" },
    ci: { type: "boolean" },
    tiny: { type: "boolean" },
    json: { type: "string" },
    markdown: { type: "boolean" },
    document: { type: "boolean" },
    from: { type: "string" }
  }
})

const numbers = (option: string, text: string): ReadonlyArray<number> =>
  text.split(",").map((word) => {
    if (!/^[1-9]\d*$/.test(word)) {
      throw new Error(`--${option} ${text}: numbers from 1 are expected, as in 10,100`)
    }
    return Number(word)
  })

const name = (["quick", "ci", "tiny"] as const).find((name) => values[name]) ?? "full"
const scale: Scale = {
  ...scales[name],
  ...(values.sizes === undefined ? {} : { sizes: numbers("sizes", values.sizes) }),
  ...(values.runs === undefined ? {} : { runs: numbers("runs", values.runs)[0]! })
}
const goals = { full: Goals.goals, quick: Goals.goals, ci: Goals.ciBounds, tiny: [] }[name]
const chosen = values.only?.split(",") ?? (name === "ci" ? ciSections : Object.keys(sections))

const say = (text: string) => void process.stderr.write(`${text}\n`)

/** Measures these parts. One that fails is told of, and the others go on. */
const measure = async (names: ReadonlyArray<string>): Promise<ReadonlyMap<string, ReadonlyArray<Figure>>> => {
  const stage = new Stage()
  const figures = new Map<string, ReadonlyArray<Figure>>()
  try {
    for (const name of names) {
      try {
        figures.set(name, await sections[name]!({ stage, scale, say }))
      } catch (error) {
        say(`${name} FAILED: ${error instanceof Error ? error.stack ?? error.message : String(error)}`)
      }
    }
    return figures
  } finally {
    stage.close()
  }
}

const document = new URL("../docs/performance.md", import.meta.url)

const commit = (): string => {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      encoding: "utf8",
      cwd: import.meta.dirname
    }).trim()
  } catch {
    return "unknown"
  }
}

const run = async (): Promise<Report.Run> => {
  for (const name of chosen) {
    if (!Object.hasOwn(sections, name)) {
      throw new Error(`--only ${name}: there are ${Object.keys(sections).join(", ")}`)
    }
  }
  const about = {
    when: new Date().toISOString().slice(0, 16).replace("T", " "),
    commit: commit(),
    node: process.version,
    kernel: os.release(),
    processor: os.cpus()[0]?.model ?? "unknown",
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    load: os.loadavg()[0]!,
    scale: name
  }
  let figures = await measure(chosen)
  const exceeding = [...figures].filter(([, figures]) => Report.missed(goals, figures).length > 0).map((
    [name]
  ) => name)
  const failed = () => chosen.filter((name) => !figures.has(name))
  if (name === "ci" && exceeding.length + failed().length > 0) {
    say([...figures.values()].flatMap((figures) => Report.missed(goals, figures)).join("\n"))
    say(`measured again, as the machine may have been busy: ${[...exceeding, ...failed()].join(", ")}`)
    figures = new Map([...figures, ...await measure([...exceeding, ...failed()])])
  }
  if (failed().length > 0) process.exitCode = 1
  const all = [...figures.values()].flat()
  return { ...about, figures: [...all, ...Growth.of(all)] }
}

const result = values.from === undefined
  ? await run()
  : JSON.parse(readFileSync(values.from, "utf8")) as Report.Run
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, undefined, 1)}\n`)
if (values.document) writeFileSync(document, Report.fill(readFileSync(document, "utf8"), goals, result))
console.log(values.markdown ? Report.markdown(goals, result) : Report.table(goals, result.figures))
const missed = Report.missed(goals, result.figures)
if (missed.length > 0) {
  say(`\nmissed:\n${missed.map((line) => `  ${line}`).join("\n")}`)
  process.exitCode = 1
}
