/** The daemontools family: a directory with a `run` script for each service, and a process for each. */
import type { ChildProcess } from "node:child_process"
import { mkdirSync, utimesSync, writeFileSync } from "node:fs"
import type { Home } from "../Stage.ts"
import * as Supervisor from "./Supervisor.ts"

const write = (home: Home, services: ReadonlyArray<Supervisor.Service>): ReadonlyArray<string> => {
  const base = home.path("service")
  mkdirSync(base)
  const directories = services.map(({ command }, index) => {
    const directory = `${base}/s${index}`
    mkdirSync(directory)
    writeFileSync(`${directory}/run`, `#!/bin/sh\n${command}\n`, { mode: 0o755 })
    return directory
  })
  // A directory that was changed a moment ago is waited for a second.
  const before = Date.now() / 1_000 - 60
  utimesSync(base, before, before)
  return directories
}

const scanned = (home: Home, scan: readonly [string, ...ReadonlyArray<string>]) => {
  let child: ChildProcess | undefined
  const [file, ...args] = scan
  return {
    launch: async () => {
      child = home.start(file, [...args, home.path("service")])
    },
    root: () => child?.pid ?? -1,
    ended: () => Supervisor.end(child!)
  }
}

export const runit: Supervisor.Kind = {
  name: "runit",
  missing: Supervisor.notInstalled("runsvdir"),
  prepare: (home, services) => {
    const directories = write(home, services)
    const { ended, ...scan } = scanned(home, ["runsvdir", "-P"])
    return {
      ...scan,
      order: (level) => home.run("sv", ["-w", "60", level === "1" ? "start" : "stop", ...directories]),
      shutDown: async () => {
        process.kill(scan.root(), "SIGHUP")
        await ended()
      }
    }
  }
}

export const s6: Supervisor.Kind = {
  name: "s6",
  missing: Supervisor.notInstalled("s6-svscan"),
  prepare: (home, services) => {
    writeFileSync(home.path("names"), write(home, services).join("\n"))
    const { ended, ...scan } = scanned(home, ["s6-svscan", "-c", "2500"])
    return {
      ...scan,
      order: (level) => home.run("/bin/sh", ["-c", `xargs -n1 s6-svc -${level === "1" ? "u" : "d"} < names`]),
      shutDown: async () => {
        await home.run("s6-svscanctl", ["-t", home.path("service")])
        await ended()
      }
    }
  }
}
