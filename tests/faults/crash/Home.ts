import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as ControlGroups from "../../../packages/cli/test/support/ControlGroups.ts"
import * as Proc from "../../../packages/cli/test/support/Proc.ts"
import * as Program from "../../../packages/cli/test/support/Program.ts"
import * as Belonging from "./Belonging.ts"
import * as Client from "./Client.ts"
import { until } from "./Polling.ts"

/** The bundle under test: a copy of it, if one is named, so that a build meanwhile changes nothing. */
const bundle = process.env["CLINIT_BUNDLE"] ?? Program.bundle

/** Longer than a whole escalation. */
const shutdownSeconds = 40

const homes = new Set<Home>()
// Whoever gives up in the middle leaves no processes behind; what an error leaves of files is evidence.
process.once("exit", () => homes.forEach((home) => home.killAll()))
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const home of homes) home.wipe()
    process.exit(130)
  })
}

/** A directory with a cltab, and the daemon that runs there: one after the other, if they are killed. */
export class Home {
  readonly directory = fs.mkdtempSync(path.join(tmpdir(), "clinit-faults-"))
  /** In a directory of its own, so that everything there can be accounted for. */
  readonly run = this.path("run")
  readonly socket = path.join(this.run, "s")
  readonly client = new Client.Client(this.socket)
  readonly log = this.path("daemon.log")
  daemon: Program.Program | undefined
  private readonly nodeFlags: ReadonlyArray<string>

  constructor(nodeFlags: ReadonlyArray<string> = []) {
    this.nodeFlags = nodeFlags
    fs.mkdirSync(this.run, { mode: 0o700 })
    homes.add(this)
  }

  path(name: string): string {
    return path.join(this.directory, name)
  }

  /** Replaces the cltab as a whole: the daemon may read it at any moment. */
  configure(lines: ReadonlyArray<string>): void {
    const settings = [`:::socket:${this.socket}`, `:::clstat:${path.join(this.run, "clstat")}`]
    fs.writeFileSync(this.path("cltab.new"), `${[...settings, ...lines].join("\n")}\n`)
    fs.renameSync(this.path("cltab.new"), this.path("cltab"))
  }

  /** Starts a daemon and does not wait for it. Its output goes to `daemon.log`. */
  start(...flags: ReadonlyArray<string>): Program.Program {
    const log = fs.openSync(this.log, "a")
    const args = [...this.nodeFlags, bundle, "-c", this.path("cltab"), "-d", ...flags]
    const stdio = ["ignore", log, log] as const
    this.daemon = Program.start(process.execPath, args, {
      cwd: this.directory,
      mark: this.directory,
      stdio: [...stdio]
    })
    fs.closeSync(log)
    return this.daemon
  }

  /** Waits until the daemon answers. */
  async isUp(daemon: Program.Program): Promise<void> {
    await until("the daemon answers", async () => {
      if (!daemon.isRunning()) {
        const { exit } = await daemon.finished()
        throw new Error(`the daemon ended with ${JSON.stringify(exit)}:\n${this.tail()}`)
      }
      return (await this.client.attempt(this.client.status))?.pid === daemon.pid
    })
  }

  /** Kills the daemon without warning. */
  async crash(): Promise<void> {
    this.daemon?.kill("SIGKILL")
    await this.daemon?.finished()
  }

  /** Shuts the daemon down in order; fails unless it ends well. */
  async shutDown(): Promise<void> {
    this.daemon?.kill("SIGTERM")
    const end = await this.daemon?.finished(shutdownSeconds)
    if (end !== undefined && end.exit !== 0) {
      throw new Error(`the daemon ended with ${JSON.stringify(end.exit)}:\n${this.tail()}`)
    }
  }

  controlGroups(): ReadonlyArray<string> {
    return ControlGroups.of(this.socket)
  }

  /** Everything that is there though no daemon runs, in words. */
  remains(): ReadonlyArray<string> {
    return [
      ...Belonging.pids(this.directory).map((pid) => `process ${Proc.describe(pid)}`),
      ...this.controlGroups().map((directory) => `control group ${directory}`),
      ...fs.readdirSync(this.run).map((file) => `file ${path.join(this.run, file)}`)
    ]
  }

  /** The end of what the daemons logged. */
  tail(lines = 30): string {
    return fs.existsSync(this.log)
      ? fs.readFileSync(this.log, "utf8").split("\n").slice(-lines).join("\n")
      : ""
  }

  killAll(): void {
    this.daemon?.kill("SIGKILL")
    for (const pid of Belonging.pids(this.directory)) Proc.kill(pid, "SIGKILL")
  }

  /** Removes the directory, and kills who still runs there. */
  wipe(): void {
    this.killAll()
    homes.delete(this)
    ControlGroups.remove(this.socket)
    fs.rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }
}
