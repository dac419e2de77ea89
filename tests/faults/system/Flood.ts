/** Clients that are a nuisance: how long others wait for answers and entries for their respawn, and what it costs. */
import { spawn } from "node:child_process"
import { residentMebibytes } from "../../../packages/cli/test/support/Daemons.ts"
import { until } from "../../../packages/cli/test/support/Eventually.ts"
import { tell } from "../../../packages/cli/test/support/Orders.ts"
import type { Kind } from "./Flooder.ts"
import * as Scenario from "./Scenario.ts"
import * as Watch from "./Watch.ts"

const kinds: ReadonlyArray<Kind> = ["silent", "overfull", "half", "huge", "deaf", "eager", "fleeting"]
const flooder = new URL("Flooder.ts", import.meta.url).pathname

/** Generous for machines that are busy otherwise; where all places are taken, or changing hands, a client has to queue. */
const bounds = (kind: Kind) =>
  kind === "overfull" || kind === "fleeting"
    ? { median: 8_000, worst: 15_000 }
    : { median: 500, worst: 5_000 }

/** The first only lets the flood rise. Deaths this far apart are no reason to pause. */
const deathsAtSeconds = [1.5, 3, 4.5, 6]

await Scenario.run(async ({ report, scratch }) => {
  const daemon = await scratch.daemon("g:a:1:respawn:echo $$ >> starts; exec sleep 1000")
  await tell(scratch, "g", "1")
  const starts = () => scratch.lines("starts").length
  await until("it runs", () => starts() === 1)

  /** Without asking the daemon: how long it is from the process's death to its successor's first deed. */
  const respawn = () => {
    const before = starts()
    process.kill(Number(scratch.lines("starts").at(-1)), "SIGKILL")
    return Watch.seconds(() => until("it runs again", () => starts() > before))
  }

  for (const kind of kinds) {
    const flood = spawn(process.execPath, [flooder, kind, scratch.socket], { stdio: "inherit" })
    const began = performance.now()
    let peak = 0
    try {
      const [respawns, { count, median, refused, worst }] = await Watch.whileAsking(scratch, async () => {
        const respawns: Array<number> = []
        for (const due of deathsAtSeconds) {
          await until("it is time", () => {
            peak = Math.max(peak, residentMebibytes(daemon.pid))
            return performance.now() - began > due * 1_000
          })
          respawns.push(await respawn())
        }
        return respawns
      })
      report({
        what: `${kind}: median answer to another client, of ${count}`,
        value: median,
        unit: "ms",
        atMost: bounds(kind).median
      })
      report({
        what: `${kind}: worst answer to another client`,
        value: worst,
        unit: "ms",
        atMost: bounds(kind).worst
      })
      report({ what: `${kind}: refused, and asked again`, value: refused, unit: "" })
      report({
        what: `${kind}: worst respawn`,
        value: Math.max(...respawns) * 1_000,
        unit: "ms",
        atMost: 2_000
      })
      report({ what: `${kind}: most memory`, value: peak, unit: "MiB", atMost: 400 })
    } finally {
      flood.kill("SIGKILL")
    }
    await until("it is quiet again", () => scratch.status().then(() => true, () => false))
  }
})
