/** The command line's client commands as whole processes. */
import { setTimeout as delay } from "node:timers/promises"
import type { Figure } from "../Figure.ts"
import type { Bench, Section } from "../Section.ts"
import type { Home } from "../Stage.ts"
import { inHome } from "../Stamps.ts"
import { sample } from "../Statistics.ts"
import { Clinit, entries } from "../supervisors/Clinit.ts"

type Cost = Awaited<ReturnType<Home["cost"]>>

const askStatus = new URL("../askStatus.cjs", import.meta.url).pathname

const withSize = ({ scale, say, stage }: Bench, size: number): Promise<ReadonlyArray<Figure>> =>
  inHome(stage, async (home, stamps) => {
    say(`client commands with ${size}`)
    const daemon = new Clinit(home, entries(stamps.services(size)))
    await daemon.listen()
    await Promise.all([stamps.of(size), daemon.run("-w", "g", "1")])
    await delay(scale.settleSeconds * 1_000)
    const commands = {
      "node -e 0": [process.execPath, "-e", "0"],
      "bare socket": [process.execPath, askStatus, daemon.socket],
      "clinit status": daemon.command("status"),
      "clinit status --json": daemon.command("status", "--json"),
      "clinit is-up g": daemon.command("is-up", "g"),
      "clinit g 1 (no change)": daemon.command("g", "1"),
      "clinit -w g 1 (no change)": daemon.command("-w", "g", "1")
    }
    type Name = keyof typeof commands
    const names = Object.keys(commands) as ReadonlyArray<Name>
    const costs = new Map(names.map((name): [Name, Array<Cost>] => [name, []]))
    // The first time of several files have to be read.
    for (let run = scale.clientRuns > 1 ? -1 : 0; run < scale.clientRuns; run++) {
      for (const name of names) {
        const cost = await home.cost(commands[name])
        if (run >= 0) costs.get(name)!.push(cost)
      }
    }
    await daemon.shutDown()
    const of = (key: keyof Cost, name: Name) => sample(costs.get(name)!.map((cost) => cost[key]))
    const figure = (what: string, key: keyof Cost, name: Name): Figure => ({
      what,
      size,
      unit: "ms",
      ours: of(key, name),
      floors: { "node -e 0": of(key, "node -e 0"), "bare socket": of(key, "bare socket") }
    })
    return names.slice(2).flatMap((name) => [
      figure(name, "wallMillis", name),
      figure(`CPU of ${name}`, "cpuMillis", name)
    ])
  })

export const measure: Section = async (bench) => {
  const figures: Array<Figure> = []
  for (const size of bench.scale.clientSizes) figures.push(...await withSize(bench, size))
  return figures
}
