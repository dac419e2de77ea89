import { setTimeout as delay } from "node:timers/promises"
import * as Proc from "../../../packages/cli/test/support/Proc.ts"
import { Home } from "../crash/Home.ts"
import type { Random } from "../fuzz/Random.ts"
import * as Contradiction from "./Contradiction.ts"
import * as Sight from "./Sight.ts"

const groups = ["web", "db"]
const levels = ["1", "2", "3"]

/** What entries of each group are: restless ones, trees whose leader dies alone, deaf ones, ones that end. */
const kinds: Readonly<Record<string, readonly [levels: string, mode: string, command: string]>> = {
  calm: ["123", "respawn", "exec sleep 1000"],
  other: ["13", "respawn", "exec sleep 1000"],
  brief: ["12", "respawn", "exec sleep 0.05"],
  tree: ["12", "respawn", "sleep 1000 & sleep 1000 & wait"],
  deaf: ["23", "respawn", "trap '' INT; while :; do sleep 0.1; done"],
  once: ["13", "once", "exec sleep 0.3"],
  wait: ["23", "wait", "exec sleep 0.02"],
  test: ["12", "test", "sleep 0.02; exit $(($$ % 2))"]
}

const tags = (group: string) => Object.keys(kinds).map((kind) => `${group}-${kind}`)

const lines = (containment: string): ReadonlyArray<string> => [
  `:::containment:${containment}`,
  ":::stop:INT 100ms, TERM 100ms, KILL",
  // What is loose may outlive an entry that is done: no status could contradict it.
  ":::tree:strict",
  ":::respawn.hits:8",
  ":::respawn.pause:200ms",
  ...groups.flatMap((group) =>
    Object.entries(kinds).flatMap(([kind, [levels, mode, command]]) => [
      `:::${group}/${group}-${kind}/env.${Sight.variable}:${group}/${group}-${kind}`,
      `${group}:${group}-${kind}:${levels}:${mode}:${command}`
    ])
  )
]

/** What came of a run. */
export interface Report {
  readonly contradictions: ReadonlyArray<string>
  readonly samples: number
  readonly running: number
  readonly down: number
  readonly unseen: number
  readonly kills: number
  readonly orders: number
  readonly crashes: number
  /** How long the answers took, in milliseconds, in ascending order. */
  readonly millis: ReadonlyArray<number>
}

/**
 * Samples the status of a real daemon under kills, orders of every kind and crashes of the daemon itself, and compares
 * each with /proc. Fails as soon as the daemon does; everything is removed in the end.
 */
export const play = async (
  containment: string,
  samples: number,
  random: Random,
  say: (text: string) => void = () => {}
): Promise<Report> => {
  const home = new Home()
  const sight = Sight.make(home.directory)
  const figures = { running: 0, down: 0, unseen: 0, kills: 0, orders: 0, crashes: 0 }
  const contradictions: Array<string> = []
  const millis: Array<number> = []
  const pending = new Set<Promise<unknown>>()

  /** Gives an order and does not wait for it; what is refused is as good as any. */
  const order = () => {
    figures.orders++
    const group = random.pick(groups)
    const name = `${group}/${random.pick(tags(group))}`
    const verb = random.pick(
      ["tell", "tell", "start", "stop", "restart", "retry", "stopAll", "startAll"] as const
    )
    const work = verb === "tell"
      ? home.client.tell(group, random.pick(levels))
      : verb === "retry"
      ? home.client.retry(name)
      : home.client.order(
        verb === "startAll" ? "start" : verb === "stopAll" ? "stop" : verb,
        verb.endsWith("All") ? group : name
      )
    const settled = work.catch(() => {}).finally(() => pending.delete(settled))
    pending.add(settled)
  }

  try {
    home.configure(lines(containment))
    await home.isUp(home.start())
    for (const group of groups) await home.client.tell(group, "1")
    for (let sample = 0; sample < samples; sample++) {
      if (sample > 0 && random.chance(1 / 150)) {
        await home.crash()
        figures.crashes++
        await home.isUp(home.start())
      }
      if (random.chance(0.15)) order()
      await delay(random.pick([0, 0, 1, 5, 20]))
      if (random.chance(0.4)) {
        const alive = sight.take()
        if (alive.length > 0) {
          figures.kills++
          Proc.kill(random.pick(alive).pid, random.pick(["SIGKILL", "SIGKILL", "SIGTERM", "SIGINT"]))
        }
      }
      const before = sight.take()
      const seenBefore = new Set(before.map(({ pid }) => pid))
      const begin = performance.now()
      const status = await home.client.status()
      millis.push(performance.now() - begin)
      const found = Contradiction.find(status, {
        before,
        isAlive: Sight.isAlive,
        hasLife: Sight.hasLife,
        wasSeen: (pid) => seenBefore.has(pid) || sight.hasSeen(pid)
      })
      figures.running += found.running
      figures.down += found.down
      figures.unseen += found.unseen
      contradictions.push(...found.contradictions.map((text) => `sample ${sample}: ${text}`))
      if (sample % 1_000 === 999) say(`  ${sample + 1} samples, ${contradictions.length} contradictions`)
    }
    await Promise.all(pending)
    await home.shutDown()
    contradictions.push(...home.remains().map((what) => `left behind by the shutdown: ${what}`))
    return { contradictions, samples, ...figures, millis: millis.toSorted((a, b) => a - b) }
  } catch (error) {
    say(home.tail())
    throw error
  } finally {
    home.wipe()
  }
}
