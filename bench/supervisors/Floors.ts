/** What does the work of a supervisor and nothing else: what the machine, and Node, allow. */
import type { ChildProcess } from "node:child_process"
import { writeFileSync } from "node:fs"
import type { Home } from "../Stage.ts"
import * as Supervisor from "./Supervisor.ts"

const bareNode = new URL("bareNode.mjs", import.meta.url).pathname

const signals = { "0": "-HUP", "1": "-USR1", "2": "-USR2" } as const

const floor = (
  name: string,
  command: (home: Home) => readonly [string, ...ReadonlyArray<string>]
): Supervisor.Kind => ({
  name,
  missing: () => undefined,
  prepare: (home, services) => {
    const list = home.path("list")
    writeFileSync(list, services.map(({ command, levels }) => `${levels} ${command}\n`).join(""))
    let child: ChildProcess | undefined
    const signal = (name: string) => home.run("/bin/kill", [name, String(child!.pid)])
    return {
      launch: async () => {
        const [file, ...args] = command(home)
        child = home.start(file, [...args, list])
      },
      order: (level) => signal(signals[level]),
      shutDown: async () => {
        await signal("-TERM")
        await Supervisor.end(child!)
      },
      root: () => child?.pid ?? -1
    }
  }
})

export const c = floor("C", (home) => [home.stage.program("floor")])
export const node = floor("Node", () => [process.execPath, bareNode])
