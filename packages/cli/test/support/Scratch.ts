import { ClinitClient } from "@clinit/protocol/ClinitClient"
import { GroupName, Level } from "@clinit/protocol/Names"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import type { DaemonStatus, ProcessStatus } from "@clinit/protocol/Status"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as ControlGroups from "./ControlGroups.ts"
import { until } from "./Eventually.ts"
import * as Proc from "./Proc.ts"
import * as Program from "./Program.ts"

/** Longer than a whole escalation, so that a shutdown that works is never cut short. */
const shutdownSeconds = 25

/**
 * A directory of its own for one test, with a cltab, the daemons and clients that the test starts there, and short
 * words for looking at what they did. Commands of entries run in it: `echo a >> log` writes to its `log`.
 */
export class Scratch {
  readonly directory = mkdtempSync(path.join(tmpdir(), "clinit-e2e-"))
  readonly socket = this.path("s")
  readonly clstat = this.path("clstat")
  readonly cltab = this.path("cltab")
  readonly daemonLog = this.path("daemon.log")
  private readonly daemons: Array<Program.Program> = []
  private readonly programs: Array<Program.Program> = []
  private crashed = false

  path(name: string): string {
    return path.join(this.directory, name)
  }

  /** Writes the cltab: where socket and status file are, then these lines. */
  configure(...lines: ReadonlyArray<string>): void {
    this.write("cltab", [`:::socket:${this.socket}`, `:::clstat:${this.clstat}`, ...lines])
  }

  write(file: string, lines: ReadonlyArray<string> = []): void {
    writeFileSync(this.path(file), lines.map((line) => `${line}\n`).join(""))
  }

  read(file: string): string {
    return readFileSync(this.path(file), "utf8")
  }

  /** The whole lines that the file has by now; none if it is not there. */
  lines(file: string): ReadonlyArray<string> {
    return existsSync(this.path(file)) ? this.read(file).split("\n").slice(0, -1) : []
  }

  remove(file: string): void {
    rmSync(this.path(file), { force: true })
  }

  exists(file: string): boolean {
    return existsSync(this.path(file))
  }

  /** Starts any program in the directory. */
  start(file: string, args: ReadonlyArray<string>, stdio?: Program.Options["stdio"]): Program.Program {
    const program = Program.start(file, args, {
      cwd: this.directory,
      mark: this.directory,
      ...(stdio === undefined ? {} : { stdio })
    })
    this.programs.push(program)
    return program
  }

  /** Starts the command line on the scratch's cltab. */
  launch(...args: ReadonlyArray<string>): Program.Program {
    return this.start(process.execPath, [Program.bundle, "-c", this.cltab, ...args])
  }

  /** Runs the command line on the scratch's cltab to its end. */
  clinit(...args: ReadonlyArray<string>): Promise<Program.Finished> {
    return this.launch(...args).finished()
  }

  /** Runs the command line with these arguments only. */
  bare(...args: ReadonlyArray<string>): Promise<Program.Finished> {
    return this.start(process.execPath, [Program.bundle, ...args]).finished()
  }

  /** Starts a daemon on these lines, and waits until it listens. Its output goes to `daemon.out` and `daemon.log`. */
  async daemon(...lines: ReadonlyArray<string>): Promise<Program.Program> {
    this.configure(...lines)
    return this.restart()
  }

  /** Starts a daemon on the cltab that is there; by default by `clinit -d`. */
  async restart(
    file: string = process.execPath,
    args: ReadonlyArray<string> = [Program.bundle, "-c", this.cltab, "-d"]
  ): Promise<Program.Program> {
    const descriptors = [openSync(this.path("daemon.out"), "a"), openSync(this.daemonLog, "a")] as const
    const daemon = this.adopt(this.start(file, args, ["ignore", ...descriptors]))
    for (const fd of descriptors) closeSync(fd)
    await this.isUp(daemon)
    return daemon
  }

  /** Makes the program one that has to be shut down with the scratch. */
  adopt(daemon: Program.Program): Program.Program {
    this.daemons.push(daemon)
    return daemon
  }

  async isUp(daemon: Program.Program): Promise<void> {
    await until("the daemon listens", async () => {
      if (!daemon.isRunning()) {
        throw new Error(`the daemon ended with ${JSON.stringify((await daemon.finished()).exit)}`)
      }
      return this.status().then(({ pid }) => pid === daemon.pid, () => false)
    })
  }

  /** Kills a daemon without warning: from now on processes and files may be left behind. */
  async crash(daemon: Program.Program): Promise<void> {
    this.crashed = true
    daemon.kill("SIGKILL")
    await daemon.finished()
  }

