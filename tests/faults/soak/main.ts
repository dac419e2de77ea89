/**
 * One daemon under every kind of use at once, for long: what it has in the end must be what it had at the beginning.
 *
 *     node --conditions=@clinit/source tests/faults/soak/main.ts [--minutes 20] [--seed S]
 *
 * `CLINIT_BUNDLE` names a copy of `clinit.js` to test.
 */
import { setTimeout as delay } from "node:timers/promises"
import { parseArgs } from "node:util"
import { Home } from "../crash/Home.ts"
import { until } from "../crash/Polling.ts"
import * as Random from "../fuzz/Random.ts"
import { Crowd } from "./Crowd.ts"
import * as Sample from "./Sample.ts"
import * as Scenery from "./Scenery.ts"
import * as Verdict from "./Verdict.ts"

const sampleSeconds = 5

/** Code is compiled and caches are filled: what is there then is what the end is compared with. */
const warmUpSeconds = 20

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "20" },
    seed: { type: "string", default: String(Date.now()) }
  }
})
const seconds = Number(values.minutes) * 60
const say = (text: string) => void process.stdout.write(`${text}\n`)
// Without such limits V8 lets garbage lie about as long as the machine has memory, and a leak would not show in an hour.
const home = new Home(["--max-old-space-size=64", "--max-semi-space-size=2"])
const crowd = new Crowd(home, Random.make(values.seed))
say(
  `seed ${values.seed}, ${seconds} s, ${
    Scenery.lines(new Map()).filter((line) => !line.startsWith(":::")).length
  } entries`
)

const { lastingCompanions, lastingEntries } = Scenery
const lastingProcesses = (lastingEntries + lastingCompanions) * Scenery.groups.length + 1

/**
 * The state that is compared: all at the first level, connections of clients that are gone forgotten, and for the
 * moment no crasher between two lives. What does not come to that is shown as it is.
 */
const calm = async (began: number): Promise<Sample.Sample> => {
  await crowd.calmDown()
  let last = Sample.take(home, began)
  const settled = async () => {
    const [one, other] = [last, Sample.take(home, began)]
    last = other
    const { groups } = await home.client.status()
    const running = groups.flatMap(({ processes }) => processes).filter(({ state }) =>
      state._tag === "Running"
    )
    const isLike = one.descriptors === other.descriptors && one.processes === other.processes &&
      one.controlGroups === other.controlGroups && one.files === other.files
    return isLike && running.length === lastingEntries * Scenery.groups.length &&
      other.processes === lastingProcesses
  }
  await until("all is calm", settled, 40).catch(() => {})
  return last
}

try {
  crowd.configure()
  await home.isUp(home.start())
  const began = performance.now()
  await crowd.calmDown()
  const warmUntil = began + Math.min(warmUpSeconds, seconds / 5) * 1_000
  await new Crowd(home, Random.make(values.seed)).play(() => performance.now() > warmUntil)
  const before = await calm(began)
  say(Sample.heading)
  say(`${Sample.row(before)}  calm`)

  const samples: Array<Sample.Sample> = []
  const end = performance.now() + seconds * 1_000
  const failures: Array<unknown> = []
  const isOver = () => performance.now() > end || failures.length > 0
  const playing = crowd.play(isOver).catch(
    (error: unknown) => {
      failures.push(error)
    }
  )
  while (!isOver()) {
    await delay(sampleSeconds * 1_000)
    const sample = Sample.take(home, began)
    samples.push(sample)
    say(Sample.row(sample))
  }
  await playing
  if (failures.length > 0) throw failures[0]

  const after = await calm(began)
  say(`${Sample.row(after)}  calm`)
  const { warnings } = await home.client.status()
  await home.shutDown()
  const { tally } = crowd
  say(Object.entries(tally).map(([what, times]) => `${times} ${what}`).join(", "))
  for (const name of ["rss", "dirty"] as const) {
    const { early, late } = Verdict.growth(samples, name)
    const slope = (Verdict.slopePerHour(samples, name) / 1_024).toFixed(1)
    say(`${name}: ${early} KiB in the second fifth, ${late} in the last; ${slope} MiB/h in the second half`)
  }
  const violations = [
    ...Verdict.violations(before, after, samples),
    ...warnings.map((warning) => `a warning stays: ${warning}`),
    ...home.remains().map((what) => `left behind by the shutdown: ${what}`),
    ...home.tail(1_000_000).split("\n").filter((line) => line.includes("internal error"))
  ]
  for (const violation of violations) say(`VIOLATION: ${violation}`)
  if (violations.length > 0) process.exitCode = 1
  else home.wipe()
} catch (error) {
  say(
    `FAILED with seed ${values.seed}: ${
      error instanceof Error ? error.stack ?? error.message : String(error)
    }`
  )
  say(home.tail())
  process.exitCode = 1
} finally {
  if (process.exitCode === 1) say(`kept: ${home.directory}`)
  home.killAll()
}
