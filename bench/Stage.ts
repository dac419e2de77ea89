import { execFileSync, spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Sweep from "./Sweep.ts"

const native = new URL("native/", import.meta.url).pathname

/**
 * Where a run of the suite happens: a scratch directory, the compiled programs of `native`, and all processes that are
 * started. When it is closed, or this process ends however it may, they are killed by pid and the directory is gone.
 */
export class Stage {
  readonly directory = mkdtempSync(path.join(tmpdir(), "clinit-bench-"))
  private readonly guard: ChildProcess
  private homes = 0
  private isOpen = true

  constructor() {
    this.guard = this.watchOver()
    process.once("exit", () => this.close())
    for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]] as const) {
      process.once(signal, () => process.exit(128 + number))
    }
    const compiler = process.env["CC"] ?? "cc"
    mkdirSync(`${this.directory}/bin`)
    for (const file of readdirSync(native)) {
      const program = path.join(this.directory, "bin", path.basename(file, ".c"))
      try {
        execFileSync(compiler, ["-O2", "-o", program, native + file], { stdio: ["ignore", "ignore", "pipe"] })
      } catch (error) {
        throw new Error(
          `${native}${file} cannot be compiled by ${compiler}: install a C compiler, or name one in CC`,
          {
            cause: error
          }
        )
      }
    }
  }

  /** A shell that waits for a word or for the end of this process: in case that is killed, it is who ends what is left. */
  private watchOver(): ChildProcess {
    const sweeping = new URL("sweep.mjs", import.meta.url).pathname
    const guard = spawn(
      "/bin/sh",
      ["-c", "read -r word || exec \"$@\"", "sh", process.execPath, sweeping, this.directory],
      { detached: true, stdio: ["pipe", "ignore", "ignore"] }
    )
    guard.unref()
    return guard
  }

  /** The path of a program of `native`. */
  program(name: string): string {
    return `${this.directory}/bin/${name}`
  }

  /** A directory for one supervisor. */
  home(): Home {
    return new Home(this, this.homes++)
  }

  /** Starts a program that is ended with the stage. */
  spawn(
    file: string,
    args: ReadonlyArray<string>,
    { directory, mark, stdio = ["ignore", "ignore", "ignore"] }: {
      readonly directory: string
      readonly mark: string
      readonly stdio?: ["ignore" | "pipe" | number, "ignore" | "pipe" | number, "ignore" | "pipe" | number]
    }
  ): ChildProcess {
    const child = spawn(file, args, {
      cwd: directory,
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        [Sweep.markName]: `${this.directory}/${mark}`
      },
      stdio
    })
    child.on("error", () => {}) // whoever waits for what it was to do hears of it
    return child
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    Sweep.all(this.directory)
    this.guard.kill()
  }
}

/** The directory of one supervisor, and its processes. */
export class Home {
  readonly stage: Stage
  readonly directory: string
  readonly mark: string

  constructor(stage: Stage, number: number) {
    this.stage = stage
    this.mark = String(number)
    this.directory = path.join(stage.directory, this.mark)
    mkdirSync(this.directory)
  }

  path(name: string): string {
    return path.join(this.directory, name)
  }

  /** Starts a program that lasts; what it prints goes to the file `out`. */
  start(file: string, args: ReadonlyArray<string>): ChildProcess {
    const out = openSync(this.path("out"), "a")
    try {
      return this.stage.spawn(file, args, { ...this, stdio: ["ignore", out, out] })
    } finally {
      closeSync(out)
    }
  }

  /** Runs a program to its end, and fails if that is not a good one. */
  async run(file: string, args: ReadonlyArray<string>): Promise<void> {
    const child = this.start(file, args)
    await new Promise<void>((resolve, reject) => {
      child.once("error", reject)
      child.once("exit", (code, signal) =>
        code === 0
          ? resolve()
          : reject(
            new Error(`${[file, ...args].join(" ")} ended with ${code ?? signal}; see ${this.path("out")}`)
          ))
    })
  }

  /** Runs a command by itself: its wall time and its time on processors, in milliseconds. */
  async cost(command: ReadonlyArray<string>, allowed: ReadonlyArray<number> = [0]) {
    const child = this.stage.spawn(this.stage.program("cost"), command, {
      ...this,
      stdio: ["ignore", "pipe", "ignore"]
    })
    let text = ""
    for await (const part of child.stdout!) text += part
    const [wall, cpu, code] = text.split(" ").map(Number)
    if (wall === undefined || cpu === undefined || code === undefined || !allowed.includes(code)) {
      throw new Error(`${command.join(" ")} ended with ${code}`)
    }
    return { wallMillis: wall / 1e6, cpuMillis: cpu / 1e3 }
  }

  /** All processes that were started here, by whomever. */
  marked(): ReadonlyArray<number> {
    return Sweep.marked(this.stage.directory, this.mark)
  }

  /** Kills what is left here, and removes the directory. */
  close(): void {
    Sweep.kill(this.stage.directory, this.mark)
    Sweep.remove(this.directory)
  }
}
