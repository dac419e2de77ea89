import type { ChildExit } from "@clinit/protocol/Status"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import type { Mark, SpawnError } from "../Spawner.ts"
import * as ControlGroup from "./ControlGroup.ts"
import type * as Launch from "./Launch.ts"
import * as OpenFiles from "./OpenFiles.ts"
import * as Refusal from "./Refusal.ts"
import * as TreeMark from "./TreeMark.ts"

const endOf = ({ exitCode: code, signalCode: signal }: ChildProcess): ChildExit =>
  signal !== null
    ? { _tag: "Signaled", signal }
    : code !== null
    ? { _tag: "Exited", code }
    : { _tag: "Unknown" }

/** Completes when the process has ended. */
export const exitOf = (forked: ChildProcess): Deferred.Deferred<ChildExit> => {
  const exit = Deferred.makeUnsafe<ChildExit>()
  forked.once("exit", () => void Deferred.doneUnsafe(exit, Effect.succeed(endOf(forked))))
  return exit
}

/** Where a process is started: in the tree with this mark and control group. */
export interface Placement {
  readonly mark: Mark
  readonly cgroup: string | undefined
}

/**
 * How a daemon with this environment forks what a launch says into a tree; `use` has the process before it can end. Of
 * the environment only the marks count, as they are by then: an adoption takes one away.
 */
export const make = (environment: NodeJS.ProcessEnv) =>
<A>(
  launch: Launch.Launch,
  { cgroup, mark }: Placement,
  use: (forked: ChildProcess, pid: number) => A
) =>
  Effect.callback<A, SpawnError>((resume) => {
    const refused = (error: unknown) => resume(Effect.fail(Refusal.of(error)))
    try {
      const { directory, file, operands, option, script, stdio } = launch
      if (stdio.includes("pipe")) OpenFiles.ensureRoomForPipes()
      const entrance = cgroup === undefined ? "" : ControlGroup.entrance(cgroup)
      const forked = spawn(file, [option, `${entrance}${script}`, ...operands], {
        cwd: directory,
        detached: true,
        stdio,
        env: {
          ...launch.environment,
          [TreeMark.variable]: TreeMark.add(environment[TreeMark.variable], mark)
        }
      })
      if (forked.pid === undefined) forked.once("error", refused)
      else resume(Effect.succeed(use(forked, forked.pid)))
    } catch (error) {
      refused(error)
    }
  })
