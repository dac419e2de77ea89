/** The command line's client commands as whole processes. */
import { setTimeout as delay } from "node:timers/promises"
import type { Figure } from "../Figure.ts"
import type { Bench, Section } from "../Section.ts"
import { Stamps } from "../Stamps.ts"
import { sample } from "../Statistics.ts"
import { Clinit, entry } from "../supervisors/Clinit.ts"

const askStatus = new URL("../askStatus.cjs", import.meta.url).pathname

const withSize = async ({ scale, say, stage }: Bench, size: number): Promise<ReadonlyArray<Figure>> => {
  const home = stage.home()
  const stamps = new Stamps(home)
  try {
    say(`client commands with ${size}`)
    const daemon = new Clinit(
      home,
      Array.from({ length: size }, (_, id) => entry({ levels: "1", command: stamps.command(id) }, id))
    )
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
    const walls = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
      Name,
      Array<number>
    >
    const cpus = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Array<number>>
    // The first time of several files have to be read.
    for (let run = scale.clientRuns > 1 ? -1 : 0; run < scale.clientRuns; run++) {
      for (const name of names) {
        const { cpuMillis, wallMillis } = await home.cost(commands[name])
        if (run < 0) continue
        walls[name].push(wallMillis)
        cpus[name].push(cpuMillis)
      }
    }
    await daemon.shutDown()
    const floors = (times: Record<Name, Array<number>>) => ({
      "node -e 0": sample(times["node -e 0"]),
      "bare socket": sample(times["bare socket"])
    })
    return names.slice(2).flatMap((name): ReadonlyArray<Figure> => [
      { what: name, size, unit: "ms", ours: sample(walls[name]), floors: floors(walls) },
      { what: `CPU of ${name}`, size, unit: "ms", ours: sample(cpus[name]), floors: floors(cpus) }
    ])
  } finally {
    stamps.close()
    home.close()
  }
}

export const measure: Section = async (bench) => {
  const figures: Array<Figure> = []
  for (const size of bench.scale.clientSizes) figures.push(...await withSize(bench, size))
  return figures
}
