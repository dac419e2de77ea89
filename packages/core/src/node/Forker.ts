// A program of its own, which forks for a supervisor. A fork takes the longer the more memory the one has that forks, and
// stops its event loop meanwhile: this one has little memory, keeps it so, and has nobody to serve. It is bundled into one
// file, and takes Node's modules in the way that costs least.
//
// It knows nothing of entries. What it has started lives on when it ends; it ends when its supervisor does.

import type { Order, Premises, Report, Start } from "./ForkerMessages.ts"

const { spawn } = process.getBuiltinModule("node:child_process")
const fs = process.getBuiltinModule("node:fs")
const { Socket } = process.getBuiltinModule("node:net")

// The supervisor decides what a Ctrl-C or the stop of a tree around it means. What is started gets the default
// dispositions: libuv sees to that.
const unheard = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGTSTP", "SIGUSR1", "SIGUSR2"] as const
for (const signal of unheard) process.on(signal, () => {})

const supervisor = new Socket({ fd: 3, readable: true, writable: true })
const report = (message: Report) => void supervisor.write(`${JSON.stringify(message)}\n`)

let premises: Premises | undefined
const starts: Array<Start> = []
let isBusy = false

/** Makes it, and the one around it; one that is there already, and has no process, will do. */
const makeControlGroup = (directory: string) => {
  if (fs.mkdirSync(directory, { recursive: true }) !== undefined) return
  if (/^populated 0$/m.test(fs.readFileSync(`${directory}/cgroup.events`, "utf8"))) return
  throw new Error(`${directory} has processes already`)
}

const startTimeOf = (pid: number) => {
  try {
    const line = fs.readFileSync(`/proc/${pid}/stat`, "utf8")
    return { startTime: line.slice(line.lastIndexOf(")") + 2).split(" ")[19]! }
  } catch {
    return {}
  }
}

const start = ({ cgroup, directory, environment, id, marks, script, streams }: Start) => {
  const refuse = (error: unknown) => report({ id, refused: (error as Error).message })
  try {
    if (cgroup !== undefined) makeControlGroup(cgroup)
    const child = spawn("/bin/sh", ["-c", script], {
      cwd: directory,
      detached: true,
      stdio: streams === undefined ? "inherit" : [...streams],
      env: { ...(environment ?? premises!.environment), CLINIT_TREE: marks }
    })
    if (child.pid === undefined) return void child.once("error", refuse)
    child.once("exit", (code, signal) => report({ id, code, signal }))
    report({ id, pid: child.pid, ...startTimeOf(child.pid) })
  } catch (error) {
    refuse(error)
  }
}

/** One start in a turn of the event loop: ends and questions must not wait for all of them. */
const work = () => {
  isBusy = starts.length > 0
  if (!isBusy) return
  // Somebody else may supervise its entries by now.
  if (process.ppid !== premises?.supervisor) return process.exit()
  start(starts.shift()!)
  setImmediate(work)
}

const obey = (order: Order) => {
  if ("script" in order) starts.push(order)
  // A child's end has sent its signal before; its handler's note is read when the event loop polls next.
  else if ("ping" in order) setImmediate(() => setImmediate(() => report(order)))
  else premises = order
}

let rest = ""
supervisor.setEncoding("utf8").on("data", (text: string) => {
  const lines = `${rest}${text}`.split("\n")
  rest = lines.pop()!
  for (const line of lines) obey(JSON.parse(line) as Order)
  if (!isBusy) work()
})
supervisor.on("error", () => process.exit())
supervisor.on("close", () => process.exit())
