import type { ChildExit } from "@clinit/protocol/Status"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import * as path from "node:path"
import { SpawnError } from "../Spawner.ts"
import type { Mark } from "../Spawner.ts"
import * as ControlGroup from "./ControlGroup.ts"
import type { Ended, Started } from "./ForkerMessages.ts"
import type { ForkerProcess } from "./ForkerProcess.ts"
import type { Forkers } from "./Forkers.ts"
import type * as Launch from "./Launch.ts"
import * as LeaderWatch from "./LeaderWatch.ts"
import * as OpenFiles from "./OpenFiles.ts"
import * as ProcessStat from "./ProcessStat.ts"
import * as Refusal from "./Refusal.ts"
import * as TreeMark from "./TreeMark.ts"

/** A process that was forked, by us or by a forker. */
export interface Forked {
  readonly pid: number
  /** Nothing where that is not known. */
  readonly startTime: string | undefined
  /** Completes when it has ended. */
  readonly exit: Deferred.Deferred<ChildExit>
  /** Completes the exit if it has happened and nobody will tell. */
  readonly check: () => void
  /** Whether somebody else may have its pid by now. */
  readonly isReaped: () => boolean
  /** The process as Node has it, if it is our child. */
  readonly process: ChildProcess | undefined
}

const endOf = ({ code, signal }: Pick<Ended, "code" | "signal">): ChildExit =>
  signal !== null
    ? { _tag: "Signaled", signal }
    : code !== null
    ? { _tag: "Exited", code }
    : { _tag: "Unknown" }

/** Where a process is started: in the tree with this mark and control group. */
export interface Placement {
  readonly mark: Mark
  readonly cgroup: string | undefined
  /** Whether the control group has yet to be made. */
  readonly isNew: boolean
  /** Called when it has ended, before its exit completes. */
  readonly onEnd?: () => void
}

/** What processes are forked with. */
export interface Means {
  /** The supervisor's environment, of which only the marks count, as they are by then: an adoption takes one away. */
  readonly environment: NodeJS.ProcessEnv
  readonly forkers: Forkers
  readonly leaders: LeaderWatch.LeaderWatch
  /** Nothing where the system has no /proc. */
  readonly startTimeOf: (pid: number) => string | undefined
  /**
   * The process that a forker started for this tree without telling, or what lives of it; if somebody does. Takes as long
   * as it takes to be sure.
   */
  readonly findUntold: (placement: Placement) => Effect.Effect<ProcessStat.ProcessStat | undefined>
}

/** What a forker is not told: it would need the memory for it, and that is what makes forks slow. */
const longestScript = 64 * 1024

const isStandard = (stream: unknown): stream is number =>
  typeof stream === "number" && stream >= 0 && stream <= 2

/** The forker's own descriptors that are to be the process's streams; nothing if one is none that it has. */
const streamsOf = ({ stdio }: Launch.Launch): ReadonlyArray<number> | undefined => {
  if (typeof stdio === "string") return stdio === "inherit" ? [0, 1, 2] : undefined
  const streams = stdio.map((stream, index) => stream === "inherit" ? index : stream)
  return streams.length === 3 && streams.every(isStandard) ? streams : undefined
}

/** For how long a pid that was looked at cannot have become somebody else's: others are given first. */
const pidRestsMillis = 10

/** Whether the pid may be another process's by now; the one that had it is not our child. */
const reaped = (leader: LeaderWatch.Leader, exit: Deferred.Deferred<ChildExit>) => {
  let lookedAt = performance.now()
  return () => {
    if (Deferred.isDoneUnsafe(exit)) return true
    const now = performance.now()
    if (now - lookedAt < pidRestsMillis) return false
    lookedAt = now
    try {
      const holder = ProcessStat.read(leader.pid)
      return holder === undefined || !ProcessStat.isSame(holder, leader)
    } catch {
      return true
    }
  }
}

const scriptOf = ({ script }: Launch.Launch, { cgroup }: Placement): string =>
  `${cgroup === undefined ? "" : ControlGroup.entrance(cgroup)}${script}`

/** What is known of a process that a forker has started. */
const forkedThere = (
  { pid, startTime }: Pick<Started, "pid" | "startTime">,
  exit: Deferred.Deferred<ChildExit>,
  check: () => void
): Forked => ({
  pid,
  startTime,
  exit,
  check,
  isReaped: startTime === undefined
    ? () => Deferred.isDoneUnsafe(exit)
    : reaped({ pid, startTime }, exit),
  process: undefined
})

