/** The status file, or its directory, is removed while no group changes: when is it there again? */
import { existsSync, mkdirSync, rmSync } from "node:fs"
import { until } from "../../../packages/cli/test/support/Eventually.ts"
import { tell } from "../../../packages/cli/test/support/Orders.ts"
import * as Scenario from "./Scenario.ts"
import * as Watch from "./Watch.ts"

const play = (what: string, victim: string) => async ({ report, scratch }: Scenario.Stage) => {
  const clstat = scratch.path("status/clstat")
  mkdirSync(scratch.path("status"))
  scratch.write("cltab", [
    `:::socket:${scratch.socket}`,
    `:::clstat:${clstat}`,
    "g:a:1:respawn:exec sleep 1000"
  ])
  await scratch.restart()
  await tell(scratch, "g", "1")
  await until("it is there", () => existsSync(clstat))
  rmSync(scratch.path(victim), { recursive: true })
  report({
    what: `${what} is there again after`,
    value: await Watch.seconds(() => until("it is there again", () => existsSync(clstat), 40)),
    unit: "s",
    atMost: 5
  })
}

await Scenario.run(play("the status file", "status/clstat"), play("the status file's directory", "status"))
