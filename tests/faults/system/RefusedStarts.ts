/** Starts that the system refuses, for want of processes or of descriptors: when does an entry run again? */
import * as Clients from "../../../packages/cli/test/support/Clients.ts"
import { limit, obstacleToLimits } from "../../../packages/cli/test/support/Daemons.ts"
import { eventually, until } from "../../../packages/cli/test/support/Eventually.ts"
import { tell } from "../../../packages/cli/test/support/Orders.ts"
import * as Proc from "../../../packages/cli/test/support/Proc.ts"
import * as Stranger from "../../../packages/cli/test/support/Stranger.ts"
import { obstacleTo } from "../../../packages/cli/test/support/Trees.ts"
import * as Scenario from "./Scenario.ts"
import * as Watch from "./Watch.ts"

const runsAgain = async (scratch: Scenario.Stage["scratch"], restarts: number) =>
  until("it runs again", async () => {
    const a = await scratch.entry("a")
    return a?.state._tag === "Running" && a.restarts >= restarts
  }, 70)

const processes = async ({ report, scratch }: Scenario.Stage) => {
  const daemon = await Stranger.start(scratch, "g:a:1:respawn:exec sleep 1000")
  await tell(scratch, "g", "1")
  Stranger.limitProcesses(daemon.pid, 1)
  process.kill(await scratch.pid("a"), "SIGKILL")
  await eventually(() => scratch.state("a"), "Pausing")
  Stranger.limitProcesses(daemon.pid, 1_000)
  report({
    what: "no process can be forked: a respawn entry runs again after the cause is gone, after",
    value: await Watch.seconds(() => runsAgain(scratch, 1)),
    unit: "s",
    atMost: 5
  })
}

const descriptors =
  (containment: "cgroup" | "descendants" | "group") => async ({ report, scratch }: Scenario.Stage) => {
    const daemon = await scratch.daemon(`:::containment:${containment}`, "g:a:1:respawn:exec sleep 1000")
    await tell(scratch, "g", "1")
    const highest = Proc.descriptors(daemon.pid).at(-1)!
    limit(daemon.pid, "nofile", highest + 8)
    const crowd = await Clients.crowd(scratch.socket, 60)
    const text = "open files: the limit is reached"
    await until("it is told", () => scratch.read("daemon.log").includes(text))
    process.kill(
      await until(
        "a is known",
        () => Proc.marked(scratch.directory).find((pid) => Proc.describe(pid).endsWith(" sleep 1000"))
      ),
      "SIGKILL"
    )
    await until("the death is noticed", () => scratch.read("daemon.log").includes("g/a died of SIGKILL"))
    Clients.disperse(crowd)
    report({
      what: `no descriptor left (${containment}): a respawn entry runs again after the cause is gone, after`,
      value: await Watch.seconds(() =>
        until("it answers", () => scratch.status().catch(() => undefined))
          .then(() => runsAgain(scratch, 1))
      ),
      unit: "s",
      atMost: 5
    })
  }

if (obstacleToLimits !== undefined) Scenario.skip(obstacleToLimits)
await Scenario.run(
  ...(Stranger.obstacle === undefined ? [processes] : []),
  ...(["cgroup", "descendants", "group"] as const).filter((containment) =>
    obstacleTo(containment) === undefined
  )
    .map(descriptors)
)
