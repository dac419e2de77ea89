import * as fs from "node:fs"
import * as net from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import * as Proc from "../../../packages/cli/test/support/Proc.ts"
import type { Home } from "../crash/Home.ts"
import type { Random } from "../fuzz/Random.ts"
import * as Scenery from "./Scenery.ts"

/** How often each thing was done. */
export type Tally = Record<string, number>

/** An operator, clients good and bad, and bad luck: each does its thing again and again until the end. */
export class Crowd {
  readonly tally: Tally = {}
  private readonly generations = new Map<string, number>()
  private over = false
  private readonly home: Home
  private readonly random: Random

  constructor(home: Home, random: Random) {
    this.home = home
    this.random = random
  }

  configure(): void {
    this.home.configure(Scenery.lines(this.generations))
  }

  /** Goes on until `end`; fails as soon as one of them does. */
  async play(end: () => boolean): Promise<void> {
    const { random } = this
    const each = async (name: string, most: number, act: () => Promise<void>) => {
      while (!this.over && !end()) {
        await act()
        this.tally[name] = (this.tally[name] ?? 0) + 1
        await delay(random.between(0, most))
      }
    }
    try {
      await Promise.all([
        each("tells", 100, () => this.tell(false)),
        each("tells waited for", 800, () => this.tell(true)),
        each("edits", 2_000, () => this.edit(false)),
        each("edits applied", 2_000, () => this.edit(true)),
        each("status calls", 60, async () => void await this.home.client.status()),
        each("rubbish", 100, () => this.misbehave()),
        each("kills", 600, () => this.kill()),
        each("hangups", 5_000, async () => this.home.daemon!.kill("SIGHUP"))
      ])
    } finally {
      this.over = true
    }
  }

  private async tell(wait: boolean): Promise<void> {
    try {
      await this.home.client.tell(this.random.pick(Scenery.groups), this.random.pick(Scenery.levels), wait)
    } catch (error) {
      if (!(error as Error).message.includes("before it settled")) throw error
    }
  }

  private async edit(apply: boolean): Promise<void> {
    const group = this.random.pick(Scenery.groups)
    this.generations.set(group, (this.generations.get(group) ?? 0) + 1)
    this.configure()
    if (apply) return await this.home.client.apply()
    await this.home.client.reread()
    await this.home.client.tell(group, this.random.pick(Scenery.levels))
  }

  /** Connects, may say something, which may be rubbish, and leaves without good-bye or with half of one. */
  private misbehave(): Promise<void> {
    const said = this.random.pick([
      "",
      "{",
      "rubbish\n",
      `{"jsonrpc":"2.0","id":1,"method":"status"}\n`,
      `{"jsonrpc":"2.0","id":1,"method":"tell","params":{"group":"a","level":"1","wait":true}}\n`,
      `${"x".repeat(100_000)}\n`
    ])
    const lingers = this.random.between(0, 200)
    const isHalf = this.random.chance(0.3)
    return new Promise((resolve) => {
      const socket = net.connect({ path: this.home.socket }, () => {
        socket.write(said)
        if (isHalf) socket.end()
        setTimeout(() => socket.destroy(), lingers)
      })
      socket.on("error", () => {}).resume().once("close", () => resolve())
    })
  }

  private async kill(): Promise<void> {
    const own = Proc.marked(this.home.directory).filter((pid) =>
      pid !== this.home.daemon!.pid && isStaying(pid)
    )
    const victim = own[this.random.below(Math.max(1, own.length))]
    if (victim !== undefined) Proc.kill(victim, "SIGKILL")
  }

  /** Every group at its first level by the latest cltab; then nothing happens but what the entries do. */
  async calmDown(): Promise<void> {
    this.generations.clear()
    this.configure()
    // Down first: what was killed while it was not to be run again is started anew.
    for (const level of ["none", Scenery.home]) {
      await Promise.all(Scenery.groups.map((group) => this.home.client.tell(group, level, true)))
    }
  }
}

/** Those that die by themselves are not killed as well: the throttle would pause them for a minute. */
const isStaying = (pid: number): boolean => {
  try {
    return /@\d/.test(fs.readFileSync(`/proc/${pid}/environ`, "latin1")) &&
      ["sleep 100000", "cat"].includes(
        fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").join(" ").trim()
      )
  } catch {
    return false
  }
}
