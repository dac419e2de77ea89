import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import * as Supervisor from "./Supervisor.ts"

export const kind: Supervisor.Kind = {
  name: "pm2",
  missing: Supervisor.notInstalled("pm2"),
  prepare: (home, services) => {
    writeFileSync(
      home.path("apps.json"),
      JSON.stringify({
        apps: services.map(({ command }, index) => ({
          name: `s${index}`,
          script: "/bin/sh",
          args: ["-c", command],
          interpreter: "none",
          exec_mode: "fork",
          out_file: "/dev/null",
          error_file: "/dev/null"
        }))
      })
    )
    const pm2 = (...args: ReadonlyArray<string>) =>
      home.run("/bin/sh", ["-c", "PM2_HOME=$PWD/home PM2_DISCRETE_MODE=true exec pm2 \"$@\"", "sh", ...args])
    const pid = home.path("home/pm2.pid")
    const root = () => existsSync(pid) ? Number(readFileSync(pid, "utf8")) : -1
    return {
      launch: () => pm2("start", "apps.json"),
      order: (level) => pm2(level === "1" ? "start" : "stop", "all"),
      shutDown: async () => {
        await pm2("kill")
        while (existsSync(`/proc/${root()}`)) await delay(5)
      },
      root
    }
  }
}
