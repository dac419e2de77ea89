import { symlinkSync } from "node:fs"
import * as BusyboxInit from "./BusyboxInit.ts"
import * as Supervisor from "./Supervisor.ts"

const program = () => process.env["BENCH_SYSVINIT"]

/** The init that `BENCH_SYSVINIT` names: what is installed as `init` mostly is another one. */
export const kind: Supervisor.Kind = {
  name: "sysvinit",
  missing: () => program() === undefined ? "BENCH_SYSVINIT does not name it" : BusyboxInit.obstacle(),
  prepare: (home, services) => {
    symlinkSync(program()!, home.path("telinit"))
    const namespace = BusyboxInit.inNamespace(
      home,
      [
        "id:2:initdefault:",
        "no:3:off:/bin/true",
        ...services.map((service, index) =>
          `${(0x1000 + index).toString(16)}:2:respawn:${BusyboxInit.line(service)}`
        ),
        ""
      ].join("\n"),
      `${program()} 2`
    )
    return {
      ...namespace,
      order: (level) =>
        home.run("nsenter", [
          "-t",
          String(namespace.root()),
          "-m",
          "-p",
          home.path("telinit"),
          level === "1" ? "2" : "3"
        ])
    }
  }
}
