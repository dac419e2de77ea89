/** An entry with 10 000 zombies, with the containment that is this program's argument. */
import { Containment } from "@clinit/protocol/Status"
import * as Schema from "effect/Schema"
import { closeSync, openSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { eventually, until } from "../../../packages/cli/test/support/Eventually.ts"
import { tell } from "../../../packages/cli/test/support/Orders.ts"
import { obstacleTo } from "../../../packages/cli/test/support/Trees.ts"
import * as Zombies from "../../../packages/cli/test/support/Zombies.ts"
import * as Scenario from "./Scenario.ts"
import * as Watch from "./Watch.ts"

const count = 10_000
const containment = Schema.decodeUnknownSync(Containment)(process.argv[2])
const obstacle = obstacleTo(containment)
if (obstacle !== undefined) Scenario.skip(obstacle)

await Scenario.run(async ({ report, scratch }) => {
  const daemon = await scratch.daemon(
    `:::containment:${containment}`,
    `g:a:1:respawn:${Zombies.careless(count)}`,
    "h:b:1:respawn:exec sleep 1000"
  )
  await tell(scratch, "g", "1")
  await tell(scratch, "h", "1")
  await until("all are forked", () => scratch.exists("up"), 90)
  const a = await scratch.pid("a")
  await until("all are zombies", () => {
    closeSync(openSync(scratch.path("bell"), "r+"))
    return Zombies.count(a) >= count
  }, 60)
  const [respawn, living] = await Watch.whileAsking(scratch, async () => {
    let worst = 0
    for (const restarts of [1, 2, 3]) {
      process.kill(await scratch.pid("b"), "SIGKILL")
      const respawn = () => eventually(async () => (await scratch.entry("b"))?.restarts, restarts)
      worst = Math.max(worst, await Watch.seconds(respawn))
      await delay(1_000) // deaths in quick succession would make it pause
    }
    return worst
  })
  report({
    what: `${containment}: with 10000 zombies another entry is respawned after at most`,
    value: respawn,
    unit: "s",
    atMost: 3
  })
  report({
    what: `${containment}: median answer meanwhile, of ${living.count}`,
    value: living.median,
    unit: "ms",
    atMost: 200
  })
  report({ what: `${containment}: worst answer meanwhile`, value: living.worst, unit: "ms", atMost: 2_000 })
  const [stop, stopping] = await Watch.whileAsking(
    scratch,
    () => Watch.seconds(() => tell(scratch, "g", "off"))
  )
  report({ what: `${containment}: the stop of their parent takes`, value: stop, unit: "s", atMost: 10 })
  // For a while the kernel is busy with handing the zombies to somebody else, and that one with waiting for them.
  report({
    what: `${containment}: worst answer while it is stopped`,
    value: stopping.worst,
    unit: "ms",
    atMost: 5_000
  })
  daemon.kill("SIGTERM")
  await daemon.finished()
  // Whoever is their parent now takes its time: the next scenario would measure theirs.
  await until("somebody has waited for the zombies", () => Zombies.count(1) < count / 10, 60)
})
