import { spawn } from "node:child_process"
import type { ChildProcess, StdioOptions } from "node:child_process"
import * as Proc from "./Proc.ts"

/** The built command line. */
export const bundle = new URL("../../dist/clinit.js", import.meta.url).pathname

/** How a program ended, and what it printed. */
export interface Finished {
  readonly exit: number | NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Program {
  readonly pid: number
  readonly child: ChildProcess
  readonly isRunning: () => boolean
  /** Waits for the end; fails, and kills the program, when that takes too long. */
  readonly finished: (seconds?: number) => Promise<Finished>
  readonly kill: (signal: NodeJS.Signals) => void
}

export interface Options {
  readonly cwd: string
  readonly mark: string
  readonly stdio?: StdioOptions
}

/** Starts a program with a small environment of its own that carries the mark. */
export const start = (file: string, args: ReadonlyArray<string>, { cwd, mark, stdio }: Options): Program => {
  const child = spawn(file, args, {
    cwd,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], [Proc.markName]: mark },
    stdio: stdio ?? ["ignore", "pipe", "pipe"]
  })
  const output = { stdout: "", stderr: "" }
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => output[name] += text)
  }
  const closed = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code, signal) => resolve({ exit: code ?? signal, ...output }))
  })
  closed.catch(() => {}) // whoever awaits it hears of it
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  return {
    pid: child.pid ?? -1,
    child,
    isRunning,
    finished: async (seconds = 30) => {
      let timer: NodeJS.Timeout | undefined
      const tooLong = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          child.kill("SIGKILL")
          reject(
            new Error(
              `${[file, ...args].join(" ")} was not done after ${seconds} s: ${JSON.stringify(output)}`
            )
          )
        }, seconds * 1_000)
      })
      return Promise.race([closed, tooLong]).finally(() => clearTimeout(timer))
    },
    // Node remembers that the child was reaped: the pid never belongs to somebody else.
    kill: (signal) => void (isRunning() && child.kill(signal))
  }
}
