import type { ChildExit } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import * as ShellCommand from "../ShellCommand.ts"
import type { Child } from "../Spawner.ts"
import { Spawner, SpawnError } from "../Spawner.ts"
import * as ProcessGroup from "./ProcessGroup.ts"

const endOf = ({ exitCode: code, signalCode: signal }: ChildProcess): ChildExit =>
  signal !== null
    ? { _tag: "Signaled", signal }
    : code !== null
    ? { _tag: "Exited", code }
    : { _tag: "Unknown" }

/** Members of a group whose leader is gone are nobody's children here: they are looked for this often. */
const pollMillis = { first: 5, longest: 100 }

const makeChild = (child: ChildProcess, pid: number): Child => {
  let hasExited = false
  child.once("exit", () => {
    hasExited = true
  })
  // Latched: once the group is gone its number may become somebody else's.
  let extinction = false
  const isExtinct = () => extinction ||= hasExited && !ProcessGroup.isAlive(pid)

  const exit = Effect.callback<ChildExit>((resume) => {
    const onExit = () => resume(Effect.succeed(endOf(child)))
    if (hasExited) return onExit()
    child.once("exit", onExit)
    return Effect.sync(() => child.off("exit", onExit))
  })

  const extinct = Effect.callback<void>((resume) => {
    let timer: NodeJS.Timeout | undefined
    const look = (delay: number) => {
      if (isExtinct()) return resume(Effect.void)
      timer = setTimeout(() => look(Math.min(2 * delay, pollMillis.longest)), delay)
    }
    const onExit = () => look(pollMillis.first)
    if (hasExited) onExit()
    else child.once("exit", onExit)
    return Effect.sync(() => {
      clearTimeout(timer)
      child.off("exit", onExit)
    })
  })

  return {
    identity: { pid, containment: "group" },
    exit,
    isExtinct,
    extinct,
    signal: (signal) =>
      Effect.try({
        try: () => isExtinct() ? undefined : ProcessGroup.kill(pid, signal),
        catch: (error) => error as Error
      }).pipe(
        Effect.catch((error) => Effect.logWarning(`process group ${pid}: ${signal} failed: ${error.message}`))
      )
  }
}

/**
 * A spawn blocks for about a millisecond. More than this many in one turn of the event loop would leave clients, and
 * deaths of other processes, waiting for as long as a whole level takes to start.
 */
const spawnsPerTurn = 8

const makeTurns = () => {
  let spawned = 0
  /** Waits for the next turn of the event loop if this one has had its share. */
  return Effect.callback<void>((resume) => {
    const take = () => {
      if (spawned === 0) setImmediate(() => void (spawned = 0))
      spawned++
      resume(Effect.void)
    }
    const wait = () => spawned < spawnsPerTurn ? take() : void setImmediate(wait)
    wait()
  })
}

/**
 * Processes of this machine, each the leader of an own session and process group, with the daemon's standard
 * streams, environment and working directory, default signal dispositions and no other descriptors.
 */
export const layer: Layer.Layer<Spawner> = Layer.effect(
  Spawner,
  Effect.sync(() => {
    const turn = makeTurns()
    return {
      containment: "group",
      spawn: ({ command }) => Effect.andThen(turn, start(command)),
      adopt: () => Effect.die("not yet"),
      find: () => Effect.succeed([])
    }
  })
)

const start = (command: string) =>
  Effect.callback<Child, SpawnError>((resume) => {
    const refused = (error: unknown) =>
      resume(Effect.fail(new SpawnError({ reason: (error as Error).message })))
    try {
      const [file, ...args] = ShellCommand.argv(command)
      const child = spawn(file, args, { detached: true, stdio: "inherit" })
      if (child.pid === undefined) child.once("error", refused)
      else resume(Effect.succeed(makeChild(child, child.pid)))
    } catch (error) {
      refused(error)
    }
  })
