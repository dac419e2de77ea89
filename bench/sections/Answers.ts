/** A client of a daemon that starts many entries: how long it waits for the status of one of them. */
import { setTimeout as delay } from "node:timers/promises"
import { Client } from "../Client.ts"
import { now } from "../Clock.ts"
import type { Figure } from "../Figure.ts"
import { runsOf } from "../Scale.ts"
import type { Bench, Section } from "../Section.ts"
import { inHome } from "../Stamps.ts"
import { sample } from "../Statistics.ts"
import { Clinit, entries } from "../supervisors/Clinit.ts"
import { appears } from "../supervisors/Supervisor.ts"

const pauseMillis = 10

const echo = new URL("../echo.cjs", import.meta.url).pathname

/** In milliseconds: of the daemon, and of a Node at the same time that has nothing else to do. */
interface Waits {
  readonly ours: Array<number>
  readonly floor: Array<number>
}

const once = ({ stage }: Bench, size: number): Promise<Waits> =>
  inHome(stage, async (home, stamps) => {
    const daemon = new Clinit(home, entries(stamps.services(size)))
    await daemon.listen()
    const idle = home.start(process.execPath, [echo, home.path("echo")])
    await appears(home.path("echo"), idle)
    const waits: Waits = { ours: [], floor: [] }
    const isUp = new AbortController()
    const probe = async (client: Client, times: Array<number>) => {
      while (!isUp.signal.aborted) {
        const asked = now()
        await client.call("status", { name: "g/g0" })
        times.push(now() - asked)
        await delay(pauseMillis)
      }
      client.close()
    }
    const clients = [await Client.connect(daemon.socket), await Client.connect(home.path("echo"))] as const
    const up = Promise.all([daemon.order("1"), stamps.of(size)]).finally(() => isUp.abort())
    await Promise.all([up, probe(clients[0], waits.ours), probe(clients[1], waits.floor)])
    idle.kill()
    await daemon.shutDown()
    return waits
  })

export const measure: Section = async (bench) => {
  const figures: Array<Figure> = []
  for (const size of bench.scale.sizes) {
    bench.say(`answers while ${size} are started`)
    const runs: Array<Waits> = []
    for (let run = 0; run < Math.min(3, runsOf(bench.scale, size)); run++) runs.push(await once(bench, size))
    figures.push(
      {
        what: "longest wait for a status during a bring-up",
        size,
        unit: "ms",
        ours: sample(runs.map(({ ours }) => Math.max(...ours))),
        floors: { "idle Node": sample(runs.map(({ floor }) => Math.max(...floor))) }
      },
      {
        what: "wait for a status during a bring-up",
        size,
        unit: "ms",
        ours: sample(runs.flatMap(({ ours }) => ours)),
        floors: { "idle Node": sample(runs.flatMap(({ floor }) => floor)) }
      }
    )
  }
  return figures
}