  /** What the daemon knows, asked without the cost of a client process. */
  status(): Promise<DaemonStatus> {
    return Effect.flatMap(ClinitClient, (client) => client.status({})).pipe(
      Effect.provide(NodeClinitClient.layer(this.socket)),
      Effect.runPromise
    )
  }

  /** Tells the group to go to these levels, one after the other. */
  tellMany(group: string, levels: ReadonlyArray<string>): Promise<void> {
    return Effect.flatMap(ClinitClient, ({ tell }) =>
      Effect.forEach(
        levels,
        (level) => tell({ group: GroupName.make(group), level: Level.make(level) }),
        { discard: true }
      )).pipe(
        Effect.provide(NodeClinitClient.layer(this.socket)),
        Effect.runPromise
      )
  }

  /** `LEVEL STATE` of a group, as `1 DONE`; the bare state if it was never told, nothing if there is no such group. */
  async group(name: string): Promise<string | undefined> {
    const group = (await this.status()).groups.find(({ group }) => group === name)
    return group === undefined
      ? undefined
      : [...(group.level === undefined ? [] : [group.level]), group.state].join(" ")
  }

  /** An entry that its group has started. */
  async entry(tag: string): Promise<ProcessStatus | undefined> {
    return (await this.status()).groups.flatMap(({ processes }) => processes).find((process) =>
      process.tag === tag
    )
  }

  /** The state of an entry, as `Running`. */
  async state(tag: string): Promise<string | undefined> {
    return (await this.entry(tag))?.state._tag
  }

  /** When the group came into its present state, in seconds since 1970. */
  async since(name: string): Promise<number> {
    const group = (await this.status()).groups.find(({ group }) => group === name)
    return (group?.since ?? Number.NaN) / 1_000
  }

  /** When the daemon logged the text for the first time, by its own clock and in seconds since 1970. */
  logged(text: string): number {
    const line = this.lines("daemon.log").find((line) => line.includes(text)) ?? ""
    return Date.parse(line.split(" ")[0]!) / 1_000
  }

  /** The pid of an entry once it runs. */
  async pid(tag: string): Promise<number> {
    return until(`${tag} runs`, async () => {
      const state = (await this.entry(tag))?.state
      return state?._tag === "Running" ? state.pid : undefined
    })
  }

  /** The processes of this test that run, but for those that it started itself. */
  left(): ReadonlyArray<number> {
    const own = new Set([...this.daemons, ...this.programs].map(({ pid }) => pid))
    return Proc.marked(this.directory).filter((pid) => !own.has(pid) && !Proc.forksFor(pid, own))
  }

  /** Ends clients and daemons, and asserts that the daemons ended well and left nothing. */
  async close(): Promise<void> {
    for (const program of this.programs) {
      if (!this.daemons.includes(program)) program.kill("SIGKILL")
    }
    const running = this.daemons.filter((daemon) => daemon.isRunning())
    for (const daemon of running) daemon.kill("SIGTERM")
    const ends = await Promise.all(running.map((daemon) => daemon.finished(shutdownSeconds)))
    assert.deepStrictEqual(ends.map(({ exit }) => exit), running.map(() => 0), "a daemon's exit code")
    if (this.crashed || this.daemons.length === 0) return
    assert.deepStrictEqual(this.left().map(Proc.describe), [], "processes were left behind")
    const files = [
      this.socket,
      `${this.socket}.lock`,
      `${this.socket}.ledger`,
      `${this.socket}.history`,
      this.clstat
    ]
      .filter((file) => existsSync(file))
    assert.deepStrictEqual(files, [], "files were left behind")
    assert.deepStrictEqual(ControlGroups.of(this.socket), [], "control groups were left behind")
  }

  /** Kills whatever is left of the test, and removes the directory. */
  wipe(): void {
    for (const daemon of this.daemons) daemon.kill("SIGKILL")
    for (const pid of Proc.marked(this.directory)) Proc.kill(pid, "SIGKILL")
    ControlGroups.remove(this.socket)
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

const open = new Set<Scratch>()

// A run that is given up in the middle must not leave daemons behind either.
process.once("exit", () => open.forEach((scratch) => scratch.wipe()))

/** A test in a scratch of its own. What a failed test's daemon logged is added to the failure. */
export const inScratch = (test: (scratch: Scratch) => Promise<void>) => async (): Promise<void> => {
  const scratch = new Scratch()
  open.add(scratch)
  try {
    await test(scratch)
    await scratch.close()
  } catch (error) {
    if (error instanceof Error) {
      const log = scratch.lines("daemon.log").join("\n")
      // Some errors derive their message: it cannot be assigned to.
      Object.defineProperty(error, "message", { value: `${error.message}\n\ndaemon.log:\n${log}` })
    }
    await scratch.close().catch(() => {})
    throw error
  } finally {
    open.delete(scratch)
    scratch.wipe()
  }
}
