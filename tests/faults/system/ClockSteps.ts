/** A time of day that steps by an hour whenever the daemon looks at it: what is timed must not notice. */
import { statSync } from "node:fs"
import { deaf } from "../../../packages/cli/test/support/Commands.ts"
import { daemonWithClock } from "../../../packages/cli/test/support/Daemons.ts"
import { eventually, until } from "../../../packages/cli/test/support/Eventually.ts"
import { tell } from "../../../packages/cli/test/support/Orders.ts"
import * as Scenario from "./Scenario.ts"
import * as Watch from "./Watch.ts"

const play = (direction: string, hours: number) => async ({ report, scratch }: Scenario.Stage) => {
  await daemonWithClock(
    scratch,
    hours,
    `g:a:1:respawn:${deaf}`,
    "h:b:1:respawn:sleep 0.1"
  )
  await tell(scratch, "g", "1")
  await eventually(() => scratch.lines("up"), ["up"])

  const pause = async () => {
    await tell(scratch, "h", "1")
    await eventually(() => scratch.state("b"), "Pausing")
    report({
      what: `${direction}: a pause of the respawn throttle lasts`,
      value: await Watch.seconds(() =>
        until("it is over", async () => (await scratch.state("b")) !== "Pausing", 70)
      ),
      unit: "s",
      atLeast: 58,
      atMost: 63
    })
  }
  const escalation = async () =>
    report({
      what: `${direction}: a process that ignores INT and TERM is killed after`,
      value: await Watch.seconds(() => tell(scratch, "g", "off")),
      unit: "s",
      atLeast: 14.5,
      atMost: 18
    })
  const heartbeat = async () => {
    const written = () => statSync(scratch.clstat).mtimeMs
    // The groups settle meanwhile: after that it is the heart alone that makes it new.
    await until("no group changes any more", () => Date.now() - written() > 20_000, 45)
    const before = written()
    await until("the heart beats", () => written() !== before, 40)
    report({
      what: `${direction}: the status file shows a sign of life after`,
      value: (written() - before) / 1_000,
      unit: "s",
      atLeast: 29,
      atMost: 32
    })
  }
  await Promise.all([pause(), escalation(), heartbeat()])
}

await Scenario.run(play("forwards", 1), play("backwards", -1))