/** How a supervisor with these means forks what a launch says into a tree; `use` has the process before its end is told. */
export const make = ({ environment, findUntold, forkers, leaders, startTimeOf }: Means) => {
  const marksFor = (mark: Mark) => TreeMark.add(environment[TreeMark.variable], mark)

  const forkHere = <A>(
    launch: Launch.Launch,
    placement: Placement,
    use: (forked: Forked) => A
  ) =>
    Effect.callback<A, SpawnError>((resume) => {
      const refused = (error: unknown) => resume(Effect.fail(Refusal.of(error)))
      try {
        const { directory, file, operands, option, stdio } = launch
        const { cgroup, isNew, mark, onEnd } = placement
        if (cgroup !== undefined && isNew) {
          ControlGroup.makeBase(path.dirname(cgroup))
          ControlGroup.make(cgroup)
        }
        if (stdio.includes("pipe")) OpenFiles.ensureRoomForPipes()
        const process = spawn(file, [option, scriptOf(launch, placement), ...operands], {
          cwd: directory,
          detached: true,
          stdio,
          env: { ...launch.environment, [TreeMark.variable]: marksFor(mark) }
        })
        const { pid } = process
        if (pid === undefined) return void process.once("error", refused)
        const exit = Deferred.makeUnsafe<ChildExit>()
        process.once("exit", (code, signal) => {
          onEnd?.()
          Deferred.doneUnsafe(exit, Effect.succeed(endOf({ code, signal })))
        })
        const isReaped = () => Deferred.isDoneUnsafe(exit)
        const startTime = startTimeOf(pid)
        resume(Effect.succeed(use({ pid, startTime, exit, check: () => {}, isReaped, process })))
      } catch (error) {
        refused(error)
      }
    })

  /** One that is not our child, and whose forker does not tell of it, or no more. */
  const orphan = (leader: LeaderWatch.Leader, exit: Deferred.Deferred<ChildExit>, { onEnd }: Placement) => {
    const died = () => {
      if (Deferred.isDoneUnsafe(exit)) return
      onEnd?.()
      Deferred.doneUnsafe(exit, Effect.succeed({ _tag: "Unknown" }))
    }
    leaders.watch(leader, died)
    return () => {
      if (!Deferred.isDoneUnsafe(exit) && !LeaderWatch.isAlive(leader)) died()
    }
  }

  /** What is done for a start of which the forker did not tell. */
  const forkAgain = <A>(launch: Launch.Launch, placement: Placement, use: (forked: Forked) => A) =>
    Effect.flatMap(findUntold(placement), (found) => {
      if (found === undefined) return forkHere(launch, placement, use)
      const exit = Deferred.makeUnsafe<ChildExit>()
      if (found.pid === found.session) {
        const check = orphan(found, exit, placement)
        return Effect.sync(() => use(forkedThere(found, exit, check)))
      }
      // The leader has ended, and left this one.
      placement.onEnd?.()
      Deferred.doneUnsafe(exit, Effect.succeed({ _tag: "Unknown" }))
      return Effect.sync(() => use(forkedThere({ pid: found.session }, exit, () => {})))
    })

  const forkThere = <A>(
    forker: ForkerProcess,
    launch: Launch.Launch,
    streams: ReadonlyArray<number>,
    placement: Placement,
    use: (forked: Forked) => A
  ) =>
    Effect.flatten(Effect.callback<Effect.Effect<A, SpawnError>>((resume) => {
      const { cgroup, isNew, mark, onEnd } = placement
      const exit = Deferred.makeUnsafe<ChildExit>()
      let started: Started | undefined
      let look: (() => void) | undefined
      forker.start({
        script: scriptOf(launch, placement),
        marks: marksFor(mark),
        streams,
        ...(cgroup !== undefined && isNew ? { cgroup } : {}),
        ...(launch.environment === environment ? {} : { environment: launch.environment }),
        ...(launch.directory === undefined ? {} : { directory: launch.directory })
      }, {
        answered: (answer) => {
          switch (answer._tag) {
            case "Started":
              started = answer.process
              return resume(Effect.succeed(Effect.succeed(use(forkedThere(started, exit, () => look?.())))))
            case "Refused":
              return resume(Effect.succeed(Effect.fail(new SpawnError({ reason: answer.reason }))))
            case "Lost":
              return resume(Effect.succeed(forkAgain(launch, placement, use)))
          }
        },
        ended: (end) => {
          onEnd?.()
          Deferred.doneUnsafe(exit, Effect.succeed(endOf(end)))
        },
        orphaned: () => {
          const { pid, startTime } = started!
          look = orphan({ pid, startTime: startTime ?? startTimeOf(pid) ?? "" }, exit, placement)
        }
      })
    }))

  return <A>(
    launch: Launch.Launch,
    placement: Placement,
    use: (forked: Forked) => A
  ): Effect.Effect<A, SpawnError> =>
    Effect.uninterruptible(Effect.suspend(() => {
      const isBrief = launch.operands.length === 0 && launch.script.length <= longestScript
      const streams = isBrief ? streamsOf(launch) : undefined
      const forker = streams === undefined ? undefined : forkers.ready()
      return forker === undefined || streams === undefined
        ? forkHere(launch, placement, use)
        : forkThere(forker, launch, streams, placement, use)
    }))
}
