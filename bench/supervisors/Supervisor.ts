import type { ChildProcess } from "node:child_process"
import { existsSync } from "node:fs"
import * as path from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import * as Proc from "../Proc.ts"
import type { Home } from "../Stage.ts"

/** A process that is to run at these levels, of `1` and `2`. */
export interface Service {
  readonly levels: "1" | "2" | "12"
  /** A line for a shell; it is to begin with `exec`, so that the same is done everywhere. */
  readonly command: string
}

/** Where all services are, where half of them are, and where nothing runs. */
export type Level = "1" | "2" | "0"

/** A supervisor with its services, which respawns those of the level. */
export interface Supervisor {
  /** Starts it, and has it start what is of level 1; that may take longer. */
  readonly launch: () => Promise<void>
  /** Gives the order by a whole process, as an operator would. None if there is no such order. */
  readonly order: ((level: Level) => Promise<void>) | undefined
  /** Has it stop everything and end; waits for its end. */
  readonly shutDown: () => Promise<void>
  /** The supervisor's process. */
  readonly root: () => number
}

/** A program that supervises. */
export interface Kind {
  readonly name: string
  /** Why it cannot be measured here, if so. */
  readonly missing: () => string | undefined
  readonly prepare: (home: Home, services: ReadonlyArray<Service>) => Supervisor
}

/** The processes that the supervisor itself consists of: all that were started there but for the services. */
export const own = (home: Home, { root }: Supervisor): ReadonlyArray<number> =>
  [...new Set([root(), ...Proc.descendants(root()), ...home.marked()])].filter((pid) => {
    const program = Proc.words(pid)[0]
    return pid === root() ||
      (program !== undefined && path.dirname(program) !== `${home.stage.directory}/bin`)
  })

/** Waits for the end of a process of ours. */
export const end = async (child: ChildProcess, seconds = 60): Promise<void> => {
  const deadline = performance.now() + seconds * 1_000
  while (child.exitCode === null && child.signalCode === null) {
    if (performance.now() > deadline) throw new Error(`${child.spawnfile} did not end within ${seconds} s`)
    await delay(1)
  }
}

/** Waits until the file is there. */
export const appears = async (file: string, child: ChildProcess, seconds = 30): Promise<void> => {
  const deadline = performance.now() + seconds * 1_000
  while (!existsSync(file)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      throw new Error(`${child.spawnargs.join(" ")} did not make ${file}`)
    }
    await delay(1)
  }
}

/** Where the first of these programs of the search path is. */
export const find = (name: string): string | undefined =>
  (process.env["PATH"] ?? "").split(":").map((directory) => path.join(directory, name)).find((file) =>
    existsSync(file)
  )

export const notInstalled = (name: string) => () =>
  find(name) === undefined ? `${name} is not installed` : undefined
