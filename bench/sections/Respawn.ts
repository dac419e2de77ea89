/** From the death of a process to the first deed of the next one. */
import { statSync, writeFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import type { Figure } from "../Figure.ts"
import type { Bench, Section } from "../Section.ts"
import type { Home } from "../Stage.ts"
import { Stamps } from "../Stamps.ts"
import { sample } from "../Statistics.ts"
import { Clinit, entries, entry, kind as clinit } from "../supervisors/Clinit.ts"
import * as Floors from "../supervisors/Floors.ts"
import type { Kind } from "../supervisors/Supervisor.ts"

/** Each service is killed in its turn, so that it lives longer than the second below which the throttle counts its death. */
const services = 20
const pauseMillis = 150
const busyPauseMillis = 75
const busySeconds = 120

/** So many quick deaths the default throttle allows. */
const quickDeaths = 5

/** What is killed, of supervisors that run at the same time and have nothing else to do. */
const calm = async ({ scale, say, stage }: Bench, kinds: ReadonlyArray<Kind>, quickRounds: number) => {
  const begin = async (kind: Kind) => {
    const home = stage.home()
    const stamps = new Stamps(home)
    const supervisor = kind.prepare(home, stamps.services(services))
    const { name } = kind
    return { name, home, stamps, supervisor, quiet: [] as Array<number>, quick: [] as Array<number> }
  }
  const all: Array<Awaited<ReturnType<typeof begin>>> = []
  try {
    for (const kind of kinds) {
      const one = await begin(kind)
      all.push(one)
      await Promise.all([one.stamps.of(services), one.supervisor.launch()])
    }
    await delay(scale.settleSeconds * 1_000)
    say("respawn, spaced")
    for (let kill = 0; kill < scale.kills; kill++) {
      for (const { quiet, stamps } of all) {
        const id = kill % services
        quiet.push(await stamps.respawn(id, stamps.processes().get(id)))
        await delay(pauseMillis)
      }
    }
    say("respawn, quick deaths")
    for (let round = 0; round < quickRounds; round++) {
      for (const { quick, stamps } of all) {
        for (let death = 0; death < quickDeaths; death++) quick.push(await stamps.respawn(round % services))
      }
    }
    for (const { supervisor } of all) await supervisor.shutDown()
    return all
  } finally {
    for (const { home, stamps } of all) {
      stamps.close()
      home.close()
    }
  }
}

/** The first is compared with the others. Quick deaths are for those whose throttle bears some. */
export const compare = async (
  bench: Bench,
  kinds: readonly [Kind, ...ReadonlyArray<Kind>],
  quickRounds = 0
): Promise<ReadonlyArray<Figure>> => {
  const [ours, ...floors] = await calm(bench, kinds, quickRounds)
  const figure = (what: string, key: "quiet" | "quick"): ReadonlyArray<Figure> =>
    ours![key].length === 0 ? [] : [{
      what,
      unit: "ms",
      ours: sample(ours![key]),
      floors: Object.fromEntries(floors.map((floor) => [floor.name, sample(floor[key])]))
    }]
  return [...figure("respawn", "quiet"), ...figure("respawn after quick deaths", "quick")]
}

/** Kills healthy entries in turn while the daemon has other things to do, whether or not those before are back. */
const busy = async (
  { scale, stage }: Bench,
  rounds: number,
  other: (home: Home) => {
    readonly lines: ReadonlyArray<string>
    /** Gives it to do. The answer tells whether it is still at it. */
    readonly begin: (daemon: Clinit) => Promise<() => boolean>
    readonly close: () => void
  }
): Promise<ReadonlyArray<number>> => {
  const home = stage.home()
  const stamps = new Stamps(home)
  const { begin, close, lines } = other(home)
  const times: Array<number> = []
  try {
    const daemon = new Clinit(home, [...entries(stamps.services(services)), ...lines])
    await daemon.listen()
    await Promise.all([stamps.of(services), daemon.order("1")])
    for (let round = 0; round < rounds; round++) {
      await delay(scale.settleSeconds * 1_000)
      const isBusy = await begin(daemon)
      const dead = new Map<number, Promise<number>>()
      const deadline = performance.now() + busySeconds * 1_000
      let kills = 0
      for (let id = 0; isBusy() || kills === 0; id = (id + 1) % services) {
        if (performance.now() > deadline) throw new Error(`it is still busy after ${busySeconds} s`)
        if (!dead.has(id)) {
          kills++
          const back = stamps.respawn(id).then((time) => {
            dead.delete(id)
            return times.push(time)
          })
          back.catch(() => {}) // it is awaited below
          dead.set(id, back)
        }
        await delay(busyPauseMillis)
      }
      await Promise.all(dead.values())
      await daemon.run("-w", "x", "0")
    }
    await daemon.shutDown()
    return times
  } finally {
    close()
    stamps.close()
    home.close()
  }
}

/** Entries that fail at once: the default throttle lets each start seven times and then pauses it for a minute. */
const storm = (bench: Bench, size: number) =>
  busy(bench, Math.ceil(bench.scale.runs / 2), (home) => {
    const file = home.path("crashes")
    writeFileSync(file, "")
    return {
      lines: Array.from({ length: size }, (_, id) =>
        entry({ levels: "1", command: `exec ${home.stage.program("crash")} ${file}` }, id, "x")),
      begin: async (daemon) => {
        const before = statSync(file).size
        await daemon.run("x", "1")
        return () =>
          statSync(file).size - before < size * 6
      },
      close: () => {}
    }
  })

/** Entries that are started in another group. */
const bringUp = (bench: Bench, size: number) =>
  busy(bench, Math.ceil(bench.scale.runs / 2), (home) => {
    const directory = home.stage.home()
    const stamps = new Stamps(directory)
    return {
      lines: entries(stamps.services(size), "x"),
      begin: async (daemon) => {
        let isBusy = true
        stamps.forget()
        stamps.of(size).then(() => isBusy = false, () => isBusy = false)
        await daemon.run("x", "1")
        return () => isBusy
      },
      close: () => {
        stamps.close()
        directory.close()
      }
    }
  })

export const measure: Section = async (bench) => {
  const quickRounds = Math.min(services, Math.ceil(bench.scale.kills / quickDeaths))
  const figures = await compare(bench, [clinit, Floors.node, Floors.c], quickRounds)
  const quiet = figures[0]!.ours
  bench.say("respawn during a crash storm")
  const crashing = Math.min(100, bench.scale.many)
  const inStorm = sample(await storm(bench, crashing))
  bench.say("respawn during a bring-up")
  const duringBringUp = sample(await bringUp(bench, bench.scale.many))
  return [
    ...figures,
    { what: "respawn during a crash storm", size: crashing, unit: "ms", ours: inStorm, floors: { quiet } },
    {
      what: "respawn during a bring-up",
      size: bench.scale.many,
      unit: "ms",
      ours: duringBringUp,
      floors: { quiet }
    }
  ]
}
