/** Much output of an entry: to a file, of which it has a descriptor of its own, and to a logger. */
import { statSync, writeFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { now } from "../Clock.ts"
import type { Figure } from "../Figure.ts"
import * as Proc from "../Proc.ts"
import type { Bench, Section } from "../Section.ts"
import type { Home } from "../Stage.ts"
import { inHome } from "../Stamps.ts"
import { sample } from "../Statistics.ts"
import { Clinit, entry } from "../supervisors/Clinit.ts"
import * as Floors from "../supervisors/Floors.ts"
import { own } from "../supervisors/Supervisor.ts"
import type { Supervisor } from "../supervisors/Supervisor.ts"

const writes = { "by line": 100, "by 64 KiB": 65_536 }
type Target = "file" | "logger"

interface Taken {
  /** From the first byte that is written to the last one that is in the file. */
  readonly wall: number
  /** Of the supervisor's own processes. */
  readonly cpu: number
}

const once = (
  { scale, stage }: Bench,
  chunk: number,
  prepare: (home: Home, command: string, file: string) => Supervisor
): Promise<Taken> =>
  inHome(stage, async (home, stamps) => {
    const [gate, file] = [home.path("gate"), home.path("written")]
    const bytes = scale.megabytes * 1_000_000
    const supervisor = prepare(
      home,
      `${stage.program("lines")} ${stamps.path} ${gate} ${bytes} ${chunk}`,
      file
    )
    await supervisor.launch()
    await delay(scale.settleSeconds * 800)
    const before = Proc.use(own(home, supervisor)).cpuMillis
    writeFileSync(gate, "")
    const [first, last] = await Promise.all([stamps.next(0), stamps.next(1, 120)])
    let complete = last.at
    while (statSync(file).size < bytes) {
      await delay(2)
      complete = now()
    }
    const cpu = Proc.use(own(home, supervisor)).cpuMillis - before
    await supervisor.shutDown()
    return { wall: complete - first.at, cpu }
  })

const ours = (target: Target) => (home: Home, command: string, file: string) =>
  new Clinit(home, [
    `:::g/output:${target === "file" ? `file:${file}` : `pipe:exec ${home.stage.program("copy")} ${file}`}`,
    entry({ levels: "1", command: `exec ${command}` }, 0)
  ])

const floor = (target: Target) => (home: Home, command: string, file: string) =>
  Floors.c.prepare(home, [{
    levels: "1",
    command: target === "file"
      ? `exec ${command} >> ${file}`
      : `${command} | ${home.stage.program("copy")} ${file}`
  }])

export const measure: Section = async (bench) => {
  const figures: Array<Figure> = []
  for (const target of ["file", "logger"] as const) {
    for (const [name, chunk] of Object.entries(writes)) {
      bench.say(`output to a ${target}, ${name}`)
      const taken: { readonly ours: Array<Taken>; readonly floor: Array<Taken> } = { ours: [], floor: [] }
      for (let run = 0; run < Math.min(3, bench.scale.runs); run++) {
        taken.floor.push(await once(bench, chunk, floor(target)))
        taken.ours.push(await once(bench, chunk, ours(target)))
      }
      const of = (key: keyof Taken, prefix: string): Figure => ({
        what: `${prefix}${bench.scale.megabytes} MB of output to a ${target}, ${name}`,
        unit: "ms",
        ours: sample(taken.ours.map((one) => one[key])),
        floors: { C: sample(taken.floor.map((one) => one[key])) }
      })
      figures.push(of("wall", ""), of("cpu", "supervisor's CPU of "))
    }
  }
  return figures
}
