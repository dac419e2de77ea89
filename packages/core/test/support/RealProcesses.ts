import type { ContainmentUnavailable } from "@clinit/core/Machine"
import * as NodeSpawner from "@clinit/core/node/NodeSpawner"
import * as TreeMark from "@clinit/core/node/TreeMark"
import type { Child } from "@clinit/core/Spawner"
import { Spawner } from "@clinit/core/Spawner"
import type { Containment } from "@clinit/protocol/Status"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as path from "node:path"
import { entryOf } from "./Spawner.contract.ts"

export const withDeadline = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) =>
  Effect.timeoutOrElse(effect, {
    duration: "10 seconds",
    orElse: () => Effect.die(new Error(`not within 10 seconds: ${what}`))
  })

/** Waits until the function returns something else than `undefined` or `false`. */
export const eventually = <A>(what: string, look: () => A | undefined | false): Effect.Effect<A> =>
  withDeadline(
    what,
    Effect.suspend(() => {
      const found = look()
      return found === undefined || found === false ? Effect.fail("not yet" as const) : Effect.succeed(found)
    }).pipe(Effect.retry(Schedule.spaced("5 millis")), Effect.orDie)
  )

export const read = (file: string): string | undefined => {
  try {
    return fs.readFileSync(file, "latin1")
  } catch {
    return undefined
  }
}

/** The pid that a shell wrote to the file, once it has. */
export const pidIn = (file: string): Effect.Effect<number> =>
  Effect.map(
    eventually("a pid", () => {
      const text = read(file)
      return text?.endsWith("\n") && text
    }),
    Number
  )

export const comm = (pid: number): string | undefined => read(`/proc/${pid}/comm`)?.trim()

/** Fields of /proc/PID/stat by their names in proc_pid_stat(5). */
export const stat = (pid: number) => {
  const text = read(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  const [state, ppid, pgrp, session] = fields
  return {
    state,
    ppid: Number(ppid),
    pgrp: Number(pgrp),
    session: Number(session),
    threads: Number(fields[17]),
    startTime: fields[19]!
  }
}

/** Whether the process exists and is more than a zombie. */
export const runs = (pid: number): boolean => {
  const { state, threads } = stat(pid) ?? {}
  return state !== undefined && state !== "X" && (state !== "Z" || threads! > 1)
}

export const pids = (): ReadonlyArray<number> =>
  fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number)

export const members = (pgrp: number): ReadonlyArray<number> =>
  pids().filter((pid) => stat(pid)?.pgrp === pgrp)

export const sleeps = (child: Child): Effect.Effect<void> =>
  Effect.asVoid(eventually("the process sleeps", () => comm(child.identity!.pid) === "sleep"))

const containments: ReadonlyArray<Containment> = ["cgroup", "descendants", "group"]

let names = 0
let marks = 0

/** A mark that no other process ever had. */
export const freshMark = (prefix = "m"): string => `${prefix}${process.pid}.${Date.now()}.${++marks}`

/** Kills a process that the test has started, if it is still there. */
export const killPid = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // it has ended
  }
}

/** A name for control groups that no other test has. */
export const freshName = (): string => `test-${process.pid}-${++names}`

type SpawnerShape = Context.Service.Shape<typeof Spawner>

/** A spawner of this machine that lives as long as the scope. */
export const spawner = (
  containment: Containment | undefined,
  name = freshName(),
  forker = false
): Effect.Effect<SpawnerShape, ContainmentUnavailable, Scope.Scope> =>
  Effect.map(
    Layer.build(Layer.provide(NodeSpawner.layer({ containment, name, forker }), Logger.layer([]))),
    (context) => Context.get(context, Spawner)
  )

/** The forkers of the spawner with this name that run. */
export const forkersOf = (name: string): ReadonlyArray<number> =>
  pids().filter((pid) =>
    comm(pid) !== "sh" && runs(pid) && (read(`/proc/${pid}/environ`) ?? "").includes(TreeMark.ofForker(name))
  )

/** Starts processes until one is forked by the forker of the spawner with this name; the pid of that. */
export const forkerReady = (spawner: SpawnerShape, name: string): Effect.Effect<number> =>
  withDeadline(
    "a forker is ready",
    Effect.gen(function*() {
      const child = yield* Effect.orDie(spawner.spawn(entryOf("exec sleep 1000"), freshMark()))
      const parent = stat(child.identity!.pid)?.ppid
      yield* child.signal("SIGKILL")
      yield* child.extinct
      const forker = forkersOf(name).find((pid) => pid === parent)
      return forker === undefined ? yield* Effect.fail("not yet" as const) : forker
    }).pipe(Effect.retry(Schedule.spaced("5 millis")), Effect.orDie)
  )

/** A spawner whose processes are forked by its forker, and the pid of that. */
export const spawnerWithForker = Effect.fnUntraced(function*(
  containment: Containment | undefined,
  name = freshName()
) {
  const made = yield* spawner(containment, name, true)
  return { spawner: made, forker: yield* forkerReady(made, name) }
})

/** The arguments that make Node a daemon in small: those that `EarlierDaemon.ts` takes. */
export const earlierDaemon = (...args: ReadonlyArray<string>): ReadonlyArray<string> => [
  "--conditions=@clinit/source",
  "--disable-warning=ExperimentalWarning",
  path.join(import.meta.dirname, "EarlierDaemon.ts"),
  ...args
]

const available = async (containment: Containment) => {
  const exit = await Effect.runPromiseExit(Effect.scoped(spawner(containment)))
  return { containment, unavailable: Exit.isSuccess(exit) ? undefined : String(exit.cause) }
}

/** Each containment, and why this machine does not have it if so. */
export const allContainments = await Promise.all(containments.map(available))
