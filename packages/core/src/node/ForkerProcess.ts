import type { ChildExit } from "@clinit/protocol/Status"
import { describeEnd } from "@clinit/protocol/Status"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import * as fs from "node:fs"
import type { Socket } from "node:net"
import { fileURLToPath } from "node:url"
import * as ForkerFile from "./ForkerFile.ts"
import type { Ended, Order, Park, Parked, Report, Start, Started } from "./ForkerMessages.ts"
import * as Ourselves from "./Ourselves.ts"
import * as TreeMark from "./TreeMark.ts"

/**
 * Little memory is what it is for: what a compiler keeps would be copied with the rest, and its few lines wait for the kernel
 * anyway. As it stands here it is read by WebAssembly, which Node has only with a compiler.
 */
const flagsFor = (program: string) => [
  ...(program.endsWith(".ts") ? [] : ["--jitless"]),
  "--max-semi-space-size=1",
  "--v8-pool-size=0"
]

/** An order is carried out within milliseconds. A forker that says nothing for so long while it has one is killed. */
const patienceMillis = 10_000

/** How long it may take to end when it is to. */
const endMillis = 2_000

/** What became of an order: `Lost` if the forker ended before it could tell, and the process may be there. */
export type Answer =
  | { readonly _tag: "Started"; readonly process: Started }
  | { readonly _tag: "Refused"; readonly reason: string }
  | { readonly _tag: "Lost" }

/** Who waits for what a forker tells of a process. */
export interface Listener {
  readonly answered: (answer: Answer) => void
  readonly ended: (end: Pick<Ended, "code" | "signal">) => void
  /** Nobody will tell of the process's end any more. */
  readonly orphaned: () => void
}

/** Who waits for what a forker tells of a shell that it is to park. */
export interface Keeper {
  readonly parked: (shell: Parked) => void
  /** It has ended, or never began, and nobody has had it begin. */
  readonly ended: () => void
}

/** A forker that runs, or is being started: what it is told meanwhile it does once it can. */
export interface ForkerProcess {
  readonly pid: number
  readonly start: (order: Omit<Start, "id">, listener: Listener) => void
  readonly park: (order: Omit<Park, "park">, keeper: Keeper) => void
  /** Has the parked shell with this number carry out the line; it is the listener's process from then on. */
  readonly begin: (shell: number, line: string, listener: Listener) => void
  /** Calls back when every end has been told that came before, or nothing will be told any more. */
  readonly catchUp: (done: () => void) => void
  /** Ends it, and calls back when it has ended. Its processes live on. */
  readonly end: (done: () => void) => void
}

export interface Options {
  /** What processes are started with, without the marks. */
  readonly environment: NodeJS.ProcessEnv
  /** The directory of the supervisor's control group, if processes are to have some of their own. */
  readonly home: string | undefined
  /** By what a later supervisor knows the forker: see `TreeMark.ofForker`. */
  readonly mark: string
  /** Called once, when it has ended, before the listeners hear of that; with why, unless that was in order. */
  readonly onEnd: (why: string | undefined) => void
}

const environmentOf = ({ environment, mark }: Options): NodeJS.ProcessEnv => {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...own } = environment
  return { ...own, [TreeMark.variable]: TreeMark.add(own[TreeMark.variable], mark) }
}

const take = <A>(map: Map<number, A>, key: number): A | undefined => {
  const value = map.get(key)
  map.delete(key)
  return value
}

/** Why there is none; `isForGood` if it is of no use to try again. */
export interface Failure {
  readonly failure: string
  readonly isForGood: boolean
}

