import type { ChildProcess } from "node:child_process"
import { writeFileSync } from "node:fs"
import * as Supervisor from "./Supervisor.ts"

export const kind: Supervisor.Kind = {
  name: "supervisord",
  missing: Supervisor.notInstalled("supervisord"),
  prepare: (home, services) => {
    const [configuration, socket] = [home.path("conf"), home.path("sock")]
    writeFileSync(
      configuration,
      [
        `[unix_http_server]\nfile=${socket}`,
        `[supervisord]\nlogfile=${home.path("log")}\npidfile=${
          home.path("pid")
        }\nnodaemon=true\nminfds=16384\nuser=root`,
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        `[supervisorctl]\nserverurl=unix://${socket}`,
        ...services.map(({ command }, index) =>
          `[program:s${index}]\ncommand=/bin/sh -c "${command}"\nautorestart=true\nredirect_stderr=true\nstdout_logfile=NONE`
        ),
        ""
      ].join("\n")
    )
    let child: ChildProcess | undefined
    const order = (level: Supervisor.Level) =>
      home.run("supervisorctl", ["-c", configuration, level === "1" ? "start" : "stop", "all"])
    return {
      launch: async () => {
        child = home.start("supervisord", ["-n", "-c", configuration])
      },
      order,
      // By itself it stops one group after the other.
      shutDown: async () => {
        await order("0")
        child!.kill("SIGTERM")
        await Supervisor.end(child!)
      },
      root: () => child?.pid ?? -1
    }
  }
}
