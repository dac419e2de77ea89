/** A long cltab of which one line changes: how long until the daemon knows. */
import { setTimeout as delay } from "node:timers/promises"
import { Client } from "../Client.ts"
import { now } from "../Clock.ts"
import type { Figure } from "../Figure.ts"
import type { Section } from "../Section.ts"
import { inHome } from "../Stamps.ts"
import { sample } from "../Statistics.ts"
import { Clinit, entries } from "../supervisors/Clinit.ts"

/** So many of the entries run. */
const running = 100

const readLines = new URL("../readLines.cjs", import.meta.url).pathname

export const measure: Section = ({ say, scale, stage }) =>
  inHome(stage, async (home, stamps) => {
    say(`reread of ${scale.lines} lines`)
    const up = Math.min(running, scale.lines)
    const lines = [
      ...entries(stamps.services(up)),
      ...Array.from(
        { length: scale.lines - up },
        (_, id) =>
          `h${id % 100}:h${id}:1,run,:respawn:exec /srv/h${id}/bin/serve --port ${id} --name "h${id}"`
      )
    ]
    const daemon = new Clinit(home, lines)
    await daemon.listen()
    await Promise.all([stamps.of(up), daemon.run("-w", "g", "1")])
    await delay(scale.settleSeconds * 1_000)
    let edits = 0
    /** One line in the middle of what does not run becomes another one. */
    const edit = () => {
      const middle = lines.length - ((scale.lines - up) >> 1) - 1
      daemon.configure(lines.with(middle, `${lines[middle]} --edit ${++edits}`))
    }
    const client = await Client.connect(daemon.socket)
    const times = {
      "node -e 0": [] as Array<number>,
      floor: [] as Array<number>,
      call: [] as Array<number>,
      command: [] as Array<number>,
      apply: [] as Array<number>,
      plan: [] as Array<number>,
      tell: [] as Array<number>,
      check: [] as Array<number>
    }
    const wall = async (command: ReadonlyArray<string>) => (await home.cost(command)).wallMillis
    // The first time of several things are compiled.
    for (let run = scale.clientRuns > 1 ? -1 : 0; run < Math.min(11, scale.clientRuns); run++) {
      if (run === 0) { for (const all of Object.values(times)) all.length = 0 }
      times["node -e 0"].push(await wall([process.execPath, "-e", "0"]))
      times.floor.push(await wall([process.execPath, readLines, daemon.cltab]))
      edit()
      const asked = now()
      await client.call("reread")
      times.call.push(now() - asked)
      edit()
      times.command.push(await wall(daemon.command("reread")))
      edit()
      times.apply.push(await wall(daemon.command("reread", "--apply")))
      edit()
      times.plan.push(await wall(daemon.command("plan", "g", "2")))
      edit()
      times.tell.push(await wall(daemon.command("g", "1")))
      times.check.push(await wall(daemon.command("check")))
    }
    client.close()
    await daemon.shutDown()
    const floors = { "node -e 0": sample(times["node -e 0"]), "bare Node reads it": sample(times.floor) }
    const figure = (what: string, name: keyof typeof times): Figure => ({
      what,
      size: scale.lines,
      unit: "ms",
      ours: sample(times[name]),
      floors
    })
    return [
      { ...figure("reread, one line changed: the call", "call"), floors: {} },
      figure("clinit reread, one line changed", "command"),
      figure("clinit reread --apply, one line changed", "apply"),
      figure("clinit plan g 2, one line changed", "plan"),
      figure("clinit g 1, one line changed", "tell"),
      figure("clinit check", "check")
    ]
  })
