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
import type { ForkerProcess, Listener } from "./ForkerProcess.ts"
import type { Forkers } from "./Forkers.ts"
import type * as Launch from "./Launch.ts"
import * as LeaderWatch from "./LeaderWatch.ts"
import type { LocalPrograms } from "./LocalPrograms.ts"
import * as LoopTurn from "./LoopTurn.ts"
import * as OpenFiles from "./OpenFiles.ts"
import * as ParkedShell from "./ParkedShell.ts"
import type { Parking, Shell } from "./Parking.ts"
import * as ProcessStat from "./ProcessStat.ts"
import * as Refusal from "./Refusal.ts"
import * as TreeMark from "./TreeMark.ts"
import type * as TreesFound from "./TreesFound.ts"

/** A process that was forked, by us or by a forker. */
export interface Forked {
  readonly pid: number
  /** Nothing where that is not known. */
  readonly startTime: string | undefined
  /** The directory of its control group: the one that it was to have, or one that was there before. */
  readonly cgroup: string | undefined
  /** Completes when it has ended. */
  readonly exit: Deferred.Deferred<ChildExit>
  /** Done when that has been told if it has happened by then. */
  readonly caughtUp: Effect.Effect<void>
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
  /** Whether a parked shell may become it, if there is one. */
  readonly mayBeParked: boolean
  /** Called when it has ended, before its exit completes, with its control group. */
  readonly onEnd?: (cgroup: string | undefined) => void
}

