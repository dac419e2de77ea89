/**
 * Processes that not even KILL ends: in a frozen control group of version 1 it takes effect when that is thawed. One
 * daemon for each containment.
 */
import { Containment } from "@clinit/protocol/Status"
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs"
import { eventually, until } from "../../../packages/cli/test/support/Eventually.ts"
import { tell } from "../../../packages/cli/test/support/Orders.ts"
import { obstacleTo } from "../../../packages/cli/test/support/Trees.ts"
import * as Scenario from "./Scenario.ts"
import * as Watch from "./Watch.ts"

const freezer = `/sys/fs/cgroup/freezer/clinit-faults-${process.pid}`

const withFreezer = async (
  name: string,
  test: (freeze: (pid: number) => void, thaw: () => void) => Promise<void>
) => {
  const directory = `${freezer}-${name}`
  mkdirSync(directory)
  const set = (state: "FROZEN" | "THAWED") => writeFileSync(`${directory}/freezer.state`, state)
  const freeze = (pid: number) => {
    writeFileSync(`${directory}/cgroup.procs`, String(pid))
    set("FROZEN")
  }
  try {
    await test(freeze, () => set("THAWED"))
  } finally {
    set("THAWED")
    await until("the freezer is empty", () => {
      try {
        rmdirSync(directory)
        return true
      } catch {
        return false
      }
    })
  }
}

const play = (containment: Containment) => ({ report, scratch }: Scenario.Stage) =>
  withFreezer(containment, async (freeze, thaw) => {
    const daemon = await scratch.daemon(
      `:::containment:${containment}`,
      "g:a:1:respawn:exec sleep 1000",
      "h:b:12:respawn:exec sleep 1000",
      "h:c:2:wait:true"
    )
    await tell(scratch, "g", "1")
    await tell(scratch, "h", "1")
    const a = await scratch.pid("a")
    freeze(a)
    const began = performance.now()
    await scratch.tellMany("g", ["off"])
    const [, latencies] = await Watch.whileAsking(scratch, async () => {
      await until(
        "status tells of it",
        async () => (await scratch.status()).warnings.some((text) => text.includes(`pid ${a} `)),
        40
      )
      report({
        what: `${containment}: status warns of the process that KILL does not end, after`,
        value: (performance.now() - began) / 1_000,
        unit: "s",
        atLeast: 29,
        atMost: 33
      })
      if (await tell(scratch, "h", "2") !== "DONE") throw new Error("another group was affected")
      process.kill(await scratch.pid("b"), "SIGKILL")
      await eventually(async () => (await scratch.entry("b"))?.restarts, 1)
    })
    report({
      what: `${containment}: worst answer while it lasted, of ${latencies.count}`,
      value: latencies.worst,
      unit: "ms",
      atMost: 1_000
    })
    await scratch.clinit("-k")
    await eventually(() => scratch.group("h"), "2 CONFIGURED")
    if (!daemon.isRunning()) throw new Error("the daemon did not wait for it")
    const end = Watch.seconds(() => daemon.finished())
    thaw()
    report({
      what: `${containment}: from the thaw to the daemon's end`,
      value: await end,
      unit: "s",
      atMost: 2
    })
  })

if (process.geteuid?.() !== 0) Scenario.skip("not root")
try {
  await withFreezer("probe", async () => {})
} catch (error) {
  Scenario.skip(`no freezer: ${(error as Error).message}`)
}
await Scenario.run(
  ...Containment.literals.filter((containment) => obstacleTo(containment) === undefined).map(play)
)
