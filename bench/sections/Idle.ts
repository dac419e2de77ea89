/**
 * What a daemon holds, and what it does, when there is nothing to do: beside a bare Node that has the same processes, so
 * that pages which all Nodes on the machine share count alike.
 */
import { setTimeout as delay } from "node:timers/promises"
import type { Figure } from "../Figure.ts"
import * as Proc from "../Proc.ts"
import type { Bench, Section } from "../Section.ts"
import type { Home } from "../Stage.ts"
import { Stamps } from "../Stamps.ts"
import { sample } from "../Statistics.ts"
import { Clinit, entries } from "../supervisors/Clinit.ts"
import * as Floors from "../supervisors/Floors.ts"
import { own } from "../supervisors/Supervisor.ts"
import type { Supervisor } from "../supervisors/Supervisor.ts"

const look = (home: Home, supervisor: Supervisor) => {
  const pids = own(home, supervisor)
  return { processes: pids.length, ...Proc.memory(pids), ...Proc.use(pids) }
}

const withSize = async ({ scale, say, stage }: Bench, size: number): Promise<ReadonlyArray<Figure>> => {
  const homes = [stage.home(), stage.home()] as const
  const stamps = homes.map((home) => new Stamps(home))
  try {
    say(`memory and idleness with ${size}`)
    const daemon = new Clinit(homes[0], entries(stamps[0]!.services(size)))
    const node = Floors.node.prepare(homes[1], stamps[1]!.services(size))
    await node.launch()
    await stamps[1]!.of(size)
    await daemon.listen()
    if (size > 0) await Promise.all([stamps[0]!.of(size), daemon.run("-w", "--timeout", "300", "g", "1")])
    // Timers that follow a bring-up are over by then, and garbage that is collected soon is.
    await delay(scale.settleSeconds * 6_000)
    const all = [[homes[0], daemon], [homes[1], node]] as const
    const before = all.map(([home, supervisor]) => look(home, supervisor))
    await delay(scale.idleSeconds * 1_000)
    const after = all.map(([home, supervisor]) => look(home, supervisor))
    const figure = (what: string, unit: Figure["unit"], [ours, floor]: ReadonlyArray<number>): Figure => ({
      what,
      size,
      unit,
      ours: sample([ours!]),
      floors: { Node: sample([floor!]) }
    })
    const used = (name: "cpuMillis" | "switches") =>
      all.map((_, index) => (after[index]![name] - before[index]![name]) / scale.idleSeconds)
    await daemon.shutDown()
    await node.shutDown()
    return [
      figure("PSS beside a bare Node", "MiB", before.map(({ pss }) => pss)),
      figure("anonymous memory", "MiB", before.map(({ anonymous }) => anonymous)),
      figure("RSS", "MiB", before.map(({ rss }) => rss)),
      figure("own processes", "", before.map(({ processes }) => processes)),
      figure("idle: CPU", "ms/s", used("cpuMillis")),
      figure("idle: context switches", "/s", used("switches"))
    ]
  } finally {
    for (const one of stamps) one.close()
    for (const home of homes) home.close()
  }
}

export const measure: Section = async (bench) => {
  const figures: Array<Figure> = []
  for (const size of [0, ...bench.scale.sizes.filter((size) => size !== 10)]) {
    figures.push(...await withSize(bench, size))
  }
  const of = (what: string, size: number) =>
    figures.find((figure) => figure.what === what && figure.size === size)!.ours.median
  return [
    ...figures,
    ...["PSS beside a bare Node", "anonymous memory"].flatMap((what): ReadonlyArray<Figure> =>
      bench.scale.sizes.filter((size) => size !== 10).map((size) => ({
        what: `${what === "anonymous memory" ? what : "PSS"} for each entry`,
        size,
        unit: "KiB",
        ours: sample([((of(what, size) - of(what, 0)) * 1024) / size]),
        floors: {}
      }))
    )
  ]
}
