/** A level change that keeps half of the entries: from the order to the last new process. */
import { setTimeout as delay } from "node:timers/promises"
import { now } from "../Clock.ts"
import type { Figure } from "../Figure.ts"
import { runsOf } from "../Scale.ts"
import type { Bench, Section } from "../Section.ts"
import { inHome } from "../Stamps.ts"
import { sample } from "../Statistics.ts"
import { kind as clinit } from "../supervisors/Clinit.ts"
import * as Floors from "../supervisors/Floors.ts"
import type { Kind } from "../supervisors/Supervisor.ts"

/** Half of the entries that a level has are those of the other, too. */
const once = ({ scale, stage }: Bench, kind: Kind, size: number): Promise<number> =>
  inHome(stage, async (home, stamps) => {
    const shared = size >> 1
    const leaving = size - shared
    const supervisor = kind.prepare(
      home,
      Array.from({ length: size + leaving }, (_, id) => ({
        levels: id < shared ? "12" : id < size ? "1" : "2",
        command: stamps.command(id)
      }))
    )
    await Promise.all([stamps.of(size), supervisor.launch()])
    await delay((scale.settleSeconds / 2) * 1_000 + size / 2)
    const began = now()
    const [last] = await Promise.all([stamps.of(leaving), supervisor.order!("2")])
    await delay(scale.settleSeconds * 200)
    await supervisor.shutDown()
    return last - began
  })

export const measure: Section = async (bench) => {
  const figures: Array<Figure> = []
  for (const size of bench.scale.sizes.filter((size) => size !== 10 && size <= 1000)) {
    bench.say(`level switch of ${size}`)
    const kinds = [Floors.c, Floors.node, clinit]
    const times = kinds.map((): Array<number> => [])
    for (let run = 0; run < runsOf(bench.scale, size); run++) {
      for (const [index, kind] of kinds.entries()) times[index]!.push(await once(bench, kind, size))
    }
    const [c, node, ours] = times.map(sample)
    figures.push({
      what: "level switch, half shared",
      size,
      unit: "ms",
      ours: ours!,
      floors: { Node: node!, C: c! }
    })
  }
  return figures
}
