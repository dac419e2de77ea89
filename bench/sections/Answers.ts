/** A client of a daemon that starts many entries: how long it waits for the status of one of them. */
import { setTimeout as delay } from "node:timers/promises"
import { Client } from "../Client.ts"
import { now } from "../Clock.ts"
import type { Figure } from "../Figure.ts"
import { runsOf } from "../Scale.ts"
import type { Bench, Section } from "../Section.ts"
import { Stamps } from "../Stamps.ts"
import { sample } from "../Statistics.ts"
import { Clinit, entry } from "../supervisors/Clinit.ts"

const pauseMillis = 10

const waits = async ({ stage }: Bench, size: number): Promise<ReadonlyArray<number>> => {
  const home = stage.home()
  const stamps = new Stamps(home)
  try {
    const daemon = new Clinit(
      home,
      Array.from({ length: size }, (_, id) => entry({ levels: "1", command: stamps.command(id) }, id))
    )
    await daemon.listen()
    const client = await Client.connect(daemon.socket)
    const waits: Array<number> = []
    const isUp = new AbortController()
    const probe = async () => {
      while (!isUp.signal.aborted) {
        const asked = now()
        await client.call("status", { name: "g/g0" })
        waits.push(now() - asked)
        await delay(pauseMillis)
      }
    }
    const probing = probe()
    await Promise.all([daemon.order("1"), stamps.of(size)])
    isUp.abort()
    await probing
    client.close()
    await daemon.shutDown()
    return waits
  } finally {
    stamps.close()
    home.close()
  }
}

export const measure: Section = async (bench) => {
  const figures: Array<Figure> = []
  for (const size of bench.scale.sizes) {
    bench.say(`answers while ${size} are started`)
    const runs: Array<ReadonlyArray<number>> = []
    for (let run = 0; run < Math.min(3, runsOf(bench.scale, size)); run++) runs.push(await waits(bench, size))
    figures.push(
      {
        what: "longest wait for a status during a bring-up",
        size,
        unit: "ms",
        ours: sample(runs.map((waits) => Math.max(...waits))),
        floors: {}
      },
      { what: "wait for a status during a bring-up", size, unit: "ms", ours: sample(runs.flat()), floors: {} }
    )
  }
  return figures
}