/** What processes are forked with. */
export interface Means {
  /** Done when a forker has told every end that has happened by then. */
  readonly caughtUp: Effect.Effect<void>
  /** The supervisor's environment, of which only the marks count, as they are by then: an adoption takes one away. */
  readonly environment: NodeJS.ProcessEnv
  readonly forkers: Forkers
  readonly parking: Parking
  /** What a forker may execute, for which it has to wait. */
  readonly programs: LocalPrograms
  readonly leaders: LeaderWatch.LeaderWatch
  /** Nothing where the system has no /proc. */
  readonly startTimeOf: (pid: number) => string | undefined
  /**
   * The process that a forker started with this mark or in this control group without telling, or what lives of its tree,
   * and where; if somebody does. Takes as long as it takes to be sure.
   */
  readonly findUntold: (
    mark: Mark,
    cgroup: string | undefined
  ) => Effect.Effect<TreesFound.Untold | undefined>
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

const untold = "the forker ended before it told whether it was started"

/** For how long a pid that was looked at cannot have become somebody else's: others are given first. */
const pidRestsMillis = 10

/** Whether the pid may be another process's by now; the one that had it is not our child. */
const reaped = (leader: LeaderWatch.Leader, exit: Deferred.Deferred<ChildExit>) => {
  let lookedAt = -Infinity
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

const endingIn = (cgroup: string | undefined, { onEnd }: Placement) => () => onEnd?.(cgroup)

/** What is known of a process that a forker has started. */
const forkedThere = (
  { pid, startTime }: Pick<Started, "pid" | "startTime">,
  cgroup: string | undefined,
  exit: Deferred.Deferred<ChildExit>,
  caughtUp: Effect.Effect<void>,
  check: () => void
): Forked => ({
  pid,
  startTime,
  cgroup,
  exit,
  caughtUp,
  check,
  isReaped: startTime === undefined
    ? () => Deferred.isDoneUnsafe(exit)
    : reaped({ pid, startTime }, exit),
  process: undefined
})

/** How a supervisor with these means forks what a launch says into a tree; `use` has the process before its end is told. */
export const make = (
  { caughtUp, environment, findUntold, forkers, leaders, parking, programs, startTimeOf }: Means
) => {
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
          onEnd?.(cgroup)
          Deferred.doneUnsafe(exit, Effect.succeed(endOf({ code, signal })))
        })
        const isReaped = () => Deferred.isDoneUnsafe(exit)
        const startTime = startTimeOf(pid)
        resume(
          Effect.succeed(
            use({
              pid,
              startTime,
              cgroup,
              exit,
              caughtUp: LoopTurn.whole,
              check: () => {},
              isReaped,
              process
            })
          )
        )
      } catch (error) {
        refused(error)
      }
    })

  /** Watches one that is not our child, and whose forker does not tell of it, or no more; has it looked after at once. */
  const orphan = (leader: LeaderWatch.Leader, exit: Deferred.Deferred<ChildExit>, onEnd: () => void) => {
    const died = () => {
      if (Deferred.isDoneUnsafe(exit)) return
      onEnd()
      Deferred.doneUnsafe(exit, Effect.succeed({ _tag: "Unknown" }))
    }
    leaders.watch(leader, died)
    return () => {
      if (!Deferred.isDoneUnsafe(exit) && !LeaderWatch.isAlive(leader)) died()
    }
  }

  /** What is done for a start of which the forker did not tell, in its own control group or in this one. */
  const forkAgain = <A>(
    launch: Launch.Launch,
    placement: Placement,
    directory: string | undefined,
    use: (forked: Forked) => A
  ) =>
    // By its mark a further process of a tree cannot be told from the tree's others.
    !placement.isNew ?
      Effect.fail(new SpawnError({ reason: untold })) :
      Effect.flatMap(findUntold(placement.mark, directory), (found) => {
        if (found === undefined) return forkHere(launch, placement, use)
        const { cgroup, process } = found
        const exit = Deferred.makeUnsafe<ChildExit>()
        const onEnd = endingIn(cgroup, placement)
        if (process.pid === process.session) {
          const check = orphan(process, exit, onEnd)
          return Effect.sync(() => use(forkedThere(process, cgroup, exit, LoopTurn.whole, check)))
        }
        // The leader has ended, and left this one.
        onEnd()
        Deferred.doneUnsafe(exit, Effect.succeed({ _tag: "Unknown" }))
        return Effect.sync(() =>
          use(forkedThere({ pid: process.session }, cgroup, exit, LoopTurn.whole, () => {}))
        )
      })

  /** What becomes of an order to a forker; `refused` is done if it could not be carried out. */
  const forkThere = <A>(
    order: (listener: Listener) => void,
    launch: Launch.Launch,
    placement: Placement,
    cgroup: string | undefined,
    startTimeThen: string | undefined,
    use: (forked: Forked) => A,
    refused: (reason: string) => Effect.Effect<A, SpawnError>
  ) =>
    Effect.flatten(Effect.callback<Effect.Effect<A, SpawnError>>((resume) => {
      const exit = Deferred.makeUnsafe<ChildExit>()
      const onEnd = endingIn(cgroup, placement)
      let leader: Pick<Started, "pid" | "startTime"> | undefined
      let look: (() => void) | undefined
      order({
        answered: (answer) => {
          switch (answer._tag) {
            case "Started": {
              const { pid, startTime = startTimeThen } = answer.process
              leader = { pid, ...(startTime === undefined ? {} : { startTime }) }
              return resume(
                Effect.succeed(
                  Effect.succeed(use(forkedThere(leader, cgroup, exit, caughtUp, () => look?.())))
                )
              )
            }
            case "Refused":
              return resume(Effect.succeed(refused(answer.reason)))
            case "Lost":
              return resume(Effect.succeed(forkAgain(launch, placement, cgroup, use)))
          }
        },
        ended: (end) => {
          onEnd()
          Deferred.doneUnsafe(exit, Effect.succeed(endOf(end)))
        },
        orphaned: () => {
          const { pid, startTime = startTimeOf(pid) ?? "" } = leader!
          look = orphan({ pid, startTime }, exit, onEnd)
        }
      })
    }))

  const forkBy = <A>(
    forker: ForkerProcess,
    launch: Launch.Launch,
    streams: ReadonlyArray<number>,
    placement: Placement,
    use: (forked: Forked) => A
  ) => {
    const { cgroup, isNew, mark } = placement
    const isDirect = launch.program !== undefined &&
      // Into a tree that is there a shell goes by itself: it may be about to end.
      (cgroup === undefined || isNew) &&
      programs.has(launch.program[0], launch.environment["PATH"])
    const order = (listener: Listener) =>
      forker.start({
        script: scriptOf(launch, placement),
        marks: marksFor(mark),
        streams,
        ...(isDirect ? { program: launch.program } : {}),
        ...(cgroup !== undefined && isNew ? { cgroup } : {}),
        ...(launch.environment === environment ? {} : { environment: launch.environment }),
        ...(launch.directory === undefined ? {} : { directory: launch.directory })
      }, listener)
    return forkThere(
      order,
      launch,
      placement,
      cgroup,
      undefined,
      use,
      (reason) => Effect.fail(new SpawnError({ reason }))
    )
  }

  /** Has a parked shell become the process; forks as usual if that has ended in the meantime. */
  const begin = <A>(
    shell: Shell,
    line: string,
    launch: Launch.Launch,
    streams: ReadonlyArray<number>,
    placement: Placement,
    use: (forked: Forked) => A
  ) => {
    const { directory, forker, number, startTime } = shell
    return forkThere(
      (listener) => forker.begin(number, line, listener),
      launch,
      placement,
      directory,
      startTime,
      use,
      () => {
        parking.wasLost(shell)
        return forkBy(forker, launch, streams, placement, use)
      }
    )
  }

  /** What a parked shell would have to carry out, if one may take the place of what is launched. */
  const lineOf = (launch: Launch.Launch, { mark, mayBeParked }: Placement): string | undefined =>
    mayBeParked && launch.environment === environment && launch.directory === undefined
      ? ParkedShell.lineFor(launch.script, marksFor(mark))
      : undefined

  return <A>(
    launch: Launch.Launch,
    placement: Placement,
    use: (forked: Forked) => A
  ): Effect.Effect<A, SpawnError> =>
    Effect.uninterruptible(Effect.suspend(() => {
      const isBrief = launch.operands.length === 0 && launch.script.length <= longestScript
      const streams = isBrief ? streamsOf(launch) : undefined
      const forker = streams === undefined ? undefined : forkers.ready()
      if (forker === undefined || streams === undefined) return forkHere(launch, placement, use)
      parking.stir()
      const line = streams.every((stream, index) => stream === index) ? lineOf(launch, placement) : undefined
      const shell = line === undefined ? undefined : parking.take()
      return shell === undefined || line === undefined || shell.forker !== forker
        ? forkBy(forker, launch, streams, placement, use)
        : begin(shell, line, launch, streams, placement, use)
    }))
}
