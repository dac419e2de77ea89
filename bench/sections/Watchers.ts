/** What publishing costs a daemon while many entries are started: the status file, and clients that watch. */
import { watch } from "node:fs"
import { Client } from "../Client.ts"
import type { Figure } from "../Figure.ts"
import * as Proc from "../Proc.ts"
import type { Bench, Section } from "../Section.ts"
import { inHome } from "../Stamps.ts"
import { sample } from "../Statistics.ts"
import { Clinit, entry } from "../supervisors/Clinit.ts"
import { own } from "../supervisors/Supervisor.ts"

interface Load {
  readonly groups: number
  readonly watchers: number
}

/** What a bring-up takes of the processor, and how often the status file is replaced during it. */
const once = ({ scale: { many }, stage }: Bench, { groups, watchers }: Load) =>
  inHome(stage, async (home, stamps) => {
    const daemon = new Clinit(
      home,
      stamps.services(many).map((service, id) => entry(service, id, `g${id % groups}`))
    )
    await daemon.listen()
    const clients: Array<Client> = []
    for (let index = 0; index < watchers; index++) {
      const client = await Client.connect(daemon.socket)
      await client.call("watch")
      clients.push(client)
    }
    let writes = 0
    const file = watch(home.directory, (_, name) => void (name === "clstat" && writes++))
    const orders = await Client.connect(daemon.socket)
    const before = Proc.use(own(home, daemon)).cpuMillis
    const tell = async () => {
      for (let group = 0; group < groups; group++) {
        await orders.call("tell", { group: `g${group}`, level: "1" })
      }
    }
    await Promise.all([stamps.of(many), tell()])
    for (let group = 0; group < groups; group++) {
      await orders.call("tell", { group: `g${group}`, level: "1", wait: true })
    }
    const cpu = Proc.use(own(home, daemon)).cpuMillis - before
    file.close()
    for (const client of [...clients, orders]) client.close()
    await daemon.shutDown()
    return { cpu, writes }
  })

export const measure: Section = async (bench) => {
  const { many, runs, watchers } = bench.scale
  const groups = Math.ceil(many / 10)
  const loads = [{ groups: 1, watchers: 0 }, { groups: 1, watchers }, { groups, watchers: 0 }, {
    groups,
    watchers
  }]
  bench.say(`publishing while ${many} are started`)
  const taken = loads.map((): Array<Awaited<ReturnType<typeof once>>> => [])
  for (let run = 0; run < Math.min(3, runs); run++) {
    for (const [index, load] of loads.entries()) taken[index]!.push(await once(bench, load))
  }
  const cpu = taken.map((all) => sample(all.map(({ cpu }) => cpu)))
  const floors = { "one group, nobody watches": cpu[0]! }
  const figure = (what: string, index: number): Figure => ({
    what,
    size: many,
    unit: "ms",
    ours: cpu[index]!,
    floors
  })
  return [
    figure(`CPU of a bring-up that ${watchers} watch`, 1),
    figure(`CPU of a bring-up of ${groups} groups`, 2),
    figure(`CPU of a bring-up of ${groups} groups that ${watchers} watch`, 3),
    {
      what: `replacements of the status file while ${groups} groups come up`,
      size: many,
      unit: "",
      ours: sample(taken[2]!.map(({ writes }) => writes)),
      floors: {}
    }
  ]
}
