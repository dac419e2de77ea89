import { describe, expect, it } from "@effect/vitest"
import { existsSync, readdirSync } from "node:fs"
import * as Sweep from "../../../bench/Sweep.ts"
import { itUnless, lacks } from "./support/Conditional.ts"
import * as ControlGroups from "./support/ControlGroups.ts"
import { until } from "./support/Eventually.ts"
import * as Proc from "./support/Proc.ts"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"

const main = new URL("../../../bench/main.ts", import.meta.url).pathname

/** Starts the suite with its scratch directory in the test's own. */
const start = (scratch: Scratch, ...args: ReadonlyArray<string>) =>
  scratch.start("/usr/bin/env", [`TMPDIR=${scratch.directory}`, process.execPath, main, ...args])

/** The suite's processes: what it starts names the scratch directory in its environment. */
const processes = (scratch: Scratch): ReadonlyArray<string> =>
  Sweep.marked(scratch.directory).map(Proc.describe)

const directories = (scratch: Scratch) =>
  readdirSync(scratch.directory).filter((name) => name.startsWith("clinit-bench-"))

/** A figure of each part of the suite that can be measured on any machine. */
const parts = [
  "bring-up",
  "longest wait for a status during a bring-up",
  "level switch, half shared",
  "respawn",
  "respawn after quick deaths",
  "respawn during a crash storm",
  "respawn during a bring-up",
  "clinit status",
  "PSS beside a bare Node",
  "idle: context switches",
  "CPU of a bring-up that 2 watch",
  "1 MB of output to a file, by line",
  "1 MB of output to a logger, by 64 KiB",
  "reread, one line changed: the call"
]

/** Beside all other tests it takes several times as long as alone. */
const timeout = 300_000

describe.concurrent("the performance suite", { timeout }, () => {
  itUnless(lacks("cc"))(
    "measures every part of itself, compares it with a floor of the same run, and leaves nothing behind",
    inScratch(async (scratch) => {
      const suite = start(scratch, "--tiny", "--json", "figures.json")
      const { exit, stderr, stdout } = await suite.finished(280)
      expect(exit, stderr).toBe(0)
      interface Figure {
        readonly what: string
        readonly ours: { readonly median: number }
        readonly floors: object
      }
      const { figures } = JSON.parse(scratch.read("figures.json")) as { figures: ReadonlyArray<Figure> }
      const named = (what: string) => figures.find((figure) => figure.what === what)
      expect(parts.filter((what) => named(what) === undefined)).toEqual([])
      expect(figures.filter(({ ours }) => !Number.isFinite(ours.median))).toEqual([])
      expect(Object.keys(named("bring-up")!.floors)).toEqual(["Node", "C"])
      for (const part of parts) expect(stdout).toContain(part)
      expect(processes(scratch)).toEqual([])
      expect(directories(scratch)).toEqual([])
    })
  )

  for (const [signal, end] of [["SIGINT", 130], ["SIGKILL", "SIGKILL"]] as const) {
    itUnless(lacks("cc"))(
      `leaves nothing behind when ${signal} ends it`,
      inScratch(async (scratch) => {
        const suite = start(scratch, "--tiny", "--only", "idle", "--sizes", "20")
        const entries = () => processes(scratch).filter((text) => text.includes("/bin/stamp "))
        await until("entries of two supervisors run", () => entries().length >= 40, 120)
        const [directory] = directories(scratch)
        const sockets = readdirSync(`${scratch.directory}/${directory}`).map((home) =>
          `${scratch.directory}/${directory}/${home}/s`
        )
        expect(sockets.some((socket) => existsSync(socket))).toBe(true)
        suite.kill(signal)
        expect((await suite.finished()).exit).toBe(end)
        await until("it is swept", () => directories(scratch).length === 0, 60)
        expect(processes(scratch)).toEqual([])
        expect(sockets.flatMap((socket) => ControlGroups.of(socket))).toEqual([])
      })
    )
  }

  it(
    "says which parts there are when one is asked for that is not there",
    inScratch(async (scratch) => {
      const { exit, stderr } = await start(scratch, "--only", "speed").finished()
      expect(exit).toBe(1)
      expect(stderr).toContain("--only speed: there are cycle, answers, switch, respawn")
    })
  )
})
