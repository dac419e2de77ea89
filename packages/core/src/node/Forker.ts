// A program of its own, which forks for a supervisor. A fork takes the longer the more memory the one has that forks, and
// stops its event loop meanwhile: this one has little memory, keeps it so, and has nobody to serve. It is bundled into one
// file, and takes Node's modules in the way that costs least.
//
// It knows nothing of entries. What it has started lives on when it ends; it ends when its supervisor does.

import type { Begin, Order, Park, Premises, Report, Start } from "./ForkerMessages.ts"

const { spawn } = process.getBuiltinModule("node:child_process")
const fs = process.getBuiltinModule("node:fs")
const { Socket } = process.getBuiltinModule("node:net")

// The supervisor decides what a Ctrl-C or the stop of a tree around it means. What is started gets the default
// dispositions: libuv sees to that.
const unheard = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGTSTP", "SIGUSR1", "SIGUSR2"] as const
for (const signal of unheard) process.on(signal, () => {})

const supervisor = new Socket({ fd: 3, readable: true, writable: true })
let isBusy = false
let lines = ""
const flush = () => {
  if (lines !== "") supervisor.write(lines)
  lines = ""
}
/** What happens in one turn of the event loop is told in one go: by the work, if there is some. */
const report = (message: Report) => {
  if (lines === "" && !isBusy) setImmediate(flush)
  lines += `${JSON.stringify(message)}\n`
}

let premises: Premises | undefined
const starts: Array<Start | Park> = []

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

/** Whether this program is in the control group of somebody else. */
let isAway = false

const move = (directory: string) => {
  fs.writeFileSync(`${directory}/cgroup.procs`, "0")
  isAway = directory !== premises?.home
}

const mayMove = (home: string | undefined) => {
  try {
    if (home !== undefined) move(home)
    return home !== undefined
  } catch {
    return false
  }
}

/** Whether it may leave its own: nobody may who could not come back. */
let isMobile: boolean | undefined

/** Nobody hears of what is born there before this program has left: a tree that is stopped has none but its own. */
const enter = (directory: string) => {
  isMobile ??= mayMove(premises?.home)
  try {
    if (isMobile) move(directory)
    return isMobile
  } catch {
    return false
  }
}

const comeHome = () => {
  try {
    if (isAway) move(premises!.home!)
  } catch {
    process.exit(1)
  }
}

type Spawned = (file: string, args: ReadonlyArray<string>) => ReturnType<typeof spawn>

/** The process without a shell; undefined if it has come to nothing, which is for a shell to see once more and to report. */
const attempt = (spawned: Spawned, [file, ...args]: NonNullable<Start["program"]>) => {
  try {
    const child = spawned(file, args)
    if (child.pid !== undefined) return child
    child.once("error", () => {})
  } catch {
    // some refusals are thrown
  }
  return undefined
}

/** Goes where the process is to be born, tells of the one before, and starts it. */
const start = ({ cgroup, directory, environment, id, marks, program, script, streams }: Start) => {
  const refuse = (error: unknown) => report({ id, refused: (error as Error).message })
  const spawned: Spawned = (file, args) =>
    spawn(file, args, {
      cwd: directory,
      detached: true,
      stdio: streams === undefined ? "inherit" : [...streams],
      env: { ...(environment ?? premises!.environment), CLINIT_TREE: marks }
    })
  try {
    if (cgroup !== undefined) makeControlGroup(cgroup)
    const isThere = program !== undefined && cgroup !== undefined && enter(cgroup)
    if (!isThere) comeHome()
    flush()
    const isDirect = program !== undefined && (isThere || cgroup === undefined)
    const child = (isDirect ? attempt(spawned, program) : undefined) ??
      spawned("/bin/sh", ["-c", script])
    if (child.pid === undefined) return void child.once("error", refuse)
    child.once("exit", (code, signal) => report({ id, code, signal }))
    report({ id, pid: child.pid, ...startTimeOf(child.pid) })
  } catch (error) {
    refuse(error)
  }
}

const gone = "the shell that was to become it has ended"

/** A shell that has been told what to be and does not answer, stopped by somebody for instance, is given up. */
const patienceMillis = 1_000

/** How the parked shells are told what to carry out, by number. */
const parked = new Map<number, (line: string) => void>()

const park = ({ cgroup, park: id, script }: Park) => {
  const over = (code: number | null, signal: NodeJS.Signals | null) => {
    parked.delete(id)
    report({ id, code, signal })
  }
  try {
    makeControlGroup(cgroup)
    const shell = spawn("/bin/sh", ["-c", script], {
      detached: true,
      stdio: [0, 1, 2, "pipe"],
      // A forker's process is what its mark says that it is until it becomes another program.
      env: { ...premises!.environment, CLINIT_TREE: process.env["CLINIT_TREE"] }
    })
    const { pid } = shell
    if (pid === undefined) return void shell.once("error", () => over(null, null))
    const socket = shell.stdio[3] as InstanceType<typeof Socket>
    // Its end is heard of in another way.
    socket.on("error", () => {})
    let state: "coming" | "parked" | "told" | "begun" = "coming"
    socket.on("data", () => {
      if (state === "coming") {
        state = "parked"
        parked.set(id, (line) => {
          state = "told"
          parked.delete(id)
          socket.end(line)
          const late = setTimeout(() => void (state === "told" && shell.kill("SIGKILL")), patienceMillis)
          shell.once("exit", () => clearTimeout(late))
          socket.once("data", () => clearTimeout(late))
        })
        report({ parked: id, pid, ...startTimeOf(pid) })
      } else if (state === "told") {
        state = "begun"
        report({ id, pid })
      }
    })
    // Only behind what it has said is known whether it has begun.
    shell.once("exit", (code, signal) => {
      const heard = () => state === "told" ? report({ id, refused: gone }) : over(code, signal)
      if (state === "begun" || socket.closed) heard()
      else socket.once("close", heard)
    })
  } catch {
    over(null, null)
  }
}

const begin = ({ begin: id, line }: Begin) => {
  const tell = parked.get(id)
  if (tell === undefined) report({ id, refused: gone })
  else tell(line)
}

/** One start in a turn of the event loop: ends and questions must not wait for all of them. */
const work = () => {
  const next = starts.shift()
  isBusy = next !== undefined
  if (next === undefined || "park" in next) {
    comeHome()
    flush()
  }
  if (next === undefined) return
  // Somebody else may supervise its entries by now.
  if (process.ppid !== premises?.supervisor) return process.exit()
  if ("park" in next) park(next)
  else start(next)
  setImmediate(work)
}

const obey = (order: Order) => {
  if ("begin" in order) {
    if (process.ppid === premises?.supervisor) begin(order)
  } else if ("script" in order) starts.push(order)
  // A child's end has sent its signal before; its handler's note is read when the event loop polls next.
  else if ("ping" in order) setImmediate(() => setImmediate(() => report(order)))
  else premises = order
}

let rest = ""
supervisor.setEncoding("utf8").on("data", (text: string) => {
  const orders = `${rest}${text}`.split("\n")
  rest = orders.pop()!
  for (const order of orders) obey(JSON.parse(order) as Order)
  if (!isBusy) work()
})
supervisor.on("error", () => process.exit())
supervisor.on("close", () => process.exit())