/** Starts one; or tells why that cannot be, now and for good where its program is not there. */
export const make = (options: Options): ForkerProcess | Failure => {
  const file = ForkerFile.find()
  if (file === undefined) return { failure: "its program is not there", isForGood: true }
  const program = fileURLToPath(file)
  // Where this program and Node are one file, that would be started once more.
  if (!fs.existsSync(program)) return { failure: `${program} is not there`, isForGood: true }
  let child: ChildProcess
  try {
    child = spawn(process.execPath, [...flagsFor(program), program], {
      stdio: ["inherit", "inherit", "inherit", "pipe"],
      env: environmentOf(options)
    })
  } catch (error) {
    return { failure: (error as Error).message, isForGood: false } // some are thrown, want of memory for one
  }
  const { pid } = child
  if (pid === undefined) {
    child.once("error", () => {})
    return { failure: `${process.execPath} could not be started`, isForGood: false }
  }
  Ourselves.pids.add(pid)
  const socket = child.stdio[3] as Socket

  let nextId = 1
  let isEnding = false
  let isEnded = false
  const asked = new Map<number, Listener>()
  const running = new Map<number, Listener>()
  const shells = new Map<number, Keeper>()
  const pings = new Map<number, () => void>()

  let lines = ""
  const tell = (order: Order) => {
    if (lines === "") process.nextTick(flush)
    lines += `${JSON.stringify(order)}\n`
  }
  /** Who asks in one go gets one answer. */
  let asking: Array<() => void> | undefined
  const flush = () => {
    socket.write(lines)
    lines = ""
    asking = undefined
  }

  let heardAt = performance.now()
  let timer: NodeJS.Timeout | undefined
  const kill = () => void child.kill("SIGKILL")
  const isOwing = () => asked.size + pings.size > 0
  const hearken = () => {
    timer ??= setTimeout(() => {
      // What it said while we were stopped has yet to be read.
      setImmediate(() =>
        setImmediate(() => {
          timer = undefined
          if (!isOwing()) return
          if (performance.now() - heardAt >= patienceMillis) kill()
          else hearken()
        })
      )
    }, patienceMillis)
  }
  const owe = () => {
    if (!isOwing()) heardAt = performance.now()
    hearken()
  }

  const heed = (report: Report) => {
    if ("ping" in report) return take(pings, report.ping)?.()
    if ("parked" in report) return shells.get(report.parked)?.parked(report)
    if ("pid" in report) {
      const listener = take(asked, report.id)
      if (listener === undefined) return
      running.set(report.id, listener)
      listener.answered({ _tag: "Started", process: report })
    } else if ("refused" in report) {
      take(asked, report.id)?.answered({ _tag: "Refused", reason: report.refused })
    } else {
      take(running, report.id)?.ended(report)
      take(shells, report.id)?.ended()
    }
  }

  let rest = ""
  socket.setEncoding("utf8").on("data", (text: string) => {
    heardAt = performance.now()
    const lines = `${rest}${text}`.split("\n")
    rest = lines.pop()!
    for (const line of lines) {
      let report: Report
      try {
        report = JSON.parse(line) as Report
      } catch {
        return kill()
      }
      heed(report)
    }
  })
  // Its end is heard of in another way.
  socket.on("error", () => {})

  let exit: ChildExit = { _tag: "Unknown" }
  child.once("exit", (code, signal) => {
    exit = signal !== null ? { _tag: "Signaled", signal } : { _tag: "Exited", code: code ?? 0 }
  })
  // Behind what it said last.
  child.once("close", () => {
    clearTimeout(timer)
    isEnded = true
    Ourselves.pids.delete(pid)
    options.onEnd(isEnding ? undefined : describeEnd(exit))
    for (const listener of running.values()) listener.orphaned()
    for (const listener of asked.values()) listener.answered({ _tag: "Lost" })
    for (const keeper of shells.values()) keeper.ended()
    for (const done of pings.values()) done()
  })

  const { environment, home } = options
  tell({ supervisor: process.pid, environment, ...(home === undefined ? {} : { home }) })
  return {
    pid,
    start: (order, listener) => {
      if (isEnded) return listener.answered({ _tag: "Lost" })
      const id = nextId++
      owe()
      asked.set(id, listener)
      tell({ id, ...order })
    },
    park: (order, keeper) => {
      if (isEnded) return keeper.ended()
      const park = nextId++
      shells.set(park, keeper)
      tell({ park, ...order })
    },
    begin: (shell, line, listener) => {
      if (isEnded) return listener.answered({ _tag: "Lost" })
      shells.delete(shell)
      owe()
      asked.set(shell, listener)
      tell({ begin: shell, line })
    },
    catchUp: (done) => {
      if (isEnded) return done()
      if (asking !== undefined) return void asking.push(done)
      const waiting = asking = [done]
      const ping = nextId++
      owe()
      pings.set(ping, () => waiting.forEach((done) => done()))
      tell({ ping })
    },
    end: (done) => {
      isEnding = true
      if (isEnded) return done()
      const overdue = setTimeout(kill, endMillis)
      child.once("close", () => {
        clearTimeout(overdue)
        done()
      })
      socket.end()
    }
  }
}
