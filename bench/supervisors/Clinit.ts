import type { ChildProcess } from "node:child_process"
import { writeFileSync } from "node:fs"
import type { Home } from "../Stage.ts"
import * as Supervisor from "./Supervisor.ts"

/** The command line that is measured: the built one, or a copy that `CLINIT_BUNDLE` names. */
export const bundle = process.env["CLINIT_BUNDLE"] ??
  new URL("../../packages/cli/dist/clinit.js", import.meta.url).pathname

/** A daemon on a cltab of its own. */
export class Clinit implements Supervisor.Supervisor {
  readonly home: Home
  readonly socket: string
  readonly cltab: string
  private daemon: ChildProcess | undefined

  constructor(home: Home, lines: ReadonlyArray<string>) {
    this.home = home
    this.socket = home.path("s")
    this.cltab = home.path("cltab")
    this.configure(lines)
  }

  /** Replaces the lines of the cltab. */
  configure(lines: ReadonlyArray<string>): void {
    writeFileSync(
      this.cltab,
      [`:::socket:${this.socket}`, `:::clstat:${this.home.path("clstat")}`, ...lines, ""].join("\n")
    )
  }

  /** The command that runs the command line with these arguments on the cltab. */
  command(...args: ReadonlyArray<string>): ReadonlyArray<string> {
    return [process.execPath, bundle, "-c", this.cltab, ...args]
  }

  /** Runs the command line to its end. */
  readonly run = (...args: ReadonlyArray<string>): Promise<void> => {
    const [file, ...rest] = this.command(...args)
    return this.home.run(file!, rest)
  }

  /** Starts the daemon, and waits until its socket is there. */
  async listen(): Promise<void> {
    const [file, ...args] = this.command("-d")
    this.daemon = this.home.start(file!, args)
    await Supervisor.appears(this.socket, this.daemon)
  }

  readonly launch = async () => {
    await this.listen()
    await this.order("1")
  }

  readonly order = (level: Supervisor.Level) => this.run("g", level)

  readonly shutDown = async () => {
    await this.run("-k")
    await Supervisor.end(this.daemon!)
  }

  readonly root = () => this.daemon?.pid ?? -1
}

/** A line of the cltab for the service: an entry of the group. */
export const entry = ({ command, levels }: Supervisor.Service, index: number, group = "g"): string =>
  `${group}:${group}${index}:${levels}:respawn:${command}`

export const entries = (services: ReadonlyArray<Supervisor.Service>, group?: string): ReadonlyArray<string> =>
  services.map((service, index) => entry(service, index, group))

export const kind: Supervisor.Kind = {
  name: "clinit",
  missing: () => undefined,
  prepare: (home, services) => new Clinit(home, entries(services))
}
