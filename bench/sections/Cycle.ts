/** A supervisor's day: launched with its services, all stopped, all started again, shut down. */
import { setTimeout as delay } from "node:timers/promises"
import { now } from "../Clock.ts"
import * as Deaths from "../Deaths.ts"
import type { Figure } from "../Figure.ts"
import * as Proc from "../Proc.ts"
import { runsOf } from "../Scale.ts"
import type { Bench, Section } from "../Section.ts"
import { inHome } from "../Stamps.ts"
import { sample } from "../Statistics.ts"
import { kind as clinit } from "../supervisors/Clinit.ts"
import * as Floors from "../supervisors/Floors.ts"
import { own } from "../supervisors/Supervisor.ts"
import type { Kind } from "../supervisors/Supervisor.ts"

/** In milliseconds; what a supervisor has no order for is missing. */
interface Cycle {
  readonly bringUp: number
  /** Of the supervisor's own processes, during the bring-up. */
  readonly cpu: number
  readonly stop?: number
  readonly warmStart?: number
  readonly shutdown: number
}

/** From the beginning of the act to the time that `done` tells. */
const timed = async (act: () => Promise<void>, done: Promise<number>): Promise<number> => {
  const began = now()
  const [last] = await Promise.all([done, act()])
  return last - began
}

const once = ({ scale, stage }: Bench, kind: Kind, size: number): Promise<Cycle> =>
  inHome(stage, async (home, stamps) => {
    const supervisor = kind.prepare(home, stamps.services(size))

    const bringUp = await timed(supervisor.launch, stamps.of(size))
    const cpu = Proc.use(own(home, supervisor)).cpuMillis
    // So that no entry ends within a second of its start, and what a supervisor still writes is written.
    await delay((scale.settleSeconds / 2) * 1_000 + size / 2)
    const { order } = supervisor
    let ordered: Pick<Cycle, "stop" | "warmStart"> = {}
    if (order !== undefined) {
      const deaths = await Deaths.watch(home, stamps.processes().values())
      const stop = await timed(() => order("0"), deaths.last)
      await delay(scale.settleSeconds * 200)
      stamps.forget()
      ordered = { stop, warmStart: await timed(() => order("1"), stamps.of(size)) }
      await delay(scale.settleSeconds * 200)
    }
    const deaths = await Deaths.watch(home, [supervisor.root(), ...stamps.processes().values()])
    return { bringUp, cpu, ...ordered, shutdown: await timed(supervisor.shutDown, deaths.last) }
  })

const words = {
  bringUp: "bring-up",
  cpu: "CPU of a bring-up",
  stop: "stop",
  warmStart: "start again",
  shutdown: "shutdown"
}

/** Cycles of these kinds, in turn; the first is compared with the others. */
export const compare = async (
  bench: Bench,
  kinds: readonly [Kind, ...ReadonlyArray<Kind>],
  size: number,
  what = (text: string) => text
): Promise<ReadonlyArray<Figure>> => {
  const cycles = new Map<Kind, Array<Cycle>>(kinds.map((kind) => [kind, []]))
  for (let run = 0; run < runsOf(bench.scale, size); run++) {
    for (const kind of kinds.toReversed()) cycles.get(kind)!.push(await once(bench, kind, size))
  }
  return (Object.keys(words) as ReadonlyArray<keyof Cycle>).flatMap((key) => {
    const of = (kind: Kind) => cycles.get(kind)!.flatMap((cycle) => cycle[key] ?? [])
    const [ours, ...floors] = kinds
    if (of(ours).length === 0) return []
    return [{
      what: what(words[key]),
      size,
      unit: "ms",
      ours: sample(of(ours)),
      floors: Object.fromEntries(
        floors.flatMap((floor) => of(floor).length === 0 ? [] : [[floor.name, sample(of(floor))]])
      )
    }]
  })
}

export const measure: Section = async (bench) => {
  const figures: Array<Figure> = []
  for (const size of bench.scale.sizes) {
    bench.say(`cycle of ${size}`)
    figures.push(...await compare(bench, [clinit, Floors.node, Floors.c], size))
  }
  return figures
}
