import * as fs from "node:fs"
import * as Proc from "../../../packages/cli/test/support/Proc.ts"
import type { Home } from "../crash/Home.ts"

/** What a daemon has at one moment. Memory is in KiB. */
export interface Sample {
  readonly seconds: number
  readonly descriptors: number
  readonly threads: number
  readonly rss: number
  readonly pss: number
  /** What is written to and belongs to it alone: heap, stacks and buffers. */
  readonly dirty: number
  readonly processes: number
  readonly controlGroups: number
  readonly files: number
  readonly ledgerBytes: number
  /** Processor time that was used up to now, in clock ticks. */
  readonly ticks: number
}

const number = (text: string, name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1])

export const take = (home: Home, began: number): Sample => {
  const pid = home.daemon!.pid
  const read = (file: string) => fs.readFileSync(`/proc/${pid}/${file}`, "latin1")
  const memory = read("smaps_rollup")
  const stat = read("stat").split(") ").at(-1)!.split(" ")
  return {
    seconds: Math.round((performance.now() - began) / 1_000),
    descriptors: fs.readdirSync(`/proc/${pid}/fd`).length,
    threads: number(read("status"), "Threads"),
    rss: number(memory, "Rss"),
    pss: number(memory, "Pss"),
    dirty: number(memory, "Private_Dirty"),
    processes: Proc.marked(home.directory).length,
    controlGroups: home.controlGroups().length,
    files: fs.readdirSync(home.run, { recursive: true }).length,
    ledgerBytes: fs.statSync(`${home.socket}.ledger`, { throwIfNoEntry: false })?.size ?? 0,
    ticks: Number(stat[11]) + Number(stat[12])
  }
}

const columns = [
  "seconds",
  "descriptors",
  "threads",
  "rss",
  "pss",
  "dirty",
  "processes",
  "controlGroups",
  "files",
  "ledgerBytes",
  "ticks"
] as const

export const heading = columns.map((name) => name.padStart(13)).join("")
export const row = (sample: Sample): string =>
  columns.map((name) => String(sample[name]).padStart(13)).join("")
