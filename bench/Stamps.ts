import { execFileSync } from "node:child_process"
import { closeSync, constants, openSync, readSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { now } from "./Clock.ts"
import * as Proc from "./Proc.ts"
import type { Home, Stage } from "./Stage.ts"
import type { Service } from "./supervisors/Supervisor.ts"

/** The first deed of a process. */
export interface Stamp {
  readonly id: number
  readonly pid: number
  /** By the monotonic clock, in milliseconds. */
  readonly at: number
}

/** The stamps carry their own time: how soon they are read makes no difference to what is measured. */
const pollMillis = 2

/** Services that tell when they are started, over a FIFO. */
export class Stamps {
  private readonly fifo: string
  private readonly program: string
  private readonly fd: number
  private readonly buffer = Buffer.alloc(65_536)
  private rest = ""
  private isOpen = true
  /** The latest of each. */
  readonly latest = new Map<number, Stamp>()
  private readonly unread = new Map<number, Stamp>()

  constructor(home: Home) {
    this.fifo = home.path("fifo")
    this.program = home.stage.program("stamp")
    execFileSync("mkfifo", [this.fifo])
    this.fd = openSync(this.fifo, constants.O_RDWR | constants.O_NONBLOCK)
  }

  get path(): string {
    return this.fifo
  }

  /** The command of the service with this number. */
  command(id: number): string {
    return `exec ${this.program} ${this.fifo} ${id}`
  }

  /** So many services of level 1. */
  services(count: number): ReadonlyArray<Service> {
    return Array.from({ length: count }, (_, id) => ({ levels: "1", command: this.command(id) }))
  }

  private read(): void {
    // Its number may be another file's by now.
    if (!this.isOpen) throw new Error("what was waited for does not matter any more")
    while (true) {
      let length: number
      try {
        length = readSync(this.fd, this.buffer)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") return
        throw error
      }
      const lines = (this.rest + this.buffer.toString("latin1", 0, length)).split("\n")
      this.rest = lines.pop()!
      for (const line of lines) {
        const [id, pid, nanos] = line.split(" ").map(Number)
        const stamp = { id: id!, pid: pid!, at: nanos! / 1e6 }
        this.latest.set(stamp.id, stamp)
        this.unread.set(stamp.id, stamp)
      }
      if (length < this.buffer.length) return
    }
  }

  /** What comes from now on is new. */
  forget(): void {
    this.read()
    this.unread.clear()
  }

  /** Waits for new stamps of so many services. The last of them tells when that was so. */
  async of(count: number, seconds = 300): Promise<number> {
    const deadline = now() + seconds * 1_000
    while (this.unread.size < count) {
      if (now() > deadline) {
        throw new Error(`only ${this.unread.size} of ${count} services came up within ${seconds} s`)
      }
      await delay(pollMillis)
      this.read()
    }
    const last = Math.max(...[...this.unread.values()].map(({ at }) => at))
    this.unread.clear()
    return last
  }

  /** Waits for a new stamp of this service. */
  async next(id: number, seconds = 20): Promise<Stamp> {
    const deadline = now() + seconds * 1_000
    while (true) {
      this.read()
      const stamp = this.unread.get(id)
      if (stamp !== undefined) {
        this.unread.delete(id)
        return stamp
      }
      if (now() > deadline) throw new Error(`service ${id} did not come up again within ${seconds} s`)
      await delay(pollMillis)
    }
  }

  /** The processes by number, as they are seen from here: in a namespace of its own a process has another pid. */
  processes(): ReadonlyMap<number, number> {
    return new Map(
      Proc.pids().flatMap((pid) => {
        const [program, fifo, id] = Proc.words(pid)
        return program === this.program && fifo === this.fifo ? [[Number(id), pid] as const] : []
      })
    )
  }

  /** Kills a process if it is one of these; how long until the next one's first deed, in milliseconds. */
  async respawn(id: number, pid = this.latest.get(id)?.pid ?? -1): Promise<number> {
    if (Proc.words(pid)[1] !== this.fifo) throw new Error(`service ${id} does not run as ${pid}`)
    this.read()
    this.unread.delete(id)
    const killed = now()
    process.kill(pid, "SIGKILL")
    return (await this.next(id)).at - killed
  }

  close(): void {
    this.isOpen = false
    closeSync(this.fd)
  }
}

/** Does it in a home of its own, with services that tell when they are started; nothing is left of either. */
export const inHome = async <A>(
  stage: Stage,
  act: (home: Home, stamps: Stamps) => Promise<A>
): Promise<A> => {
  const home = stage.home()
  const stamps = new Stamps(home)
  try {
    return await act(home, stamps)
  } finally {
    stamps.close()
    home.close()
  }
}
